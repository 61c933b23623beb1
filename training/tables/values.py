"""Decides whether a column is one of numbers, of texts, or of dates in days, and reads it so.

That depends on all of it; how one row is read, never on its neighbours: `scoring.matching` reads
rows as was decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from scoring.dates import is_number
from scoring.manifest import Dated
from scoring.matching import blank_as_null, plain
from scoring.written_numbers import numbers_written
from training.tables.date_columns import Clock, dates_written, no_days

pc: Any = pyarrow.compute  # its stubs refuse what it accepts


@dataclass(frozen=True)
class Read:
    """A column as float64 or string (n,), None when it is neither; a note; what dates became."""

    values: Any
    note: str | None = None
    dated: Dated | None = None


def read_column(values: pa.ChunkedArray[Any], clock: Clock | None) -> Read:
    """Read a whole column as numbers, dates or text, whichever it holds.

    Parameters
    ----------
    values : pyarrow.ChunkedArray (n,)
    clock : Clock or None
        What dates are counted to; None where no column is one of dates.
    """
    values = plain(values)
    if not pa.types.is_string(values.type):
        return _read_dates(values, clock) or _read_number(values, clock)
    filled = blank_as_null(values)
    numbers = numbers_written(filled)
    if numbers is None:
        return _read_dates(filled, clock) or Read(filled)
    n_blank = numbers.null_count - values.null_count
    note = f"text read as numbers, {n_blank} blank values as missing"
    return _read_dates(numbers, clock) or Read(numbers, _with_doubt(note, numbers, clock))


def _read_dates(values: pa.ChunkedArray[Any], clock: Clock | None) -> Read | None:
    """Read dates as days; None for other values."""
    found = None if clock is None else dates_written(values, clock)
    return Read(found.days, found.note, found.dated) if found else None


def _with_doubt(note: str | None, numbers: Any, clock: Clock | None) -> str | None:
    """Return a note on numbers, and why they are no dates where they nearly are."""
    why = no_days(numbers) if clock else None
    if why is None:
        return note
    return f"{note}; {why}" if note else f"numbers and {why}"


def _read_number(values: pa.ChunkedArray[Any], clock: Clock | None) -> Read:
    """Read anything but text and dates as numbers."""
    kind = values.type
    if pa.types.is_boolean(kind):
        return Read(values.cast(pa.int8()).cast(pa.float64()))
    if pa.types.is_temporal(kind):
        return Read(None, f"left out, {kind} that cannot be read (give dates or numbers instead)")
    if not is_number(kind) and not pa.types.is_null(kind):
        return Read(None, f"left out, type {kind} is neither number nor text")
    return Read(values.cast(pa.float64(), safe=False), _with_doubt(None, values, clock))
