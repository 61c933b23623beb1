"""The common shock: by how much whole quarters came out above or below what was expected.

Accounts are not independent: a quarter's market moves them together. For every date and quarter
ahead that was predicted out of fold, the residual is ``r = O / E - 1`` of events O against expected
events E, with the variance ``v = sum p (1 - p) / E^2`` that independent accounts give: exact,
however few events there are, which the log of O over E is not (at six events it scatters by a third
more than 1 / E, and the rest would pass for a shock). What r scatters beyond v, about 0, is the
shock; the level of all quarters together is not (`training.forecasting.levels`). A few quarters of
a handful of events tell its scale roughly, and that of one outcome not at all: one scale for all
outcomes, of which what is not known stays open. Forecasts draw it from its posterior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from training.horizons.fitting import OutOfFold
from training.horizons.periods import Periods

Floats = npt.NDArray[np.float64]

# Before anything was seen: in two quarters of three hazards are within some 25 % of their mean.
USUAL = 0.25
# Below five expected, counts are too skewed to be told from a shock (Cochran 1954, Biometrics 10).
FEWEST_EXPECTED = 5.0
SCALES = np.linspace(0.0, 1.5, 301)
N_SCALES = 100


@dataclass(frozen=True)
class Residuals:
    """Events against expectation per date and quarter ahead; g groups of one outcome.

    Attributes
    ----------
    date, period : ndarray (g,)
    expected, observed : ndarray (g,)
        Events.
    sampling : ndarray (g,)
        Variance of the events of independent accounts.
    """

    date: npt.NDArray[np.datetime64]
    period: npt.NDArray[np.intp]
    expected: Floats
    observed: Floats
    sampling: Floats

    @property
    def residual(self) -> Floats:
        """Events beyond those expected, as a share of these, (g,)."""
        return np.asarray(self.observed / self.expected - 1.0)

    @property
    def variance(self) -> Floats:
        """Of the residual, from sampling alone, (g,)."""
        return np.asarray(self.sampling / self.expected**2)


@dataclass(frozen=True)
class Shock:
    """Common shocks of the outcomes' log-hazards: independent of each other, of one scale.

    Attributes
    ----------
    scales : tuple of float
        Standard deviations that are equally likely, rising.
    lasting : float
        Share of the variance that is the same in all quarters of a forecast.
    """

    scales: tuple[float, ...]
    lasting: float

    @property
    def scale(self) -> float:
        """Root mean square of the scales."""
        return float(np.sqrt(np.mean(np.square(self.scales))))


NO_SHOCK = Shock((0.0,), 0.0)


def residuals(margins: OutOfFold, number: int) -> Residuals:
    """Return the residuals of the outcome at a position, from its out-of-fold log-odds.

    Of dates and quarters in which at least five events were expected.
    """
    checked = margins.checked[number]
    rows = margins.rows
    date, period = margins.as_of[rows.snapshot[checked]], rows.period[checked]
    keys = np.stack([date.astype("int64"), period])
    _, first, group = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    happened = (rows.outcome[checked] == number).astype(np.float64)
    probability = expit(margins.log_odds[number])
    expected = _summed(group, probability)
    told = expected >= FEWEST_EXPECTED
    return Residuals(
        date=date[first][told],
        period=period[first][told],
        expected=expected[told],
        observed=_summed(group, happened)[told],
        sampling=_summed(group, probability * (1 - probability))[told],
    )


def _summed(group: npt.NDArray[np.intp], values: Floats) -> Floats:
    return np.asarray(np.bincount(group, weights=values), dtype=np.float64)


def estimate_shock(found: Sequence[Residuals], periods: Periods) -> Shock:
    """Estimate the scale of the shocks of all outcomes; see the module's head.

    Parameters
    ----------
    found : sequence of Residuals
        Per outcome.
    periods : Periods
        Of the residuals.

    Notes
    -----
    Normal likelihood of the residuals, half-normal prior of the scale. Dates stand closer than
    quarters are long, so that every quarter is told several times: it counts once.
    """
    prior = -((SCALES / USUAL) ** 2) / 2
    likely = prior + sum(_log_likelihood(each, periods) for each in found if len(each.date))
    chance = np.exp(likely - likely.max())
    below = np.cumsum(chance) / chance.sum()
    levels = (np.arange(N_SCALES) + 0.5) / N_SCALES
    scales = np.interp(levels, below, SCALES)
    shock = Shock(tuple(float(scale) for scale in scales), 0.0)
    lasting = float(np.clip(_lasting(found, shock.scale) / shock.scale**2, 0.0, 1.0))
    return replace(shock, lasting=lasting)


def _log_likelihood(found: Residuals, periods: Periods) -> Floats:
    """Return the log-likelihood of every scale, up to a constant; of one outcome's residuals."""
    whole = found.variance + np.expm1(SCALES**2)[:, np.newaxis]
    each = -(np.log(whole) + found.residual**2 / whole).sum(axis=1) / 2
    return np.asarray(each * (_distinct_quarters(found, periods) / len(found.date)))


def _distinct_quarters(found: Residuals, periods: Periods) -> int:
    """Return how many quarters of the calendar an outcome was seen in."""
    starts = periods.starts[found.period].astype("timedelta64[D]")
    days = (found.date + starts).astype("datetime64[D]").astype("int64")
    return len(np.unique((days - days.min()) // int(periods.lengths[0])))


def _lasting(found: Sequence[Residuals], scale: float) -> float:
    """Return the covariance of the shocks of one date's quarters: of log-hazards.

    The mean product of residuals of one outcome and date, those known better weighing more.
    """
    products = weights = 0.0
    for each in found:
        _, date = np.unique(each.date, return_inverse=True)
        weight = 1.0 / (each.variance + np.expm1(scale**2))
        products += _pairs(date, weight * each.residual)
        weights += _pairs(date, weight)
    return float(np.log1p(max(products / weights, 0.0))) if weights else 0.0


def _pairs(group: npt.NDArray[np.intp], values: Floats) -> float:
    """Return the sum of products of every two values of one group."""
    return float((_summed(group, values) ** 2 - _summed(group, values**2)).sum())


def draw_shocks(
    shock: Shock, n_draws: int, random: np.random.Generator, *, n_outcomes: int, n_quarters: int
) -> Floats:
    """Draw shocks of log-hazards, (draws, outcomes, quarters).

    Every draw has one scale; half its square is taken off, so that hazards keep their mean.
    """
    scale = random.choice(np.array(shock.scales), (n_draws, 1, 1))
    level = random.standard_normal((n_draws, n_outcomes, 1))
    quarter = random.standard_normal((n_draws, n_outcomes, n_quarters))
    mixed = np.sqrt(shock.lasting) * level + np.sqrt(1 - shock.lasting) * quarter
    return np.asarray(scale * mixed - scale**2 / 2)
