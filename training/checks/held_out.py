"""The held-out rows of a run, kept beside it so that any later model can be compared on them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.checks.numbered import HeldOut
from training.tables.splits import Split
from training.tables.table import Examples

HELD_OUT_KEYS = ("@entity", "@label", "@probability")


def held_out_table(
    examples: Examples, split: Split, probability: npt.NDArray[np.float64]
) -> pa.Table:
    """Return the test rows with their entity, label and probability beside the features."""
    rows = examples.table.take(split.test)
    keys = (examples.entity[split.test].tolist(), examples.y[split.test], probability)
    for name, values in zip(HELD_OUT_KEYS, keys, strict=True):
        rows = rows.append_column(name, pa.array(values))
    return rows


def read_held_out(rows: pa.Table) -> HeldOut:
    """Read what `held_out_table` made."""
    entity, y, probability = (rows.column(name).to_pylist() for name in HELD_OUT_KEYS)
    return HeldOut(np.asarray(y), np.asarray(entity, dtype=np.str_), np.asarray(probability))
