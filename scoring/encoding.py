"""From a table to the model's matrix: always by name, never by position.

Null and NaN stay missing (NaN); a category level that training never saw is missing too; booleans
are 0 and 1; dates are days before the moment their row is about. Infinities are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from scoring.dates import in_days, is_number, other_days, told_days
from scoring.errors import RowError, RowProblem, nearest_name
from scoring.manifest import Column

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Floats = npt.NDArray[np.float64]


def encode(
    table: pa.Table,
    columns: Sequence[Column],
    *,
    strict: bool = False,
    also_known: Collection[str] = (),
) -> Floats:
    """Build the matrix of a model from a table.

    Parameters
    ----------
    table : pyarrow.Table
        One row per thing to score; columns in any order.
    columns : sequence of Column
        The model's inputs, in the model's order.
    strict : bool
        Refuse columns that are neither inputs nor in `also_known`; otherwise they are ignored.
    also_known : collection of str
        Names that a strict caller may send beside the inputs (the entity, the time).

    Returns
    -------
    ndarray, shape (n, p), float64, C order

    Raises
    ------
    RowError
        Naming every missing, unknown, wrongly typed, undated or infinite column at once.
    """
    problems = _name_problems(table.column_names, columns, strict=strict, also_known=also_known)
    matrix = np.full((table.num_rows, len(columns)), np.nan)
    for position, column in enumerate(columns):
        if table.column_names.count(column.name) != 1:
            continue
        found = _encode_column(table, column)
        if isinstance(found, RowProblem):
            problems.append(found)
        else:
            matrix[:, position] = found
    if problems:  # several dates may miss the same time
        raise RowError(list(dict.fromkeys(problems)))
    return matrix


def _name_problems(
    received: Sequence[str],
    columns: Sequence[Column],
    *,
    strict: bool,
    also_known: Collection[str],
) -> list[RowProblem]:
    """Return what is wrong with the names alone."""
    wanted = [column.name for column in columns]
    spare = [name for name in received if name not in wanted]
    problems = []
    for name in wanted:
        times = received.count(name)
        if times == 0:
            problems.append(RowProblem(name, "is missing", nearest=nearest_name(name, spare)))
        elif times > 1:
            problems.append(RowProblem(name, f"is there {times} times"))
    if strict:
        unknown = [name for name in spare if name not in also_known]
        problems += [
            RowProblem(name, "is not a column of this model", nearest=nearest_name(name, wanted))
            for name in unknown
        ]
    return problems


def _encode_column(table: pa.Table, column: Column) -> Floats | RowProblem:
    """Encode one column, or say what is wrong with it."""
    values = table.column(column.name)
    if column.kind == "category":
        return _encode_category(values, column)
    if column.dated is not None:
        found = in_days(table, column, column.dated)
        return found if isinstance(found, RowProblem) else _encode_number(found, column)
    told = told_days(table.schema.field(column.name))
    if told is not None:
        return RowProblem(column.name, other_days(told))
    return _encode_number(values, column)


def _encode_category(values: pa.ChunkedArray[Any], column: Column) -> Floats | RowProblem:
    """Return the position of each level, NaN when missing or never seen."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
        return RowProblem(column.name, f"must be text, but is {kind}")
    levels = pa.array(column.levels, type=pa.string())
    return _floats(pc.index_in(values.cast(pa.string()), value_set=levels, skip_nulls=True))


def _encode_number(values: pa.ChunkedArray[Any], column: Column) -> Floats | RowProblem:
    """Return the values as float64, NaN when missing."""
    kind = values.type
    if not (is_number(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)):
        return RowProblem(column.name, f"must be a number, but is {kind}")
    numbers = _floats(values)
    infinite = np.flatnonzero(np.isinf(numbers))
    if infinite.size:
        return RowProblem(column.name, "is infinite", row=int(infinite[0]))
    return numbers


def _floats(values: pa.ChunkedArray[Any]) -> Floats:
    """Cast to float64 with NaN for null."""
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    floats = values.cast(pa.float64(), safe=False)
    return np.asarray(pc.fill_null(floats, float("nan")).to_numpy(), dtype=np.float64)
