"""Says which columns of a table hold dates, and what they are counted to.

How many days an account has been there stays true on whatever day it is asked; the day it came
does not say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from scoring.dates import TWO_WAYS, as_days, moments
from scoring.manifest import Dated
from training.tables.times import read_times
from training.tables.written_numbers import without_unknown

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

# A column with so many dates was meant as one.
MOSTLY = 0.5
ASK = (
    "days since 1970-01-01; if a column says which day a row is of, name it with --time, and dates "
    "become days before it, which stay true later"
)
LIKE_A_DATE = r"^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}"


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
    """A column of dates as days (n,), how they became days, and that in words."""

    days: Any
    dated: Dated
    note: str


def dates_written(values: Any, clock: Clock) -> Dates | None:
    """Read a column of dates as days; None when it is not one, or always the same.

    Parameters
    ----------
    values : pyarrow.ChunkedArray (n,)
        Timestamps, dates, or trimmed texts, null where nothing is written.
    clock : Clock
    """
    known = _known(values)
    if pc.count_distinct(known).as_py() < 2 and known.null_count in (0, len(known)):
        return None
    for written in ("", *_one_of_two(known)):
        found = moments(known, written=written)
        if found is not None:
            return _counted(found, clock, written)
    return None


def may_be_two_days(texts: Any) -> str | None:
    """Return one of the texts when all are dates that can be read in two ways, else None."""
    known = _known(texts).drop_null()
    if not len(known) or moments(known) is not None:
        return None
    both = all(moments(known, written=way) is not None for way in TWO_WAYS)
    return str(known[0]) if both else None


def odd_dates(texts: Any) -> list[str]:
    """Return up to three texts that keep a column of mostly dates from being read as one."""
    known = _known(texts).drop_null()
    like = pc.match_substring_regex(known, LIKE_A_DATE)
    share = pc.mean(like.cast(pa.float64())).as_py() or 0.0
    return (
        sorted(pc.unique(known.filter(pc.invert(like))).to_pylist())[:3] if share >= MOSTLY else []
    )


def _known(values: Any) -> Any:
    return without_unknown(values) if pa.types.is_string(values.type) else values


def _one_of_two(known: Any) -> list[str]:
    """Return the one way in which all texts are dates; nothing where both or neither fit."""
    fitting = [way for way in TWO_WAYS if moments(known, written=way) is not None]
    return fitting if len(fitting) == 1 else []


def _counted(found: Any, clock: Clock, written: str) -> Dates:
    """Count dates to their rows' own time; without one, note how to name it."""
    note = f"dates read as days before {clock.name}" if clock.name else f"dates read as {ASK}"
    return Dates(as_days(found, clock.times), Dated(clock.name, written), note)
