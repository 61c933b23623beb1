"""Turns the columns of any table into numbers and categories that a model can learn from.

What is changed or left out is said in a note; nothing is changed silently.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from scoring.manifest import Column, Manifest
from training.errors import TableError
from training.tables.written_numbers import numbers_written, odd_ones, read_numbers

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

MAX_LEVELS = 200
# A text column with more distinct values than this share of its rows names rows, not kinds.
ID_LIKE_SHARE = 0.5
ID_LIKE_LEVELS = 30
# Whole numbers, each once and in the order of the rows, that skip no more than this: row numbers.
ROW_NUMBER_STEP = 2
FEWEST_ROW_NUMBERS = 50
# Nothing that is measured is so large; its square is no number any more.
LARGEST = 1e100


@dataclass(frozen=True)
class Prepared:
    """Features as float64 or string columns (n rows), what they are, and what was done to them."""

    table: pa.Table
    columns: tuple[Column, ...]
    notes: tuple[str, ...]


def prepare_columns(raw_table: pa.Table, names: Sequence[str], *, keep_all: bool) -> Prepared:
    """Prepare the named columns for training.

    Parameters
    ----------
    raw_table : pyarrow.Table
    names : sequence of str
        Candidates, in the order they will have in the model.
    keep_all : bool
        Keep constant and empty columns too: a panel of ours keeps its whole catalogue.

    Raises
    ------
    TableError
        When no column is left to learn from.
    """
    kept: dict[str, Any] = {}
    notes: list[str] = []
    for name in names:
        try:
            values, note = prepare_column(raw_table.column(name), keep_all=keep_all)
        except TableError as error:
            raise TableError(f"column '{name}': {error}") from error
        if note:
            notes.append(f"{name}: {note}")
        if values is not None:
            kept[name] = values
    require_some(kept, notes)
    columns = tuple(describe_column(name, values) for name, values in kept.items())
    return Prepared(table=pa.table(kept), columns=columns, notes=tuple(notes))


def require_some(kept: Sized, notes: Sequence[str]) -> None:
    """Raise TableError when no column is left to learn from."""
    if not kept:
        why = "; ".join(notes) or "there are only keys, labels and dropped ones"
        raise TableError(f"no column is left to learn from: {why}")


def prepare_column(values: pa.ChunkedArray[Any], *, keep_all: bool) -> tuple[Any, str | None]:
    """Return a column as float64 or string, None when it is left out; and what was done to it."""
    read, note = as_number_or_text(values)
    refusal = _refusal(read, keep_all=keep_all)
    return (read, note) if refusal is None else (None, refusal)


def read_as(values: pa.ChunkedArray[Any], column: Column) -> Any:
    """Return some rows of a column as float64 or string, as was decided on the whole of it."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_float64(values.type):
        return values
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return as_number_or_text(values)[0]
    filled = _blank_as_null(values.cast(pa.string()))
    if column.kind == "category":
        return filled
    numbers = read_numbers(filled)
    return filled if numbers is None else numbers


def as_number_or_text(values: pa.ChunkedArray[Any]) -> tuple[Any, str | None]:
    """Return a column as float64 or string with a note on what changed; None when it is neither."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    kind = values.type
    if pa.types.is_temporal(kind):
        return None, "left out, a date or time (give days since or until it instead)"
    if pa.types.is_boolean(kind):
        return values.cast(pa.int8()).cast(pa.float64()), None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text_or_number(values.cast(pa.string()))
    if not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        return None, f"left out, type {kind} is neither number nor text"
    return values.cast(pa.float64(), safe=False), None


def _text_or_number(values: pa.ChunkedArray[Any]) -> tuple[pa.ChunkedArray[Any], str | None]:
    """Read text that holds only numbers and blanks as numbers."""
    filled = _blank_as_null(values)
    numbers = numbers_written(filled)
    if numbers is None:
        return filled, None
    n_blank = numbers.null_count - values.null_count
    return numbers, f"text read as numbers, {n_blank} blank values as missing"


def _blank_as_null(values: pa.ChunkedArray[Any]) -> Any:
    """Return text without surrounding blanks; null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(values)
    blank = pc.fill_null(pc.equal(trimmed, ""), False)
    return pc.if_else(blank, pa.scalar(None, pa.string()), trimmed)


def _refusal(values: pa.ChunkedArray[Any] | None, *, keep_all: bool) -> str | None:
    """Say why a column cannot be learnt from, or None when it can."""
    if values is None:
        return None
    if pa.types.is_floating(values.type):
        return _number_refusal(np.asarray(values.to_numpy(), dtype=np.float64), keep_all=keep_all)
    n_levels = pc.count_distinct(values, mode="only_valid").as_py()
    n_known = len(values) - values.null_count
    if n_levels > ID_LIKE_LEVELS and n_levels > ID_LIKE_SHARE * n_known:
        return _many_texts(values, n_levels, n_known)
    if n_levels < 2 and values.null_count in (0, len(values)) and not keep_all:
        return "left out, it never changes"
    return None


def _many_texts(values: pa.ChunkedArray[Any], n_levels: int, n_known: int) -> str:
    """Say why text with a value of its own in most rows is left out."""
    odd = ", ".join(f"'{text}'" for text in odd_ones(values))
    if odd:
        return f"left out, numbers mixed with text such as {odd}: write numbers only, or nothing"
    return f"left out, {n_levels} different texts in {n_known} rows look like names or ids"


def _number_refusal(numbers: np.ndarray, *, keep_all: bool) -> str | None:
    """Say why a number column cannot be learnt from."""
    known = numbers[~np.isnan(numbers)]
    n_infinite = int((np.abs(known) > LARGEST).sum())
    if n_infinite:
        raise TableError(f"{n_infinite} values are infinite or beyond 1e100; write them as null")
    if keep_all:
        return None
    if not known.size or (known.min() == known.max() and known.size == numbers.size):
        return "left out, it never changes"
    return "left out, it numbers the rows" if _numbers_rows(numbers) else None


def _numbers_rows(numbers: np.ndarray) -> bool:
    """Say whether a column counts the rows: what it tells is where a row stands in the file."""
    if len(numbers) < FEWEST_ROW_NUMBERS or not np.array_equal(numbers, np.round(numbers)):
        return False
    steps = np.diff(numbers)
    in_order = (steps > 0).all() or (steps < 0).all()
    return bool(in_order and np.abs(steps).mean() <= ROW_NUMBER_STEP)


def describe_column(name: str, values: pa.ChunkedArray[Any]) -> Column:
    """Describe a prepared column; levels are the most frequent first kept, then sorted by name."""
    if pa.types.is_floating(values.type):
        numbers = np.asarray(values.to_numpy(), dtype=np.float64)
        known = numbers[~np.isnan(numbers)]
        if not known.size:
            return Column(name, "number")
        return Column(name, "number", low=float(known.min()), high=float(known.max()))
    counts = pc.value_counts(values.drop_null()).to_pylist()
    ranked = sorted(counts, key=lambda entry: (-entry["counts"], entry["values"]))
    levels = tuple(sorted(entry["values"] for entry in ranked[:MAX_LEVELS]))
    return Column(name, "category", levels=levels)


def match_types(raw_table: pa.Table, manifest: Manifest) -> pa.Table:
    """Read columns as training read them: numbers written as text, levels written as numbers."""
    for column in manifest.columns:
        if column.name not in raw_table.column_names:
            continue
        values = raw_table.column(column.name)
        converted = _as_in_training(values, column)
        if converted is values:
            continue
        position = raw_table.column_names.index(column.name)
        raw_table = raw_table.set_column(position, column.name, converted)
    return raw_table


def _as_in_training(values: pa.ChunkedArray[Any], column: Column) -> Any:
    """Return a column as training read it, or as it is where encoding takes or refuses it so."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return read_as(values, column)
    if column.kind == "category" and pa.types.is_integer(kind):
        return values.cast(pa.string())
    if column.kind == "category" and pa.types.is_boolean(kind):
        levels = {level.lower(): level for level in column.levels}
        return pc.if_else(values, *(pa.scalar(levels.get(w, w)) for w in ("true", "false")))
    return values
