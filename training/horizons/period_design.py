"""The columns a hazard is learnt from: the snapshot's, the period's start, deadlines seen from it.

A renewal in 40 days lies 4 days before a period that starts on day 44: near, whatever the period.
The next one then lies a term later, if the contract goes on as it is: a term of 365 days makes it
361 days after that start. Some columns are as true of a later period as of today: what the account
is, the period itself, and the calendar of its contract. The others tell of today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scoring.manifest import Column
from training.horizons.periods import Periods

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# Days until something known: also told from the period's start.
DEADLINES = ("days_to_renewal", "days_to_notice_deadline")
# After how many days a deadline comes again.
TERM = "term_days"
CALENDAR = (*DEADLINES, TERM, "tenure_days")
PERIOD = "period_starts_days"


@dataclass(frozen=True)
class Snapshots:
    """n snapshots, each of which may be asked about every period.

    Attributes
    ----------
    matrix : ndarray (n, c)
    columns : tuple of Column
    periods : Periods
    """

    matrix: Floats
    columns: tuple[Column, ...]
    periods: Periods

    def take(self, positions: Rows) -> Snapshots:
        """Return some snapshots."""
        return replace(self, matrix=self.matrix[positions])

    def in_period(self, number: int) -> Floats:
        """Return the design (n, q) of all snapshots in one period."""
        n = len(self.matrix)
        return self.rows(np.arange(n), np.full(n, number))

    def rows(self, snapshot: Rows, period: Rows) -> Floats:
        """Return the design (r, q) of some snapshots in some periods."""
        return design_of(self.matrix, self.columns, snapshot, period, self.periods)


def design_of(
    matrix: Floats, columns: Sequence[Column], snapshot: Rows, period: Rows, periods: Periods
) -> Floats:
    """Return the rows (r, q) of some snapshots in some periods; see `design_columns`."""
    starts = periods.starts[period]
    names = [column.name for column in columns]
    shifted = [matrix[snapshot, names.index(name)] - starts for name in _deadlines(names)]
    again: list[Floats] = []
    if TERM in names:
        term = matrix[snapshot, names.index(TERM)]
        again = [_next_after(days, term) for days in shifted]
    return np.column_stack([matrix[snapshot], starts, *shifted, *again])


def design_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of `design_of`: the snapshot's, the period, deadlines from its start."""
    names = [column.name for column in columns]
    known = _deadlines(names)
    shifted = [Column(f"{name}_from_period", "number") for name in known]
    again = [Column(f"{name}_next_in_period", "number") for name in known if TERM in names]
    return (*columns, Column(PERIOD, "number"), *shifted, *again)


def known_ahead(columns: Sequence[Column]) -> tuple[int, ...]:
    """Return the positions of a design's columns that are as true of a later period as of today."""
    made = [column.name for column in columns].index(PERIOD)
    return tuple(
        position
        for position, column in enumerate(columns)
        if position >= made or column.kind == "category" or column.name in CALENDAR
    )


def _deadlines(names: Sequence[str]) -> list[str]:
    return [name for name in names if name in DEADLINES]


def _next_after(days: Floats, term: Floats) -> Floats:
    """Return days (r,) until the first deadline that is not past, one every term (r,) of days."""
    return np.mod(days, np.where(term > 0, term, np.nan))
