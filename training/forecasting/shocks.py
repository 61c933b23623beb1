"""The common shock: by how much whole quarters came out above or below what was expected.

Accounts are not independent: a quarter's market moves them together. For every date and quarter
ahead that was predicted out of fold, the residual on the log-hazard scale is
``r = log((O + 1/2) / (E + 1/2))`` of events against expected events, its sampling variance about
``v = 1 / (E + 1/2)``. What is left is the shock's variance, by Paule and Mandel's equation (1982)
``sum r^2 / (v + s^2) = n`` about 0: a lasting bias counts as shock. The share of it that lasts over
the quarters of one forecast is the mean product of residuals of one date, over s^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from training.horizons.model import OutOfFold
from training.horizons.periods import Periods

Floats = npt.NDArray[np.float64]

LARGEST = 4.0
FEWEST_QUARTERS, MOST_QUARTERS = 3, 30


@dataclass(frozen=True)
class Residuals:
    """Events against expectation per date and quarter ahead; g groups of one outcome.

    Attributes
    ----------
    date, period : ndarray (g,)
    expected, observed : ndarray (g,)
    """

    date: npt.NDArray[np.datetime64]
    period: npt.NDArray[np.intp]
    expected: Floats
    observed: Floats

    @property
    def residual(self) -> Floats:
        """On the log-hazard scale, (g,)."""
        return np.asarray(np.log((self.observed + 0.5) / (self.expected + 0.5)))

    @property
    def variance(self) -> Floats:
        """Of sampling alone, (g,)."""
        return 1.0 / (self.expected + 0.5)


@dataclass(frozen=True)
class Shock:
    """The common shock of one outcome's log-hazard.

    Attributes
    ----------
    scale : float
        Standard deviation.
    lasting : float
        Share of the variance that is the same in all quarters of a forecast.
    quarters : int
        Distinct quarters it was estimated from: degrees of freedom of its draws.
    """

    scale: float
    lasting: float
    quarters: int


def residuals(margins: OutOfFold, number: int) -> Residuals:
    """Return the residuals of the outcome at a position, from its out-of-fold log-odds."""
    checked = margins.checked[number]
    rows = margins.rows
    date, period = margins.as_of[rows.snapshot[checked]], rows.period[checked]
    keys = np.stack([date.astype("int64"), period])
    _, first, group = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    happened = (rows.outcome[checked] == number).astype(np.float64)
    return Residuals(
        date=date[first],
        period=period[first],
        expected=_summed(group, expit(margins.log_odds[number])),
        observed=_summed(group, happened),
    )


def _summed(group: npt.NDArray[np.intp], values: Floats) -> Floats:
    return np.asarray(np.bincount(group, weights=values), dtype=np.float64)


def estimate_shock(found: Residuals, periods: Periods) -> Shock:
    """Estimate the shock of one outcome; see the module's head."""
    if not len(found.date):
        return Shock(0.0, 0.0, FEWEST_QUARTERS)
    squares, variance = found.residual**2, found.variance
    scale2 = paule_mandel(squares, variance)
    starts = periods.starts[found.period].astype("timedelta64[D]")
    days = (found.date + starts).astype("datetime64[D]").astype("int64")
    quarters = len(np.unique((days - days.min()) // int(periods.lengths[0])))
    lasting = 0.0 if scale2 == 0 else float(np.clip(_products(found) / scale2, 0.0, 1.0))
    bounded = int(np.clip(quarters, FEWEST_QUARTERS, MOST_QUARTERS))
    return Shock(float(np.sqrt(scale2)), lasting, bounded)


def paule_mandel(squares: Floats, variance: Floats) -> float:
    """Return the variance between groups that squared residuals show beyond their own, >= 0."""

    def excess(scale2: float) -> float:
        return float((squares / (variance + scale2)).sum() - len(squares))

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, LARGEST)) if excess(LARGEST) < 0 else LARGEST


def _products(found: Residuals) -> float:
    """Return the mean product of residuals of one date in different quarters ahead."""
    products = []
    for date in np.unique(found.date):
        mine = found.residual[found.date == date]
        if len(mine) > 1:
            pairs = len(mine) * (len(mine) - 1)
            products.append((mine.sum() ** 2 - (mine**2).sum()) / pairs)
    return float(np.mean(products)) if products else 0.0


def draw_shocks(
    shocks: Sequence[Shock], n_draws: int, n_quarters: int, random: np.random.Generator
) -> Floats:
    """Draw shocks of log-hazards, (draws, outcomes, quarters).

    A scale known from few quarters is itself uncertain: draws follow Student's t with as many
    degrees of freedom as quarters; half the variance is taken off, so that hazards keep their mean.
    """
    drawn = np.zeros((n_draws, len(shocks), n_quarters))
    for number, shock in enumerate(shocks):
        spread = np.sqrt(shock.quarters / random.chisquare(shock.quarters, (n_draws, 1)))
        level = random.standard_normal((n_draws, 1))
        quarter = random.standard_normal((n_draws, n_quarters))
        mixed = np.sqrt(shock.lasting) * level + np.sqrt(1 - shock.lasting) * quarter
        drawn[:, number] = shock.scale * spread * mixed - shock.scale**2 / 2
    return drawn
