"""Reads the columns of any rows as training read its table: texts as numbers, numbers as levels.

What became of a column was decided once, on the whole table that was learnt from; how one value is
read never depends on the rows beside it.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute

from scoring.dates import days_field, in_days, is_number
from scoring.errors import RowError, RowProblem
from scoring.manifest import Column, Manifest
from scoring.written_numbers import read_numbers

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Values: TypeAlias = "pa.ChunkedArray[Any]"


def match_types(raw_table: pa.Table, manifest: Manifest) -> pa.Table:
    """Read columns as training read them: numbers and dates written as text, levels as numbers."""
    matched = raw_table
    for column in manifest.columns:
        if raw_table.column_names.count(column.name) != 1:
            continue  # encoding says so
        values = raw_table.column(column.name)
        try:
            converted = _as_in_training(raw_table, values, column)
        except RowError:
            continue  # encoding says what is wrong, with all else that is
        if converted is not values:
            position = raw_table.column_names.index(column.name)
            matched = matched.set_column(position, field_of(column, converted), converted)
    return matched


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
    values = plain(rows.column(column.name))
    if pa.types.is_boolean(values.type):
        return values.cast(pa.int8()).cast(pa.float64())
    if not pa.types.is_string(values.type):
        can_be = is_number(values.type) or pa.types.is_null(values.type)
        return values.cast(pa.float64(), safe=False) if can_be else values
    filled = blank_as_null(values)
    if column.kind == "category":
        return filled
    numbers = read_numbers(filled)
    return filled if numbers is None else numbers


def field_of(column: Column, values: Values) -> pa.Field[Any]:
    """Return the field of a column that is read; days say what they are counted to."""
    if column.dated is not None and pa.types.is_float64(values.type):
        return days_field(column.name, column.dated)
    return pa.field(column.name, values.type)


def blank_as_null(values: Values) -> Any:
    """Return text without surrounding blanks; null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(values)
    blank = pc.fill_null(pc.equal(trimmed, ""), False)
    return pc.if_else(blank, pa.scalar(None, pa.string()), trimmed)


def plain(values: Values) -> Values:
    """Return values where codes stand for them, and text in the one way of keeping it."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        return values.cast(pa.string())
    return values


def _as_in_training(rows: pa.Table, values: Values, column: Column) -> Any:
    """Return a column as training read it, or as it is where encoding takes or refuses it so."""
    values = plain(values)
    if pa.types.is_string(values.type) or column.dated is not None:
        return read_as(rows, column)
    if column.kind == "category" and pa.types.is_boolean(values.type):
        levels = {level.lower(): level for level in column.levels}
        return pc.if_else(values, *(pa.scalar(levels.get(w, w)) for w in ("true", "false")))
    if column.kind == "category" and is_number(values.type):
        return _levels_of_numbers(values, column.levels)
    return values


def _levels_of_numbers(values: Values, levels: tuple[str, ...]) -> Any:
    """Return the level that each number is written as: 7 was 007, or 7.0 beside missing values.

    A number that several levels stand for, or none, is a level that was never seen.
    """
    written = pa.array(levels, type=pa.string())
    numbers = [_number(level) for level in levels]
    numbers = [None if numbers.count(number) > 1 else number for number in numbers]
    places = pc.index_in(
        values.cast(pa.float64(), safe=False),
        value_set=pa.array(numbers, type=pa.float64()),
        skip_nulls=True,
    )
    unseen = pc.and_(pc.is_null(places), pc.is_valid(values))
    return pc.if_else(unseen, values.cast(pa.string()), pc.take(written, places))


def _number(level: str) -> float | None:
    """Return the number that a level writes; None for words."""
    try:
        return float(level)
    except ValueError:
        return None
