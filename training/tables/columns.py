"""Says which columns of any table a model can learn from, and what they are.

What is changed or left out is said in a note; nothing is changed silently.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from scoring.manifest import Column
from scoring.matching import field_of
from scoring.written_numbers import odd_ones
from training.errors import TableError
from training.tables.date_columns import NEVER_CHANGES, Clock, no_dates
from training.tables.values import read_column

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


@dataclass(frozen=True)
class PreparedColumn:
    """A column as float64 or string (n,) and what it is, None when it is left out; and a note."""

    values: Any
    column: Column | None
    note: str | None


def prepare_columns(
    raw_table: pa.Table, names: Sequence[str], *, keep_all: bool, time_name: str | None = None
) -> Prepared:
    """Prepare the named columns for training.

    Parameters
    ----------
    raw_table : pyarrow.Table
    names : sequence of str
        Candidates, in the order they will have in the model.
    keep_all : bool
        Keep constant and empty columns too, and take none for dates: a panel of ours keeps its
        whole catalogue as that declares it.
    time_name : str, optional
        The rows' own time, which dates are counted to.

    Raises
    ------
    TableError
        When no column is left to learn from.
    """
    clock = Clock.of(raw_table, time_name)
    read = {
        name: prepare_column(name, raw_table.column(name), clock, keep_all=keep_all)
        for name in names
    }
    notes = [f"{name}: {each.note}" for name, each in read.items() if each.note]
    kept = {name: each for name, each in read.items() if each.column is not None}
    require_some(kept, notes)
    columns = tuple(each.column for each in kept.values() if each.column is not None)
    table = as_table(columns, [each.values for each in kept.values()])
    return Prepared(table=table, columns=columns, notes=tuple(notes))


def as_table(columns: Sequence[Column], read: Sequence[Any]) -> pa.Table:
    """Return columns that were read, each (n,), as a table that says which of them are days."""
    fields = [field_of(*each) for each in zip(columns, read, strict=True)]
    return pa.table(list(read), schema=pa.schema(fields))


def frozen_names(names: Sequence[str], notes: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that, as the notes say, were left out since they never change."""
    return tuple(name for name in names if f"{name}: {NEVER_CHANGES}" in notes)


def require_some(kept: Sized, notes: Sequence[str]) -> None:
    """Raise TableError when no column is left to learn from."""
    if not kept:
        why = "; ".join(notes) or "there are only keys, labels and dropped ones"
        raise TableError(f"no column is left to learn from: {why}")


def prepare_column(
    name: str, values: pa.ChunkedArray[Any], clock: Clock, *, keep_all: bool
) -> PreparedColumn:
    """Read a column and describe it, or say why it is left out; see `prepare_columns`."""
    read = read_column(values, None if keep_all else clock)
    try:
        refusal = _refusal(read.values, keep_all=keep_all, may_number=read.dated is None)
    except TableError as error:
        raise TableError(f"column '{name}': {error}") from error
    if read.values is None or refusal is not None:
        return PreparedColumn(None, None, refusal or read.note)
    column = replace(describe_column(name, read.values), dated=read.dated)
    note = read.note
    if column.kind == "category" and not keep_all and (why := no_dates(read.values)):
        note = f"read as kinds, since {why}"
    return PreparedColumn(read.values, column, note)


def _refusal(
    values: pa.ChunkedArray[Any] | None, *, keep_all: bool, may_number: bool
) -> str | None:
    """Say why a column cannot be learnt from, or None when it can.

    Days in the order of the rows are no row numbers: `may_number` is false for them.
    """
    if values is None:
        return None
    if pa.types.is_floating(values.type):
        numbers = np.asarray(values.to_numpy(), dtype=np.float64)
        return _number_refusal(numbers, keep_all=keep_all, may_number=may_number)
    n_levels = pc.count_distinct(values, mode="only_valid").as_py()
    why = no_dates(values) if n_levels > ID_LIKE_LEVELS else None
    if why is not None:
        return f"left out, {why}"
    n_known = len(values) - values.null_count
    if n_levels > ID_LIKE_LEVELS and n_levels > ID_LIKE_SHARE * n_known:
        return _many_texts(values, n_levels, n_known)
    if n_levels < 2 and values.null_count in (0, len(values)) and not keep_all:
        return NEVER_CHANGES
    return None


def _many_texts(values: pa.ChunkedArray[Any], n_levels: int, n_known: int) -> str:
    """Say why text with a value of its own in most rows is left out."""
    odd = ", ".join(f"'{text}'" for text in odd_ones(values))
    if odd:
        return f"left out, numbers mixed with text such as {odd}: write numbers only, or nothing"
    return f"left out, {n_levels} different texts in {n_known} rows look like names or ids"


def _number_refusal(numbers: np.ndarray, *, keep_all: bool, may_number: bool) -> str | None:
    """Say why a number column cannot be learnt from."""
    known = numbers[~np.isnan(numbers)]
    n_infinite = int((np.abs(known) > LARGEST).sum())
    if n_infinite:
        raise TableError(f"{n_infinite} values are infinite or beyond 1e100; write them as null")
    if keep_all:
        return None
    if not known.size or (known.min() == known.max() and known.size == numbers.size):
        return NEVER_CHANGES
    return "left out, it numbers the rows" if may_number and _numbers_rows(numbers) else None


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
