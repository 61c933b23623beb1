"""Numbers that people wrote as text: 1,234.50, 1.234,50, $12, 40 %, and words for "not known".

What one text means never depends on its neighbours, so that one row is read as the whole table was.
Whether a column is one of numbers does depend on all of it: where the same sign would be a decimal
comma in one row and part the thousands in another, it is not read.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Texts = Any  # ChunkedArray of strings
# A leading zero makes it a code, not a number.
WHOLE = r"(0|[1-9]\d*)"
PLAIN = rf"^[+-]?({WHOLE}|\d*\.\d+|\d+\.)([eE][+-]?\d+)?$"
# The comma parts thousands: 1,234 and 1,234.50.
GROUPED = r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$"
# The comma is decimal: 1.234,5, 12,50 and 0,125; 1,250 would be either.
DECIMAL_COMMA = rf"^[+-]?([1-9]\d{{0,2}}(\.\d{{3}})+|{WHOLE}),\d+$"
MARKS = "$€£¥￥円%"
MARK_BEFORE, MARK_AFTER = r"^([+-]?)\s*[$€£¥￥]\s*", r"\s*[€£¥￥円%]$"
UNKNOWN = r"(?i)^(-+|\?|\.|#?n/?a|#n/d|nan|null|none|nil|missing|unknown)$"
# A column with so many numbers was meant as one.
MOSTLY = 0.5


def numbers_written(texts: Texts) -> Texts | None:
    """Return a column of trimmed texts as float64, None when it is not one of numbers.

    Parameters
    ----------
    texts : pyarrow.ChunkedArray of str (n,)
        Null where nothing is written.
    """
    known = without_unknown(_narrow(texts))
    if known.null_count == len(known) or not _one_mark(known):
        return None
    bare = _without_marks(known)
    plain, grouped, comma = _kinds(bare)
    if not _all(pc.or_(plain, pc.or_(grouped, comma))):
        return None
    with_point = pc.and_(plain, pc.match_substring(bare, "."))
    if _any(comma) and (_any(grouped) or _any(with_point)):
        return None
    return _cast(bare, comma)


def read_numbers(texts: Texts) -> Texts | None:
    """Return some rows of a column of numbers as float64; None when one is not written as such."""
    bare = _without_marks(without_unknown(_narrow(texts)))
    plain, grouped, comma = _kinds(bare)
    readable = _all(pc.or_(plain, pc.or_(grouped, comma)))
    return _cast(bare, comma) if readable else None


def odd_ones(texts: Texts) -> list[str]:
    """Return up to three texts that keep a column of mostly numbers from being read as one."""
    known = texts.filter(pc.is_valid(without_unknown(_narrow(texts))))
    plain, grouped, comma = _kinds(_without_marks(_narrow(known)))
    is_number = pc.or_(plain, pc.or_(grouped, comma))
    share = pc.mean(is_number.cast(pa.float64())).as_py() or 0.0
    if share < MOSTLY:
        return []
    odd = known.filter(pc.invert(is_number))
    return sorted(pc.unique(odd if len(odd) else known.filter(comma)).to_pylist())[:3]


def without_unknown(texts: Texts) -> Texts:
    """Return texts with null for words that say that nothing is known."""
    unknown = pc.fill_null(pc.match_substring_regex(texts, UNKNOWN), False)
    return pc.if_else(unknown, pa.scalar(None, pa.string()), texts)


def _narrow(texts: Texts) -> Texts:
    """Return texts with wide signs, such as １２.５％, in their usual form."""
    if _all(pc.string_is_ascii(texts)):
        return texts
    # A power is not part of its number: 10² would become 102.
    kept = pc.match_substring_regex(texts, r"\p{No}")
    return pc.if_else(kept, texts, pc.utf8_normalize(texts, "NFKC"))


def _kinds(bare: Texts) -> tuple[Any, Any, Any]:
    """Say which texts are plain numbers, which have thousands parted, which a decimal comma."""
    plain, grouped, comma = (
        pc.match_substring_regex(bare, kind) for kind in (PLAIN, GROUPED, DECIMAL_COMMA)
    )
    return plain, grouped, pc.and_(comma, pc.invert(grouped))


def _one_mark(known: Texts) -> bool:
    """Say whether all amounts are in one currency, and all or none in per cent."""
    marks = pc.unique(pc.replace_substring_regex(known, rf"[^{MARKS}]", "")).drop_null().to_pylist()
    return len({*marks} - {""}) <= 1 and not ("%" in marks and "" in marks)


def _without_marks(known: Texts) -> Texts:
    """Return amounts without the sign of their currency, shares without that of per cent."""
    before = pc.replace_substring_regex(known, MARK_BEFORE, r"\1")
    return pc.replace_substring_regex(before, MARK_AFTER, "")


def _cast(bare: Texts, comma: Any) -> Texts:
    """Return numbers as float64, whichever sign is decimal."""
    pointed = pc.replace_substring(pc.replace_substring(bare, ".", ""), ",", ".")
    ungrouped = pc.replace_substring(bare, ",", "")
    return pc.if_else(comma, pointed, ungrouped).cast(pa.float64())


def _all(flags: Any) -> bool:
    """Say whether every flag that is not null is true."""
    return bool(pc.all(flags, min_count=0).as_py())


def _any(flags: Any) -> bool:
    """Say whether a flag is true."""
    return bool(pc.any(flags, min_count=0).as_py())
