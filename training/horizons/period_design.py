"""The columns a hazard is learnt from: the snapshot's, the period's start, deadlines seen from it.

A renewal in 40 days lies 4 days before a period that starts on day 44: near, whatever the period.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring.manifest import Column
from training.horizons.periods import Periods

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# Days until something known: also told from the period's start.
DEADLINES = ("days_to_renewal", "days_to_notice_deadline")


def design_of(
    matrix: Floats, columns: Sequence[Column], snapshot: Rows, period: Rows, periods: Periods
) -> Floats:
    """Return the rows (r, q) of some snapshots in some periods; see `design_columns`."""
    starts = periods.starts[period]
    known = [position for position, column in enumerate(columns) if column.name in DEADLINES]
    shifted = [matrix[snapshot, position] - starts for position in known]
    return np.column_stack([matrix[snapshot], starts, *shifted])


def design_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of `design_of`: the snapshot's, the period, deadlines from its start."""
    known = [column.name for column in columns if column.name in DEADLINES]
    shifted = [Column(f"{name}_from_period", "number") for name in known]
    return (*columns, Column("period_starts_days", "number"), *shifted)
