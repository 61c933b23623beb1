"""Silence for the warnings that outside libraries give about what they use themselves."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def their_warnings_ignored() -> Iterator[None]:
    """Ignore warnings while BentoML or MLflow is imported or set up; ours are given elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
