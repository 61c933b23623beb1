"""Turns the columns of any table into numbers and categories that a model can learn from.

What is changed or left out is said in a note; nothing is changed silently.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from scoring.manifest import Column, Manifest
from training.errors import TableError

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

MAX_LEVELS = 200
# A text column with more distinct values than this share of its rows names rows, not kinds.
ID_LIKE_SHARE = 0.5
ID_LIKE_LEVELS = 30
NUMBER = r"^[+-]?(0|[1-9]\d*|\d*\.\d+|\d+\.)(\.\d*)?([eE][+-]?\d+)?$"


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
        values, note = prepare_column(raw_table.column(name), keep_all=keep_all)
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
        raise TableError("no column is left to learn from; " + "; ".join(notes))


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
    if not _is_text(values.type):
        return as_number_or_text(values)[0]
    filled = _blank_as_null(values.cast(pa.string()))
    return filled.cast(pa.float64()) if column.kind == "number" else filled


def as_number_or_text(values: pa.ChunkedArray[Any]) -> tuple[Any, str | None]:
    """Return a column as float64 or string with a note on what changed; None when it is neither."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    kind = values.type
    if pa.types.is_temporal(kind):
        return None, "left out, a date or time (give days since or until it instead)"
    if pa.types.is_boolean(kind):
        return values.cast(pa.int8()).cast(pa.float64()), None
    if _is_text(kind):
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
    if filled.null_count < len(filled) and _all(pc.match_substring_regex(filled, NUMBER)):
        n_blank = filled.null_count - values.null_count
        return filled.cast(pa.float64()), f"text read as numbers, {n_blank} blank values as missing"
    return filled, None


def _blank_as_null(values: pa.ChunkedArray[Any]) -> Any:
    """Return text without surrounding blanks; null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(values)
    blank = pc.fill_null(pc.equal(trimmed, ""), False)
    return pc.if_else(blank, pa.scalar(None, pa.string()), trimmed)


def _all(flags: pa.ChunkedArray[Any]) -> bool:
    """Say whether every flag that is not null is true."""
    return bool(pc.all(flags).as_py())


def _refusal(values: pa.ChunkedArray[Any] | None, *, keep_all: bool) -> str | None:
    """Say why a column cannot be learnt from, or None when it can."""
    if values is None:
        return None
    if pa.types.is_floating(values.type):
        return _number_refusal(np.asarray(values.to_numpy(), dtype=np.float64), keep_all=keep_all)
    n_levels = pc.count_distinct(values, mode="only_valid").as_py()
    n_known = len(values) - values.null_count
    if n_levels > ID_LIKE_LEVELS and n_levels > ID_LIKE_SHARE * n_known:
        return f"left out, {n_levels} different texts in {n_known} rows look like names or ids"
    if n_levels < 2 and values.null_count in (0, len(values)) and not keep_all:
        return "left out, it never changes"
    return None


def _number_refusal(numbers: np.ndarray, *, keep_all: bool) -> str | None:
    """Say why a number column cannot be learnt from."""
    if np.isinf(numbers).any():
        n_infinite = int(np.isinf(numbers).sum())
        raise TableError(f"a number column holds {n_infinite} infinite values; write them as null")
    known = numbers[~np.isnan(numbers)]
    varies = known.size > 0 and (known.min() < known.max() or known.size < numbers.size)
    return None if varies or keep_all else "left out, it never changes"


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
    texts = text_columns(raw_table.schema, manifest)
    return match_some(raw_table, manifest, numbers=only_numbers([raw_table], texts))


def match_some(rows: pa.Table, manifest: Manifest, *, numbers: Collection[str]) -> pa.Table:
    """Read some rows of a table as all of them would be read.

    Parameters
    ----------
    rows : pyarrow.Table
    manifest : Manifest
    numbers : collection of str
        Which text columns hold only numbers and blanks in all rows, see `only_numbers`.
    """
    for column in manifest.columns:
        if column.name not in rows.column_names:
            continue
        values = rows.column(column.name)
        if _is_text(values.type):
            found = _match_text(values, column, is_number=column.name in numbers)
        elif column.kind == "category" and pa.types.is_integer(values.type):
            found = values.cast(pa.string())
        else:
            continue
        rows = rows.set_column(rows.column_names.index(column.name), column.name, found)
    return rows


def text_columns(schema: pa.Schema, manifest: Manifest) -> tuple[str, ...]:
    """Return which columns of a model are text in a table."""
    there = [name for name in manifest.names if name in schema.names]
    return tuple(name for name in there if _is_text(schema.field(name).type))


def only_numbers(parts: Iterable[pa.Table], names: Sequence[str]) -> frozenset[str]:
    """Return which text columns hold only numbers and blanks in all parts of a table."""
    some, others = set[str](), set[str]()
    for part in parts:
        for name in names:
            filled = _blank_as_null(part.column(name).cast(pa.string()))
            if filled.null_count < len(filled):
                some.add(name)
            if not _all(pc.match_substring_regex(filled, NUMBER)):
                others.add(name)
    return frozenset(some - others)


def _is_text(kind: pa.DataType) -> bool:
    """Say whether a column is text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _match_text(values: pa.ChunkedArray[Any], column: Column, *, is_number: bool) -> Any:
    """Read text as a number, or as a level without the blanks around it."""
    if is_number and column.kind == "category":
        return values
    filled = _blank_as_null(values.cast(pa.string()))
    return filled.cast(pa.float64()) if is_number else filled
