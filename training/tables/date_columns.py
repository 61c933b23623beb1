"""Says which columns of a table hold dates, and what they are counted to.

How many days an account has been there stays true on whatever day it is asked; the day it came
does not say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from scoring.dates import (
    FIRST_WHOLE,
    as_days,
    first_odd,
    first_small,
    in_reach,
    is_number,
    moments,
)
from scoring.manifest import Dated
from scoring.written_dates import NAMED_MONTH, TWO_WAYS, without_unknown_dates
from training.tables.times import read_times

# Why a column is left out; `frozen_names` finds it again.
NEVER_CHANGES = "left out, it never changes"

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

# A text column of which so much looks like dates was meant as one.
MOSTLY = 0.5
DAY, MONTH = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])"
LIKE_A_DATE = (
    rf"^((18|19|20|21)\d\d[-/.年]{MONTH}[-/.月]{DAY}|{DAY}[-/]{DAY}[-/]\d{{4}}|{DAY}/{DAY}/\d{{2}}"
    rf"|{DAY}\.{MONTH}\.\d{{4}}|{DAY}[- ]{NAMED_MONTH}[-, ]+\d{{2,4}}"
    rf"|{NAMED_MONTH}\.? {DAY},? \d{{4}})([^\d.].*)?$"
)
# What so many texts are not says that the column is not.
N_LOOKED_AT = 100
LARGEST_WHOLE = 99_991_231
NEARLY_ALL = 0.95
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
    some = values.slice(0, 50 * N_LOOKED_AT).unique().drop_null().slice(0, N_LOOKED_AT)
    some = pa.chunked_array([some])
    fitting = [way for way in ("", *TWO_WAYS) if moments(some, written=way) is not None]
    read = [(way, moments(values, written=way)) for way in fitting]
    whole = [(way, found) for way, found in read if found is not None]
    if not whole or (whole[0][0] and len(whole) > 1):
        return None
    way, found = whole[0]
    return _counted(found, clock, way) if found.null_count < len(found) else None


def no_dates(texts: Any) -> str | None:
    """Say why a column that looks like one of dates is none; None when it does not look so."""
    known = pc.unique(without_unknown_dates(texts)).drop_null()
    like = pc.match_substring_regex(known, LIKE_A_DATE)
    if not len(known) or (pc.mean(like.cast(pa.float64())).as_py() or 0.0) < MOSTLY:
        return None
    known = pa.chunked_array([known])
    if all(moments(known, written=way) is not None for way in TWO_WAYS):
        return f"'{known[0]}' may be one of two days: write 2024-01-31"
    odd = known.filter(pc.invert(like))
    if not len(odd):
        last = max(first_odd(known, written=way) or 0 for way in ("", *TWO_WAYS))
        odd = known.slice(last)
    return f"'{odd[0]}' is no date that can be read in one way: write 2024-01-31, or nothing"


def no_days(values: Any) -> str | None:
    """Say which number keeps a column of others such as 20240131 from being one of dates."""
    if not is_number(values.type) or (_largest(values) or 0) < FIRST_WHOLE:
        return None
    known = values.drop_null()
    numbers = np.asarray(known.cast(pa.float64(), safe=False).to_numpy())
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    month, day = numbers // 100 % 100, numbers % 100
    valid = (numbers >= FIRST_WHOLE) & (numbers <= LARGEST_WHOLE) & (numbers % 1 == 0)
    valid &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    if not len(numbers) or valid.mean() < NEARLY_ALL:
        return None
    row = first_odd(known)
    return None if row is None else f"no dates, since '{known[row]}' is no day"


def _whole_dates(values: Any, clock: Clock) -> Dates | None:
    """Read numbers such as 20240131, 0 aside, if all of them are days of the calendar."""
    if not is_number(values.type):
        return None
    largest = _largest(values)
    if largest is None or not FIRST_WHOLE <= largest <= LARGEST_WHOLE:
        return None
    if first_small(values) is not None:
        return None
    found = moments(values)
    return None if found is None else _counted(found, clock, "")


def _largest(numbers: Any) -> float | None:
    """Return the largest number, None when there is none."""
    largest = pc.max(numbers).as_py()
    return None if largest is None else float(largest)


def _counted(found: Any, clock: Clock, written: str) -> Dates:
    """Count dates to their rows' own time; without one, note how to name it."""
    near = in_reach(found)
    dated = Dated(clock.name, written)
    if pc.count_distinct(near, mode="only_valid").as_py() < 2:
        return Dates(None, dated, NEVER_CHANGES)
    n_far = near.null_count - found.null_count
    far = f"; {n_far} before 1900 or after 2199 as missing" if n_far else ""
    counted = f"days before {clock.name}" if clock.name else ASK
    return Dates(as_days(near, clock.times), dated, f"dates read as {counted}{far}")
