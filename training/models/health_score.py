"""A customer health score as teams weigh one by hand: the baseline most companies have today.

0 is ill, 100 is healthy. Each part is a straight line between a value that is bad and one that is
good; parts that are unknown for an account leave their weight to the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]

UNKNOWN = 50.0


@dataclass(frozen=True)
class Part:
    """One part of the score.

    Attributes
    ----------
    feature : str
    weight : float
        All weights sum to 100.
    bad, good : float
        Values that get 0 and 100; between them a straight line, beyond them no more.
    reason : str
        Why it is there and why the ends are where they are.
    """

    feature: str
    weight: float
    bad: float
    good: float
    reason: str


# Weighed by hand from what CS teams' guides agree on: use first, then people, then money and mood.
# They are not fitted to any table, and are not to be: that is what a model is for.
PARTS = (
    Part("active_seat_share_28d", 20, 0.2, 0.8, "Seats paid for and not used are the first to go"),
    Part("days_since_last_use", 15, 28, 3, "Four weeks of silence is longer than a holiday"),
    Part("events_trend_28d_84d", 15, 0.5, 1.1, "Half of the account's own use before is a fall"),
    Part("kept_feature_share_28d_84d", 10, 0.3, 0.9, "Who uses less of the product needs it less"),
    Part("n_champions_left_84d", 10, 1, 0, "Renewals are decided by people"),
    Part("days_since_human_touch", 5, 120, 14, "A quarter without a talk is out of sight"),
    Part("days_overdue", 10, 30, 0, "Unpaid for a month is rarely an oversight"),
    Part("nps_last", 10, 3, 9, "Detractors at one end, promoters at the other"),
    Part("n_open_urgent_tickets", 5, 2, 0, "Two urgent problems at once are a crisis"),
)


def missing_columns(table: pa.Table, parts: Sequence[Part] = PARTS) -> list[str]:
    """Return the features of the score that a table does not have."""
    return [part.feature for part in parts if part.feature not in table.column_names]


def health_score(table: pa.Table, parts: Sequence[Part] = PARTS) -> Floats:
    """Return the score of every row (n,), 0 to 100; 50 when nothing at all is known.

    Parameters
    ----------
    table : pyarrow.Table
        With a number column for every part, null where unknown.
    parts : sequence of Part
    """
    points = np.zeros(table.num_rows)
    weight = np.zeros(table.num_rows)
    for part in parts:
        values = table.column(part.feature).cast(pa.float64()).to_numpy()
        known = ~np.isnan(values)
        share = np.clip((values - part.bad) / (part.good - part.bad), 0.0, 1.0)
        points += np.where(known, part.weight * 100 * share, 0.0)
        weight += np.where(known, part.weight, 0.0)
    return np.where(weight > 0, points / np.where(weight > 0, weight, 1.0), UNKNOWN)
