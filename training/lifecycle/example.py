"""A few rows as a caller would send them: dates as dates, beside the time they are counted to."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from scoring.dates import as_dates
from scoring.manifest import clocks_of
from training.checks.held_out import HELD_OUT_KEYS
from training.models.learning import Learnt

N_ROWS = 5


def example_rows(learnt: Learnt) -> Any:
    """Return the first held-out rows as a data frame that the model's signature describes."""
    rows = learnt.held_out.drop_columns(list(HELD_OUT_KEYS)).slice(0, N_ROWS)
    examples = learnt.examples
    times = None if examples.time is None else examples.time[learnt.split.test][:N_ROWS]
    for name in (column.name for column in examples.columns if column.dated):
        dates = pa.array(as_dates(rows.column(name).to_numpy(), times)).cast(pa.string())
        rows = rows.set_column(rows.column_names.index(name), name, dates)
    if times is not None:
        clock = pa.array(times.astype("datetime64[s]").astype(str).tolist())
        for name in clocks_of(examples.columns):
            rows = rows.append_column(name, clock)
    return rows.to_pandas()
