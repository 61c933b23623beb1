"""Reads dates and times as people and programs write them, each text by itself.

What may be one of two days is read only where it is said which: 02/03/2024 in "day/month/year".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Values: TypeAlias = "pa.ChunkedArray[Any]"

MICROSECONDS = pa.timestamp("us")
UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
# Words and signs that say that nothing is known.
UNKNOWN = (
    r"(?i)^([\s/.:?-]*|#?n/?a|n\.a\.|#n/d|nat|nan|\(?null\)?|\\n|<na>|none|nil|missing|unknown|tbd"
    r"|never|なし|未定|0+|0000-00-00.*|00[/.]00[/.]0000.*|1900-01-00.*)$"
)
# Ways to write year, month and day beside ISO's, each as what to find and what to read instead.
TIME = r"([ T].*)?$"
CENTURY, LAST_CENTURY = r"([0-6]\d)", r"([7-9]\d)"
DAY_FIRST = (rf"^(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}){TIME}", r"\3-\2-\1\4")
YEAR_FIRST = (rf"^(\d{{4}})[-/.年](\d{{1,2}})[-/.月](\d{{1,2}})日?{TIME}", r"\1-\2-\3\4")
COMPACT = (r"^((?:19|20|21)\d\d|9999)(\d\d)(\d\d)$", r"\1-\2-\3")
MONTH = (r"^((?:19|20)\d\d)[-/年](\d\d?)月?$", r"\1-\2-01")
ONE_WAY = (DAY_FIRST, YEAR_FIRST, COMPACT, MONTH)
# Which moment a row is of may be said so: 202401 and 2024. Elsewhere they are numbers.
COARSE = (
    (r"^((?:19|20)\d\d)(\d\d)$", r"\1-\2-01"),
    (r"^((?:19|20)\d\d)$", r"\1-01-01"),
)


def _in_order(order: str) -> tuple[tuple[str, str], ...]:
    """Return how to read three numbers of which the last is the year, in full or its end."""
    start = r"^(\d{1,2})[-/](\d{1,2})"
    return (
        (rf"{start}[-/](\d{{4}}){TIME}", rf"\3-{order}\4"),
        (rf"{start}/{CENTURY}{TIME}", rf"20\3-{order}\4"),
        (rf"{start}/{LAST_CENTURY}{TIME}", rf"19\3-{order}\4"),
    )


# What may be read in two ways, by what is remembered of it.
TWO_WAYS = {"day/month/year": _in_order(r"\2-\1"), "month/day/year": _in_order(r"\1-\2")}
MONTHS = (
    *("jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?"),
    *("aug(?:ust)?", "sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?"),
)
NAMED_MONTH = rf"(?i:{'|'.join(MONTHS)})"
# Before a date is taken apart: days of the week, words for parts of a time, zones, fractions.
TIDIED = (
    (r"(?i)^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +", ""),
    (r"\s*\([月火水木金土日]\)", ""),
    (r"\s*(\d{1,2})時(\d{1,2})分(?:(\d{1,2})秒)?$", r" \1:\2:\3"),
    (r"(\d):$", r"\1"),
    (r"(:\d\d(?:\.\d+)?)\s*(?:UTC|GMT)$", r"\1Z"),
    (r"(:\d\d(?:\.\d+)?)\s*([+-]\d\d)$", r"\1\2:00"),
    (r"(:\d\d(?:\.\d+)?)\s+([+-]\d\d:?\d\d)$", r"\1\2"),
    (r"(\.\d{6})\d+", r"\1"),
)
ONE_DIGIT = (r"([-T: ])(\d)([-:T ]|$)", r"\10\2\3")
ZONED = r":.*(Z|[+-]\d\d:?\d\d)$"
HALF_OF_DAY = r"(?i)\s*([ap])\.?m\.?$"
HALF_A_DAY = 12 * 3_600 * 1_000_000


def moments_written(texts: Values, *, written: str = "", coarse: bool = False) -> Values:
    """Return texts as UTC timestamps without zone; null where nothing is known.

    Parameters
    ----------
    texts : pyarrow.ChunkedArray of str (n,)
    written : str
        A key of `TWO_WAYS`; "" where none of the texts may be one of two days.
    coarse : bool
        Whether 202401 and 2024 are the first day of their month and year.

    Raises
    ------
    pyarrow.ArrowException
        When one of them is no date.
    """
    coded: Any = texts.combine_chunks().dictionary_encode()
    ways = (*ONE_WAY, *TWO_WAYS.get(written, ()), *(COARSE if coarse else ()))
    read = _moments(without_unknown_dates(pc.utf8_normalize(coded.dictionary, form="NFKC")), ways)
    return pa.chunked_array([read.take(coded.indices)])


def without_unknown_dates(texts: Any) -> Any:
    """Return texts without surrounding blanks; null for what says that nothing is known."""
    trimmed = pc.utf8_trim_whitespace(texts)
    unknown = pc.fill_null(pc.match_substring_regex(trimmed, UNKNOWN), False)
    return pc.if_else(unknown, pa.scalar(None, pa.string()), trimmed)


def _moments(texts: Any, ways: Sequence[tuple[str, str]]) -> Any:
    """Read every text; raises where one is no date in any way."""
    halves = pc.match_substring_regex(texts, HALF_OF_DAY)
    iso = _iso(pc.replace_substring_regex(texts, HALF_OF_DAY, ""), ways)
    zoned = pc.match_substring_regex(iso, ZONED)
    nothing = pa.scalar(None, pa.string())
    local = pc.if_else(zoned, nothing, iso).cast(MICROSECONDS)
    utc = pc.if_else(zoned, iso, nothing).cast(UTC_MICROSECONDS).cast(MICROSECONDS)
    read = pc.coalesce(local, utc)
    return _of_half(read, texts) if pc.any(halves).as_py() else read


def _iso(texts: Any, ways: Sequence[tuple[str, str]]) -> Any:
    """Return texts as ISO writes them, as far as they are written in one of some ways."""
    iso = texts
    for found, instead in (*TIDIED, *_named_months(texts), *ways):
        iso = pc.replace_substring_regex(iso, found, instead)
    for _ in range(3):
        iso = pc.replace_substring_regex(iso, *ONE_DIGIT)
    return iso


def _named_months(texts: Any) -> list[tuple[str, str]]:
    """Return how to read 31-Jan-2024 and Jan 31, 2024, where a month is named at all."""
    if not pc.any(pc.match_substring_regex(texts, NAMED_MONTH)).as_py():
        return []
    ways = []
    for number, name in enumerate(MONTHS, start=1):
        month = rf"(?i:{name})"
        ways += [
            (rf"^(\d{{1,2}})[- ]?{month}\.?[-, ]*(\d{{4}}){TIME}", rf"\2-{number:02}-\1\3"),
            (rf"^(\d{{1,2}})[- ]{month}[- ]{CENTURY}{TIME}", rf"20\2-{number:02}-\1\3"),
            (rf"^(\d{{1,2}})[- ]{month}[- ]{LAST_CENTURY}{TIME}", rf"19\2-{number:02}-\1\3"),
            (rf"^{month}\.?[- ](\d{{1,2}})[-, ]+(\d{{4}}){TIME}", rf"\2-{number:02}-\1\3"),
        ]
    return ways


def _of_half(read: Any, texts: Any) -> Any:
    """Move times written with AM or PM to their half of the day: 12 AM is 0 o'clock."""
    after = pc.match_substring_regex(texts, r"(?i)p\.?m\.?$")
    before = pc.match_substring_regex(texts, r"(?i)a\.?m\.?$")
    noon = pc.equal(pc.hour(read), 12)
    steps = pc.if_else(
        pc.and_(after, pc.invert(noon)), 1, pc.if_else(pc.and_(before, noon), -1, 0)
    ).cast(pa.int64())
    return pc.add(read, pc.multiply(steps, HALF_A_DAY).cast(pa.duration("us")))
