"""A few rows as a caller would send them: dates as texts, beside the time they are counted to."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from scoring.dates import as_texts
from training.checks.held_out import HELD_OUT_KEYS
from training.models.learning import Learnt

N_ROWS = 5


def example_rows(learnt: Learnt) -> Any:
    """Return the first held-out rows as a data frame that the model's signature describes."""
    rows = learnt.held_out.drop_columns(list(HELD_OUT_KEYS)).slice(0, N_ROWS)
    examples = learnt.examples
    times = None if examples.time is None else examples.time[learnt.split.test][:N_ROWS]
    dated = [column.name for column in examples.columns if column.dated]
    for name in dated:
        texts = as_texts(rows.column(name).to_numpy(), times)
        position = rows.column_names.index(name)
        rows = rows.set_column(position, name, pa.array(texts, pa.string()))
    if dated and times is not None and examples.time_name:
        clock = pa.array(times.astype("datetime64[s]").astype(str).tolist())
        rows = rows.append_column(examples.time_name, clock)
    return rows.to_pandas()
