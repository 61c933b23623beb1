"""What is known today tells less of later periods: calibrates the trees' say, period by period.

In period p, which starts s days after as_of, the trees' part t of the log-odds counts as
``mu_p + b exp(-g s / 365) (t - mu_p) + c`` with mu_p its mean in that period: a slope b and a shift
c as in Platt (1999), and differences between accounts that shrink with time. Fitted on margins of
accounts the trees never saw, in every period.
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
# Until outcomes say otherwise, what tells accounts apart today is worth half of it in a year.
USUAL_RATE = float(np.log(2.0))
# As strong as a handful of outcomes, as in `training.models.calibrating`; for the rate it is the
# weight of one standard deviation of 0.35, a half-life between 8 and 24 months.
SLOPE_PENALTY, RATE_PENALTY = 1.0, 4.0


@dataclass(frozen=True)
class Fading:
    """How the trees' part of one outcome counts.

    Attributes
    ----------
    slope, shift : float
        b and c; 1 and 0 leave the part as it is.
    rate : float
        g, per year; 0 is no fading.
    starts : tuple of float
        Days from as_of to the start of each period.
    means : tuple of float
        The mean of the trees' part in each period.
    """

    slope: float
    shift: float
    rate: float
    starts: tuple[float, ...]
    means: tuple[float, ...]

    def applied(self, part: Floats, period: Ints) -> Floats:
        """Return what the part (r,) of rows in some periods (r,) counts as."""
        means = np.asarray(self.means)[period]
        share = np.exp(-self.rate * np.asarray(self.starts) / YEAR)[period]
        return np.asarray(means + self.slope * share * (part - means) + self.shift)


def fit_fading(
    part: Floats,
    offset: Floats,
    y: Floats,
    *,
    period: Ints,
    starts: Sequence[float],
    overlap: float,
) -> Fading:
    """Fit slope, shift and rate by penalised maximum likelihood.

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
    means = means_by_period(part, period, len(starts))
    level, away = offset + means[period], part - means[period]
    years = np.asarray(starts)[period] / YEAR

    def loss(weights: Floats) -> tuple[float, Floats]:
        slope, shift, rate = weights
        faded = np.exp(-rate * years) * away
        logit = level + slope * faded + shift
        error = 1.0 / (1.0 + np.exp(-logit)) - y
        fit = (np.logaddexp(0.0, logit) - y * logit).sum() / overlap
        gradient = np.array([error @ faded, error.sum(), -slope * (error @ (faded * years))])
        beyond = np.array([SLOPE_PENALTY * (slope - 1.0), 0.0, RATE_PENALTY * (rate - USUAL_RATE)])
        unusual = SLOPE_PENALTY * (slope - 1.0) ** 2 + RATE_PENALTY * (rate - USUAL_RATE) ** 2
        return float(fit + unusual), gradient / overlap + 2 * beyond

    bounds = [(0.1, 5.0), (-5.0, 5.0), (0.0, FASTEST)]
    found = minimize(loss, np.array([1.0, 0.0, USUAL_RATE]), jac=True, bounds=bounds)
    slope, shift, rate = map(float, found.x)
    return Fading(slope, shift, rate, tuple(map(float, starts)), tuple(means.tolist()))


def means_by_period(part: Floats, period: Ints, n_periods: int) -> Floats:
    """Return the mean of parts (r,) in each period; one without rows has that of the one before."""
    means = np.zeros(n_periods)
    for number in range(n_periods):
        mine = period == number
        means[number] = part[mine].mean() if mine.any() else means[max(number - 1, 0)]
    return means
