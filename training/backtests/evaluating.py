"""Every metric of a backtest for one forecaster, as point and 95 % interval by account.

The same seed draws the same accounts for every forecaster, so that figures can be compared.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.measures.decision_value import Portfolio, decision_metrics
from training.measures.emp import expected_profit
from training.measures.metrics import draw_weights, interval, weighted_metrics

Floats = npt.NDArray[np.float64]

N_DRAWS = 200


def evaluate(
    portfolio: Portfolio,
    probability: Floats,
    *,
    entity: npt.NDArray[np.str_],
    empc: bool,
    seed: int = 0,
) -> dict[str, float]:
    """Return each metric with `<name>_low` and `<name>_high`.

    Parameters
    ----------
    portfolio : Portfolio
        Labels, ARR, dates and capacity of n rows.
    probability : ndarray (n,)
    entity : ndarray (n,)
        Rows of the same entity are drawn together (block bootstrap).
    empc : bool
        Whether the expected maximum profit of a retention campaign means anything here.
    seed : int
    """
    drawn = draw_weights(entity, seed=seed, n_draws=N_DRAWS)
    points = _metrics(portfolio, probability, np.ones((1, len(entity))), empc=empc)
    parts = [_metrics(portfolio, probability, block, empc=empc) for block in drawn]
    found: dict[str, float] = {}
    for name, point in points.items():
        low, high = interval(np.concatenate([part[name] for part in parts]))
        found |= {name: float(point[0]), f"{name}_low": low, f"{name}_high": high}
    return found


def _metrics(
    portfolio: Portfolio, probability: Floats, weights: Floats, *, empc: bool
) -> dict[str, Floats]:
    """Return every metric as (draws,)."""
    found = weighted_metrics(portfolio.y, probability, weights)
    found |= decision_metrics(portfolio, probability, weights)
    profits = [
        expected_profit(portfolio.y, probability, weights=weight) for weight in weights if empc
    ]
    unknown = np.full(len(weights), np.nan)
    found["empc"] = np.array([profit.per_account for profit in profits]) if empc else unknown
    found["empc_share"] = np.array([profit.share for profit in profits]) if empc else unknown
    return found
