"""The chance that nothing happens over spans of the weeks ahead, from expected rates.

The hazard spent over a span is taken as log-normal with its exact mean and variance.
"""

import numpy as np

from simulator.arrays import Floats, Ints
from simulator.dynamics import Switch
from simulator.foresight import WEEKS_AHEAD, Foresight
from simulator.history import Weekly

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(7)


def chance_of_none(
    sight: Foresight, weekly: Weekly, who: Ints, week: int, rates: Floats, weights: Floats
) -> Floats:
    """Return the chance of no event over each span of weights, shape (len(who), spans).

    The spent hazard H has variance sum of w_j w_k r_j r_k (moment_jk - 1); it is taken as
    log-normal, and E[exp(-H)] found by Gauss-Hermite quadrature.
    """
    kind = 2 * weekly.vacant[who, week] + weekly.shocked[who, week]
    variance = np.empty((len(who), len(weights)))
    for vacant, shocked in ((0, 0), (0, 1), (1, 0), (1, 1)):
        mine = kind == 2 * vacant + shocked
        loads = _loads(sight, week, vacant=vacant, shocked=shocked)
        spans = (weights[:, :, None] * loads).transpose(1, 0, 2).reshape(WEEKS_AHEAD, -1)
        parts = (rates[mine] @ spans).reshape(mine.sum(), len(weights), loads.shape[1])
        variance[mine] = (parts**2).sum(axis=2)
    return _laplace(rates @ weights.T, variance)


def _loads(sight: Foresight, week: int, *, vacant: int, shocked: int) -> Floats:
    """Return U with U U' = relative moments, without columns that add nothing; kept per pattern."""
    quarter = sight.quarter[week : week + WEEKS_AHEAD]
    key = (vacant, shocked, *(quarter - quarter[0]).tolist())
    if key not in sight.loads:
        values, vectors = np.linalg.eigh(
            relative_moments(sight, week, vacant=vacant, shocked=shocked)
        )
        kept = values > 1e-7 * max(values.max(), 1e-12)
        sight.loads[key] = vectors[:, kept] * np.sqrt(values[kept])
    return sight.loads[key]


def relative_moments(sight: Foresight, week: int, *, vacant: int, shocked: int) -> Floats:
    """Return E[r_j r_k] / (E[r_j] E[r_k]) - 1 over the weeks ahead, shape (16, 16).

    It depends on the account only through its two on-off states.
    """
    effects = sight.effects
    quarter = sight.quarter[week : week + WEEKS_AHEAD]
    unknown = (quarter[:, None] == quarter) & (quarter != quarter[0])
    market = np.where(unknown, np.exp(effects.quarter_shock**2), 1.0)
    people = _factor_moments(sight.vacancy, effects.champion_absent, vacant)
    money = _factor_moments(sight.shock, effects.budget_shock, shocked)
    return np.asarray(np.exp(sight.cov) * people * money * market - 1)


def _factor_moments(switch: Switch, effect: float, now: int) -> Floats:
    """Return E[f_j f_k] / (E[f_j] E[f_k]) for f = exp(effect) while on, else 1."""
    jump = np.expm1(effect)
    later = switch.later(WEEKS_AHEAD)
    week = np.arange(WEEKS_AHEAD)
    first = np.minimum.outer(week, week)
    both = later[now][first] * later[1][np.abs(np.subtract.outer(week, week))]
    on = later[now]
    mean = 1 + jump * on
    raw = 1 + jump * np.add.outer(on, on) + jump**2 * both
    return np.asarray(raw / np.outer(mean, mean))


def _laplace(mean: Floats, variance: Floats) -> Floats:
    """Return E[exp(-H)] for H log-normal with this mean and variance."""
    mean = np.maximum(mean, 1e-300)
    spread = np.log1p(np.maximum(variance, 0) / mean**2)
    middle, width = np.log(mean) - spread / 2, np.sqrt(spread)
    total = np.zeros_like(mean)
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        total += weight * np.exp(-np.exp(middle + width * node))
    return np.asarray(total / _NODE_WEIGHTS.sum())
