"""The accounts' ARR in any labelled table: found under its name in any case, read as amounts.

The one place that says which column it is and what is written in it, for the backtest and for the
checks alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.dates import told_days
from scoring.written_numbers import odd_ones
from training.errors import TableError
from training.tables.reading import require_column
from training.tables.values import read_column

Floats = npt.NDArray[np.float64]

ARR = "arr"
LONGEST_SHOWN = 30


@dataclass(frozen=True)
class Arr:
    """The ARR of n rows, NaN where unknown; None, and why, when the table does not tell it.

    `there` says whether a column was meant to tell it.
    """

    values: Floats | None
    why_not: str = ""
    there: bool = True


def read_arr(table: pa.Table, named: str | None = None) -> Arr:
    """Return the ARR of the rows of a table, raw or as the model reads it.

    Parameters
    ----------
    table : pyarrow.Table
    named : str, optional
        The column somebody asked for, which must be there and hold amounts; by default `arr`.

    Raises
    ------
    TableError
        When what was asked for is not there or is no ARR.
    """
    found = _read(table, named or ARR)
    if named is not None and found.values is None:
        if not found.there:
            require_column(table, named, role="ARR")
        raise TableError(found.why_not)
    return found


def _read(table: pa.Table, wanted: str) -> Arr:
    """Read the column of that name: as it is written, else in any case."""
    names = [name for name in table.column_names if name.casefold() == wanted.casefold()]
    names = [wanted] if wanted in names else names
    if not names:
        return Arr(None, "the table has no ARR column; name one with --arr", there=False)
    if len(names) > 1:
        shown = ", ".join(f"'{name}'" for name in names)
        return Arr(None, f"{shown} may all be the ARR; name the one that is meant with --arr")
    if told_days(table.schema.field(names[0])) is not None:
        return Arr(None, f"the ARR column '{names[0]}' holds no amounts, but dates")
    return _amounts(table.column(names[0]), names[0])


def _amounts(values: pa.ChunkedArray[Any], name: str) -> Arr:
    """Read a column as amounts, or say why it holds none."""
    read = None if pa.types.is_boolean(values.type) else read_column(values, None).values
    if read is None:
        return Arr(None, f"the ARR column '{name}' holds no amounts, but {values.type}")
    if not pa.types.is_floating(read.type):
        return Arr(
            None, f"the ARR column '{name}' holds no amounts, but texts such as {_odd(read)}"
        )
    amounts = np.array(read.to_numpy(), dtype=np.float64)
    if np.isinf(amounts).any():
        return Arr(None, f"the ARR column '{name}' holds infinite amounts; write them as null")
    below = amounts[amounts < 0]
    if len(below):
        return Arr(
            None,
            f"the ARR column '{name}' holds {len(below)} amounts below zero, such as {below[0]:g}; "
            "write what an account pays in a year, or name another column with --arr",
        )
    if np.isnan(amounts).all():
        return Arr(None, f"the ARR column '{name}' is blank in every row")
    return Arr(amounts)


def _odd(texts: pa.ChunkedArray[Any]) -> str:
    """Show some of the texts that are no amounts."""
    odd = odd_ones(texts) or texts.drop_null().unique().to_pylist()[:3]
    return ", ".join(f"'{str(text)[:LONGEST_SHOWN]}'" for text in odd)
