"""Columns of a labelled table that no model reads: ARR and groups, found again row by row.

Numbers are float64 with NaN for unknown, everything else is text with "" for unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.tables.table import Examples, read_times

Values = npt.NDArray[np.generic]

# Groups of accounts that figures are told apart by, where a table has them.
GROUPINGS = ("segment", "tier", "touch_model", "use_case")


def columns_beside(
    raw_table: pa.Table,
    examples: Examples,
    rows: npt.NDArray[np.intp],
    names: Sequence[str],
) -> dict[str, Values]:
    """Return the columns that the table has of `names`, each (r,), for r rows of the examples.

    Parameters
    ----------
    raw_table : pyarrow.Table
        What `examples`, which have a time, were read from.
    examples : Examples
    rows : ndarray of positions (r,)
    names : sequence of str
    """
    assert examples.time is not None
    entity = raw_table.column(examples.entity_name).cast(pa.string()).to_pylist()
    time = read_times(raw_table.column(str(examples.time_name)), name=str(examples.time_name))
    position = {key: row for row, key in enumerate(zip(entity, time.tolist(), strict=True))}
    keys = zip(examples.entity[rows].tolist(), examples.time[rows].tolist(), strict=True)
    wanted = [name for name in names if name in raw_table.column_names]
    taken = raw_table.select(wanted).take(pa.array([position[key] for key in keys]))
    return {name: as_values(taken.column(name)) for name in wanted}


def as_levels(values: Values) -> npt.NDArray[np.str_]:
    """Return values as names of groups; unknown is ""."""
    if values.dtype != np.float64:
        return values.astype(np.str_)
    return np.array(["" if np.isnan(value) else f"{value:g}" for value in values.tolist()])


def as_values(values: pa.ChunkedArray[Any]) -> Values:
    """Return a column as float64, NaN for unknown, or as text, "" for unknown."""
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
        return np.asarray(values.cast(pa.float64()).to_numpy(), dtype=np.float64)
    return np.array(
        ["" if value is None else str(value) for value in values.to_pylist()], dtype=np.str_
    )
