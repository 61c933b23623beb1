"""What is seen today tells less of later periods: calibrates the trees' say, period by period.

The trees' say has three parts. What is known of every period alike (the mean of u over the periods:
who the account is) counts as ``nu + a (l - nu)``. What tells one period from another (the rest of
u: a contract's calendar) counts as ``kappa_p + d (k - kappa_p)``, however late. What is seen today
counts as ``mu_p + b exp(-g s / 365) (v - mu_p)`` in period p, which starts s days after as_of:
differences between accounts that shrink with time. With a shift c it is Platt's line (1999) in
three parts, fitted on accounts the trees never saw, in every period.

Whether and when are kept apart, as between and within in panels of people (Mundlak 1978): one
slope for both would be right in each period and too bold over their sum, where the calendar cancels
out.

Trees fitted on all rows have other means than those of the folds: the line is carried over to them
about their own, at the level at which they expect as many outcomes as came.
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
# Slopes of what lasts, of the calendar and of what is seen, shift, rate per year: where they start
# and stay without outcomes, and how strongly. The slopes' weight is a handful of outcomes, as in
# `training.models.calibrating`; the rate's is one standard deviation of 0.35, a half-life between
# 8 and 24 months; the shift is free.
USUAL = np.array([1.0, 1.0, 1.0, 0.0, USUAL_RATE])
PENALTY = np.array([1.0, 1.0, 1.0, 0.0, 4.0])
FARTHEST = 20.0
BOUNDS = [(0.1, 5.0), (0.1, 5.0), (0.1, 5.0), (-5.0, 5.0), (0.0, 5.0)]


@dataclass(frozen=True)
class Told:
    """Rows that tell of an outcome: r snapshots in some period.

    Attributes
    ----------
    snapshot, period : ndarray (r,) of positions
    y : ndarray (r,)
        1.0 where it happened.
    """

    snapshot: Ints
    period: Ints
    y: Floats

    def of(self, grid: Floats) -> Floats:
        """Return the rows (r,) of a grid (n, p)."""
        return np.asarray(grid[self.snapshot, self.period])


@dataclass(frozen=True)
class Parts:
    """What the trees add to the log-odds of a constant rate, for n snapshots in all p periods.

    Attributes
    ----------
    lasting : ndarray (n, p)
        By what is known of the account, whatever the period.
    calendar : ndarray (n, p)
        By what is known of this period and not of all.
    seen : ndarray (n, p)
        By what is seen today.
    """

    lasting: Floats
    calendar: Floats
    seen: Floats

    def means(self, told: Told) -> tuple[Floats, Floats, Floats]:
        """Return the mean of each part in each period, over some rows, (p,) each."""
        n_periods = self.seen.shape[1]
        lasting, calendar, seen = (
            means_by_period(told.of(part), told.period, n_periods)
            for part in (self.lasting, self.calendar, self.seen)
        )
        return lasting, calendar, seen


def parts_of(known: Floats, seen: Floats, lengths: Floats) -> Parts:
    """Return the parts of what is known and seen (n, p), in periods of some days (p,)."""
    lasting = np.broadcast_to((known @ lengths / lengths.sum())[:, np.newaxis], known.shape)
    return Parts(lasting, known - lasting, seen)


@dataclass(frozen=True)
class Fading:
    """How the parts of the trees of one outcome count.

    Attributes
    ----------
    lasting_slope, calendar_slope, slope, shift : float
        a, d, b and c; 1, 1, 1 and 0 leave the parts as they are.
    rate : float
        g, per year; 0 is no fading.
    starts : tuple of float
        Days from as_of to the start of each period.
    lasting_means, calendar_means, means : tuple of float
        The mean of each part in each period.
    """

    lasting_slope: float
    calendar_slope: float
    slope: float
    shift: float
    rate: float
    starts: tuple[float, ...]
    lasting_means: tuple[float, ...]
    calendar_means: tuple[float, ...]
    means: tuple[float, ...]

    def applied(self, parts: Parts) -> Floats:
        """Return what the parts of n snapshots count as, (n, p)."""
        share = self.slope * np.exp(-self.rate * np.asarray(self.starts) / YEAR)
        counted = (
            _towards(self.lasting_means, parts.lasting, self.lasting_slope)
            + _towards(self.calendar_means, parts.calendar, self.calendar_slope)
            + _towards(self.means, parts.seen, share)
        )
        return np.asarray(counted + self.shift)

    def about(self, parts: Parts, told: Told) -> Fading:
        """Return the same about the means of other parts, those of trees fitted on other rows."""
        lasting, calendar, seen = (tuple(mean.tolist()) for mean in parts.means(told))
        return replace(self, lasting_means=lasting, calendar_means=calendar, means=seen)

    def carried_to(self, parts: Parts, offset: Floats, told: Told) -> Fading:
        """Return the same for the trees of other rows, which then expect as many as came.

        Parameters
        ----------
        parts : Parts
            Of the snapshots that these trees were fitted on.
        offset : ndarray (p,)
            Log-odds of the constant rate.
        told : Told
            The rows that they were fitted on.
        """
        about = self.about(parts, told)
        shift = needed_shift(told.of(offset + about.applied(parts)), told.y)
        return replace(about, shift=about.shift + shift)


def fit_fading(
    parts: Parts, offset: Floats, told: Told, *, starts: Sequence[float], overlap: float
) -> Fading:
    """Fit slopes, shift and rate by penalised maximum likelihood.

    Parameters
    ----------
    parts : Parts
        Of trees that never saw the snapshots.
    offset : ndarray (p,)
        What they start from.
    told : Told
    starts : sequence of float
        Of every period.
    overlap : float
        Rows that tell of the same outcome; they count as one.
    """
    means = parts.means(told)
    lasting, calendar, seen = (
        told.of(part - mean)
        for part, mean in zip((parts.lasting, parts.calendar, parts.seen), means, strict=True)
    )
    level, years = (offset + sum(means))[told.period], np.asarray(starts)[told.period] / YEAR

    def loss(weights: Floats) -> tuple[float, Floats]:
        *slopes, shift, rate = weights
        faded = np.exp(-rate * years) * seen
        terms = np.stack([lasting, calendar, faded])
        logit = level + np.asarray(slopes) @ terms + shift
        error = expit(logit) - told.y
        fit = (np.logaddexp(0.0, logit) - told.y * logit).sum() / overlap
        steep = -slopes[2] * (error @ (faded * years))
        gradient = np.array([*(terms @ error), error.sum(), steep])
        away = weights - USUAL
        return float(fit + PENALTY @ away**2), gradient / overlap + 2 * PENALTY * away

    a, d, b, shift, rate = minimize(loss, USUAL, jac=True, bounds=BOUNDS).x.tolist()
    nowhere: tuple[float, ...] = ()
    line = Fading(a, d, b, shift, rate, tuple(map(float, starts)), nowhere, nowhere, nowhere)
    return line.about(parts, told)


def needed_shift(log_odds: Floats, y: Floats) -> float:
    """Return what to add to log-odds (r,) so that as many outcomes are expected as came."""
    came = float(np.clip(y.sum(), 0.5, len(y) - 0.5))

    def beyond(shift: float) -> float:
        return float(expit(log_odds + shift).sum()) - came

    return float(brentq(beyond, -FARTHEST, FARTHEST))


def _towards(means: Sequence[float], part: Floats, share: Floats | float) -> Floats:
    """Return a part (n, p) with a share of its distance from its period's mean."""
    return np.asarray(means + share * (part - np.asarray(means)))


def means_by_period(part: Floats, period: Ints, n_periods: int) -> Floats:
    """Return the mean of parts (r,) in each period; one without rows has that of the one before."""
    means = np.zeros(n_periods)
    for number in range(n_periods):
        mine = period == number
        means[number] = part[mine].mean() if mine.any() else means[max(number - 1, 0)]
    return means
