"""The features, one module per group: what each is (``FEATURES``) and how it is measured.

``measure(view)`` returns one row per account and as_of that has any row; ``derive(panel)``
adds columns computed from other columns of the same row, ``compare(panel)`` returns what depends
on other rows of the same as_of. Declarations need no engine.
"""
