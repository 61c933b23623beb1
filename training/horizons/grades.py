"""Grades cumulative probabilities against what came, per horizon.

A snapshot is graded at a horizon when it was at risk and everything up to the horizon's end is
certain; how far its probabilities can be believed is measured by `training.measures.reliability`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.horizons.periods import Periods
from training.horizons.person_periods import Followed
from training.measures.metrics import row_log_loss
from training.measures.reliability import Reliability, measure_reliability

Floats = npt.NDArray[np.float64]

N_DRAWS = 100


@dataclass(frozen=True)
class Grade:
    """How one probability did at one horizon.

    Attributes
    ----------
    mean : float
        Of the probabilities.
    rate : float
        Of what happened.
    log_loss, base_log_loss : float
        Of the probabilities, and of the rate itself.
    reliability : Reliability
    """

    mean: float
    rate: float
    log_loss: float
    base_log_loss: float
    reliability: Reliability

    def __str__(self) -> str:
        """Return rows, events, means, log-loss beside the base rate's, and the slope."""
        found = self.reliability
        return (
            f"{found.n:>7,} rows {found.n_events:>6,} events  mean {self.mean:.4f} "
            f"rate {self.rate:.4f}  log-loss {self.log_loss:.4f} (base {self.base_log_loss:.4f})  "
            f"slope {found.slope}  observed/expected {found.observed_to_expected}"
        )


def certain_rows(followed: Followed, periods: Periods, period: int) -> npt.NDArray[np.bool_]:
    """Return which snapshots can be graded by the end of a period, (n,)."""
    return np.asarray(followed.at_risk & (followed.until >= periods.closes[period]))


def happened(
    followed: Followed, periods: Periods, period: int, outcomes: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Return 1.0 where one of the outcomes, by position, came first by a period's end, (n,)."""
    soon = followed.day < periods.closes[period]
    return np.asarray(soon & np.isin(followed.outcome, outcomes), dtype=np.float64)


def grade(y: Floats, probability: Floats, *, entity: npt.NDArray[np.str_]) -> Grade:
    """Grade probabilities (n,) against what happened (n,), 1.0 or 0.0; at least one row."""
    rate = float(y.mean())
    return Grade(
        mean=float(probability.mean()),
        rate=rate,
        log_loss=float(row_log_loss(y, probability).mean()),
        base_log_loss=float(row_log_loss(y, np.full(len(y), rate)).mean()),
        reliability=measure_reliability(y, probability, entity=entity, n_draws=N_DRAWS),
    )
