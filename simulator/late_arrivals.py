"""Rows that become known after the fact: a share of them, some days late.

`known_at` is null where a row was known at its own time. What would arrive after the last day is
not in the tables: nobody could have extracted it.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.arrays import Bools, Days


def late_times(
    rng: np.random.Generator,
    happened: Days,
    share: float,
    *,
    most_days: int,
    may: Bools | None = None,
) -> Days:
    """Return `known_at`: NaT for most rows, 1 to `most_days` days late for a share of them.

    Most late rows are only a few days late. Rows for which `may` is false are never late.
    """
    late = rng.random(len(happened)) < share
    if may is not None:
        late &= may
    delay = 1 + np.floor(most_days * rng.random(len(happened)) ** 2)
    known = happened.astype("datetime64[us]") + (delay * 86_400e6).astype("timedelta64[us]")
    return np.where(late, known, np.datetime64("NaT", "us"))


def arrived(rows: pa.Table, end: np.datetime64) -> pa.Table:
    """Return the rows of a table that were known before `end`."""
    if "known_at" not in rows.column_names:
        return rows
    last = pa.scalar(end.astype("datetime64[us]"), pa.timestamp("us"))
    known_at = pc.field("known_at")
    return rows.filter(known_at.is_null() | (known_at < last))
