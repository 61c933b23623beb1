"""What is seen today tells less of later periods: calibrates the trees' say, period by period.

In period p, which starts s days after as_of, the part v that tells of what is seen today counts as
``mu_p + b exp(-g s / 365) (v - mu_p)`` with mu_p its mean in that period: differences between
accounts that shrink with time. The part u that tells of what is known of the period itself counts
as ``nu_p + a (u - nu_p)``, however late: a contract's calendar does not fade. With a shift c it is
Platt's line (1999) in two parts, fitted on accounts the trees never saw, in every period.

Trees fitted on all rows stand further apart than those of the folds, about other means: the line is
carried over to them about their own, at the level at which they expect as many outcomes as came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import expit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

YEAR = 365.0
# Until outcomes say otherwise, what is seen today is worth half of it in a year.
USUAL_RATE = float(np.log(2.0))
# Slope of what is known, slope of what is seen, shift, rate per year: where they start and stay
# without outcomes, and how strongly. The slopes' weight is a handful of outcomes, as in
# `training.models.calibrating`; the rate's is one standard deviation of 0.35, a half-life between
# 8 and 24 months; the shift is free.
USUAL = np.array([1.0, 1.0, 0.0, USUAL_RATE])
PENALTY = np.array([1.0, 1.0, 0.0, 4.0])
FARTHEST = 20.0
BOUNDS = [(0.1, 5.0), (0.1, 5.0), (-5.0, 5.0), (0.0, 5.0)]


@dataclass(frozen=True)
class Parts:
    """What the trees add to the log-odds of a constant rate, (r,) each.

    Attributes
    ----------
    known : ndarray (r,)
        By what is known of the period itself.
    seen : ndarray (r,)
        By what is seen today.
    """

    known: Floats
    seen: Floats


@dataclass(frozen=True)
class Fading:
    """How both parts of the trees of one outcome count.

    Attributes
    ----------
    known_slope, slope, shift : float
        a, b and c; 1, 1 and 0 leave the parts as they are.
    rate : float
        g, per year; 0 is no fading.
    starts : tuple of float
        Days from as_of to the start of each period.
    known_means, means : tuple of float
        The mean of each part in each period.
    """

    known_slope: float
    slope: float
    shift: float
    rate: float
    starts: tuple[float, ...]
    known_means: tuple[float, ...]
    means: tuple[float, ...]

    def applied(self, parts: Parts, period: Ints) -> Floats:
        """Return what the parts (r,) of rows in some periods (r,) count as."""
        share = self.slope * np.exp(-self.rate * np.asarray(self.starts) / YEAR)[period]
        known = _towards(self.known_means, parts.known, period, self.known_slope)
        return np.asarray(known + _towards(self.means, parts.seen, period, share) + self.shift)

    def about(self, parts: Parts, period: Ints) -> Fading:
        """Return the same about the means of other parts, those of trees fitted on other rows."""
        known, seen = (
            means_by_period(x, period, len(self.starts)) for x in (parts.known, parts.seen)
        )
        return replace(self, known_means=tuple(known.tolist()), means=tuple(seen.tolist()))

    def carried_to(self, parts: Parts, offset: Floats, y: Floats, *, period: Ints) -> Fading:
        """Return the same for the trees of other rows, which then expect as many as came.

        Parameters
        ----------
        parts : Parts
            Of the rows (r,) that these trees were fitted on.
        offset, y : ndarray (r,)
        period : ndarray (r,)
        """
        about = self.about(parts, period)
        shift = needed_shift(offset + about.applied(parts, period), y)
        return replace(about, shift=about.shift + shift)


def fit_fading(
    parts: Parts,
    offset: Floats,
    y: Floats,
    *,
    period: Ints,
    starts: Sequence[float],
    overlap: float,
) -> Fading:
    """Fit slopes, shift and rate by penalised maximum likelihood.

    Parameters
    ----------
    parts : Parts
        Out-of-fold log-odds of the trees.
    offset : ndarray (r,)
        What they start from.
    y : ndarray (r,)
    period : ndarray (r,)
    starts : sequence of float
        Of every period.
    overlap : float
        Rows that tell of the same outcome; they count as one.
    """
    plain = Fading(1.0, 1.0, 0.0, 0.0, tuple(map(float, starts)), (), ()).about(parts, period)
    known_mean, mean = np.asarray(plain.known_means)[period], np.asarray(plain.means)[period]
    level, years = offset + known_mean + mean, np.asarray(starts)[period] / YEAR
    known, seen = parts.known - known_mean, parts.seen - mean

    def loss(weights: Floats) -> tuple[float, Floats]:
        known_slope, slope, shift, rate = weights
        faded = np.exp(-rate * years) * seen
        logit = level + known_slope * known + slope * faded + shift
        error = 1.0 / (1.0 + np.exp(-logit)) - y
        fit = (np.logaddexp(0.0, logit) - y * logit).sum() / overlap
        steep = -slope * (error @ (faded * years))
        gradient = np.array([error @ known, error @ faded, error.sum(), steep])
        away = weights - USUAL
        return float(fit + PENALTY @ away**2), gradient / overlap + 2 * PENALTY * away

    found = minimize(loss, USUAL, jac=True, bounds=BOUNDS).x
    known_slope, slope, shift, rate = map(float, found)
    return replace(plain, known_slope=known_slope, slope=slope, shift=shift, rate=rate)


def needed_shift(log_odds: Floats, y: Floats) -> float:
    """Return what to add to log-odds (r,) so that as many outcomes are expected as came."""
    came = float(np.clip(y.sum(), 0.5, len(y) - 0.5))

    def beyond(shift: float) -> float:
        return float(expit(log_odds + shift).sum()) - came

    return float(brentq(beyond, -FARTHEST, FARTHEST))


def _towards(means: Sequence[float], part: Floats, period: Ints, share: Floats | float) -> Floats:
    """Return a part (r,) with a share of its distance from its period's mean."""
    mean = np.asarray(means)[period]
    return np.asarray(mean + share * (part - mean))


def means_by_period(part: Floats, period: Ints, n_periods: int) -> Floats:
    """Return the mean of parts (r,) in each period; one without rows has that of the one before."""
    means = np.zeros(n_periods)
    for number in range(n_periods):
        mine = period == number
        means[number] = part[mine].mean() if mine.any() else means[max(number - 1, 0)]
    return means
