"""Reads the values of a column as numbers, as texts, or as dates in days.

Whether a column is one of numbers or dates depends on all of it; how one row is read, never on its
neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from scoring.dates import days_field, in_days, is_number
from scoring.errors import RowError, RowProblem
from scoring.manifest import Column, Dated, Manifest
from training.tables.date_columns import Clock, dates_written, no_days
from training.tables.written_numbers import numbers_written, read_numbers

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
    plain = _plain(values)
    if not pa.types.is_string(plain.type):
        return _read_dates(plain, clock) or _read_number(plain, clock)
    filled = blank_as_null(plain)
    numbers = numbers_written(filled)
    if numbers is None:
        return _read_dates(filled, clock) or Read(filled)
    n_blank = numbers.null_count - plain.null_count
    note = f"text read as numbers, {n_blank} blank values as missing"
    return _read_dates(numbers, clock) or Read(numbers, _with_doubt(note, numbers, clock))


def read_as(rows: pa.Table, column: Column) -> Any:
    """Return a column of some rows as float64 or string, as was decided on the whole of it.

    What cannot be read so is returned as it is: `encode` says what is wrong with it.

    Raises
    ------
    RowError
        When there are dates that cannot be read: they are never taken for days.
    """
    if column.dated is not None:
        days = in_days(rows, column, column.dated)
        if isinstance(days, RowProblem):
            raise RowError([days])
        return days
    values = _plain(rows.column(column.name))
    if pa.types.is_float64(values.type):
        return values
    if not pa.types.is_string(values.type):
        return _read_number(values, None).values
    filled = blank_as_null(values)
    if column.kind == "category":
        return filled
    numbers = read_numbers(filled)
    return filled if numbers is None else numbers


def match_types(raw_table: pa.Table, manifest: Manifest) -> pa.Table:
    """Read columns as training read them: numbers and dates written as text, levels as numbers."""
    matched = raw_table
    for column in manifest.columns:
        if column.name not in raw_table.column_names:
            continue
        values = raw_table.column(column.name)
        try:
            converted = _as_in_training(raw_table, values, column)
        except RowError:
            continue  # encoding says what is wrong, with all else that is
        if converted is not values:
            position = raw_table.column_names.index(column.name)
            matched = matched.set_column(position, field_of(column, converted), converted)
    return matched


def field_of(column: Column, values: pa.ChunkedArray[Any]) -> pa.Field[Any]:
    """Return the field of a column that is read; days say what they are counted to."""
    if column.dated is not None and pa.types.is_float64(values.type):
        return days_field(column.name, column.dated)
    return pa.field(column.name, values.type)


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


def _as_in_training(rows: pa.Table, values: pa.ChunkedArray[Any], column: Column) -> Any:
    """Return a column as training read it, or as it is where encoding takes or refuses it so."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or column.dated is not None:
        return read_as(rows, column)
    if column.kind == "category" and pa.types.is_integer(kind):
        return values.cast(pa.string())
    if column.kind == "category" and pa.types.is_boolean(kind):
        levels = {level.lower(): level for level in column.levels}
        return pc.if_else(values, *(pa.scalar(levels.get(w, w)) for w in ("true", "false")))
    return values


def blank_as_null(values: pa.ChunkedArray[Any]) -> Any:
    """Return text without surrounding blanks; null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(values)
    blank = pc.fill_null(pc.equal(trimmed, ""), False)
    return pc.if_else(blank, pa.scalar(None, pa.string()), trimmed)


def _plain(values: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """Return values where codes stand for them, and text in the one way of keeping it."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    return values.cast(pa.string()) if pa.types.is_large_string(values.type) else values
