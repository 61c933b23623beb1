"""Says which columns of a table hold dates, and what they are counted to.

How many days an account has been there stays true on whatever day it is asked; the day it came
does not say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from scoring.dates import FIRST_WHOLE, as_days, first_odd, in_reach, moments
from scoring.manifest import Dated
from scoring.written_dates import NAMED_MONTH, TWO_WAYS, without_unknown
from training.tables.times import read_times

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

# A text column of which so much looks like dates was meant as one.
MOSTLY = 0.5
LIKE_A_DATE = (
    r"^(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}[-/]\d{1,2}[-/](\d{2}|\d{4})|\d{1,2}\.\d{1,2}\.\d{4}"
    rf"|\d{{1,2}}[- ]{NAMED_MONTH}|{NAMED_MONTH}[a-z.]* \d)([^\d.].*)?$"
)
ASK = (
    "days since 1970-01-01; if a column says which day a row is of, name it with --time, and dates "
    "become days before it, which stay true later"
)


@dataclass(frozen=True)
class Clock:
    """The column with the rows' own time and its timestamps (n,); None for a table without."""

    name: str | None = None
    times: Any = None

    @classmethod
    def of(cls, rows: pa.Table, name: str | None) -> Clock:
        """Return the clock of some rows."""
        if name is None:
            return cls()
        return cls(name, pa.chunked_array([read_times(rows.column(name), name=name)]))


@dataclass(frozen=True)
class Dates:
    """A column of dates as days (n,), how they became days, and that in words.

    Where there is one date alone `days` is None: beside a clock it would only tell the time.
    """

    days: Any
    dated: Dated
    note: str


def dates_written(values: Any, clock: Clock) -> Dates | None:
    """Read a column of dates as days; None when it is not one.

    Parameters
    ----------
    values : pyarrow.ChunkedArray (n,)
        Of any type but a dictionary.
    clock : Clock
    """
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        found = moments(values)
        return None if found is None else _counted(found, clock, "")
    if not pa.types.is_string(values.type):
        return _whole_dates(values, clock)
    for written in ("", *_one_of_two(values)):
        found = moments(values, written=written)
        if found is not None:
            return _counted(found, clock, written) if found.null_count < len(found) else None
    return None


def no_dates(texts: Any) -> str | None:
    """Say why a column that looks like one of dates is none; None when it does not look so."""
    known = pc.unique(without_unknown(texts)).drop_null()
    like = pc.match_substring_regex(known, LIKE_A_DATE)
    if not len(known) or (pc.mean(like.cast(pa.float64())).as_py() or 0.0) < MOSTLY:
        return None
    if all(moments(pa.chunked_array([known]), written=way) is not None for way in TWO_WAYS):
        return f"'{known[0]}' may be one of two days: write 2024-01-31"
    odd = known.filter(pc.invert(like))
    if not len(odd):
        ways = ("", *TWO_WAYS)
        last = max(first_odd(pa.chunked_array([known]), written=way) or 0 for way in ways)
        odd = known.slice(last)
    return f"'{odd[0]}' is no date that can be read in one way: write 2024-01-31, or nothing"


def _whole_dates(values: Any, clock: Clock) -> Dates | None:
    """Read numbers such as 20240131, if all of them are days of the calendar."""
    if not pa.types.is_integer(values.type) and not pa.types.is_float64(values.type):
        return None
    if (pc.min(values).as_py() or 0) < FIRST_WHOLE or pc.count_distinct(values).as_py() < 2:
        return None
    found = moments(values)
    return None if found is None else _counted(found, clock, "")


def _one_of_two(texts: Any) -> list[str]:
    """Return the one way in which all texts are dates; nothing where both or neither fit."""
    fitting = [way for way in TWO_WAYS if moments(texts, written=way) is not None]
    return fitting if len(fitting) == 1 else []


def _counted(found: Any, clock: Clock, written: str) -> Dates:
    """Count dates to their rows' own time; without one, note how to name it."""
    near = in_reach(found)
    dated = Dated(clock.name, written)
    if pc.count_distinct(near, mode="only_valid").as_py() < 2:
        return Dates(None, dated, "left out, it never changes")
    n_far = near.null_count - found.null_count
    far = f"; {n_far} before 1900 or after 2199 as missing" if n_far else ""
    counted = f"days before {clock.name}" if clock.name else ASK
    return Dates(as_days(near, clock.times), dated, f"dates read as {counted}{far}")
