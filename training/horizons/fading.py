"""What is known today tells less of later periods: how fast the trees' say fades with time.

In period p, which starts s days after as_of, the trees' part t of the log-odds counts as
``mu_p + exp(-g s / 365) (t - mu_p)`` with mu_p its mean in that period: levels stay, differences
between accounts shrink. Stumps cannot learn this by themselves, larger trees can: then g is near 0.
Fitted on margins of folds by account, the only ones that reach every period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

YEAR = 365.0
FASTEST = 3.0
# As strong as a handful of outcomes, as in `training.models.calibrating`.
PENALTY = 1.0


@dataclass(frozen=True)
class Fading:
    """How the trees' part of one outcome fades.

    Attributes
    ----------
    rate : float
        g, per year; 0 is no fading.
    starts : tuple of float
        Days from as_of to the start of each period.
    means : tuple of float
        The mean of the trees' part in each period.
    """

    rate: float
    starts: tuple[float, ...]
    means: tuple[float, ...]

    def applied(self, part: Floats, period: Ints) -> Floats:
        """Return the faded part (r,) of rows in some periods (r,)."""
        means = np.asarray(self.means)[period]
        share = np.exp(-self.rate * np.asarray(self.starts) / YEAR)[period]
        return np.asarray(means + share * (part - means))


def fit_fading(
    part: Floats,
    offset: Floats,
    y: Floats,
    *,
    period: Ints,
    starts: Sequence[float],
    overlap: float,
) -> Fading:
    """Fit g by penalised maximum likelihood, beside a slope and a shift that are thrown away.

    Parameters
    ----------
    part, offset : ndarray (r,)
        Out-of-fold log-odds of the trees, and what they start from.
    y : ndarray (r,)
    period : ndarray (r,)
    starts : sequence of float
        Of every period.
    overlap : float
        Rows that tell of the same outcome; they count as one.
    """
    means = _means(part, period, len(starts))
    level, away = offset + means[period], part - means[period]
    years = np.asarray(starts)[period] / YEAR

    def loss(weights: Floats) -> tuple[float, Floats]:
        slope, shift, rate = weights
        faded = np.exp(-rate * years) * away
        logit = level + slope * faded + shift
        error = 1.0 / (1.0 + np.exp(-logit)) - y
        fit = (np.logaddexp(0.0, logit) - y * logit).sum() / overlap
        gradient = np.array([error @ faded, error.sum(), -slope * (error @ (faded * years))])
        penalty = np.array([2 * PENALTY * (slope - 1.0), 0.0, 2 * PENALTY * rate])
        return float(fit + PENALTY * ((slope - 1.0) ** 2 + rate**2)), gradient / overlap + penalty

    bounds = [(0.1, 5.0), (-5.0, 5.0), (0.0, FASTEST)]
    found = minimize(loss, np.array([1.0, 0.0, 0.1]), jac=True, bounds=bounds)
    return Fading(float(found.x[2]), tuple(map(float, starts)), tuple(means.tolist()))


def _means(part: Floats, period: Ints, n_periods: int) -> Floats:
    """Return the mean in each period; one without rows has that of the period before it."""
    means = np.zeros(n_periods)
    for number in range(n_periods):
        mine = period == number
        means[number] = part[mine].mean() if mine.any() else means[max(number - 1, 0)]
    return means
