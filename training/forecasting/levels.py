"""How many events come of those foreseen, by time ahead and by size of account.

Hazards are calibrated account by account. A sum over the portfolio, and one of ARR above all, minds
two things that this leaves open. Trees of little data pull accounts towards their mean, and a sum
of ARR is made of few large ones. What trees tell apart counts for less further ahead, and where
logs of hazards are drawn together their mean falls. So log-hazards get a line in the start of the
quarter and in log ARR, whose slopes are fitted out of fold and whose level is that at which the
trees that go out expect as many events as came. Size has two slopes: what is true of an account
of three seats, which cannot shrink, says nothing of one of three hundred.

What is not known of the line is common to the accounts, as a shock is: forecasts draw it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh
from scipy.optimize import minimize
from scipy.special import expit

from training.horizons.fading import needed_shift
from training.horizons.fitting import Fitted, OutOfFold
from training.horizons.hazards import out_of_fold

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

# Standard deviations, before anything was seen, of the level, of its change within a year ahead,
# and of that from an account to one e times as large: among the small and among the large.
USUAL = (1.0, 0.25, 0.5, 0.5)
YEAR = 365.0
_PRIOR = np.diag(1.0 / np.square(USUAL))
# What rows that tell nothing of a direction are taken to tell, so that it can be divided by.
NOTHING = 1e-9


@dataclass(frozen=True)
class Levels:
    """A line in time and size for the log-hazards of k outcomes, and how well it is known.

    Attributes
    ----------
    mean : ndarray (k, 4)
        Level, per year ahead, per e-fold of ARR below and above the centre.
    root : ndarray (k, 4, 4)
        Times its transpose: their covariance.
    centre : float
        Log ARR at which the line has its level, and its bend.
    """

    mean: Floats
    root: Floats
    centre: float

    def terms(self, arr: Floats, starts: Floats | float) -> Floats:
        """Return one, years until the quarter starts, log ARR below and above centre, (n, 4)."""
        years, size = np.broadcast_to(starts, arr.shape) / YEAR, np.log(arr) - self.centre
        return np.column_stack([np.ones(len(arr)), years, np.minimum(size, 0), np.maximum(size, 0)])

    def added(self, arr: Floats, starts: Floats) -> Floats:
        """Return what is added to log-odds of accounts (n,), quarters starting then, (n, k, p).

        Half the variance of what is drawn is taken off, so that hazards keep their mean.
        """
        terms = np.stack([self.terms(arr, start) for start in starts], axis=1)
        spread = np.einsum("npi,kij->nkpj", terms, self.root)
        return np.asarray(np.einsum("npi,ki->nkp", terms, self.mean) - (spread**2).sum(axis=3) / 2)

    def drawn(self, n_draws: int, random: np.random.Generator) -> Floats:
        """Draw deviations of the lines, (draws, k, 4)."""
        normal = random.standard_normal((n_draws, *self.mean.shape))
        return np.asarray(np.einsum("kij,dkj->dki", self.root, normal))

    def exactly(self) -> Levels:
        """Return the same lines as if they were known exactly."""
        return replace(self, root=np.zeros_like(self.root))


def fit_levels(fitted: Fitted, account: Ints, arr: Floats) -> Levels:
    """Fit the lines of all outcomes.

    Parameters
    ----------
    fitted : Fitted
    account : ndarray (n,)
        A number for the account of each snapshot.
    arr : ndarray (n,)
        Of each snapshot, > 0 where it has rows.
    """
    centre = float(np.log(arr[fitted.rows.snapshot[fitted.table.fit]]).mean())
    n_outcomes, n_terms = len(fitted.model.hazards), len(USUAL)
    blank = Levels(
        np.zeros((n_outcomes, n_terms)), np.zeros((n_outcomes, n_terms, n_terms)), centre
    )
    found = [_fit_outcome(fitted, number, account, arr, blank) for number in range(n_outcomes)]
    return replace(
        blank, mean=np.stack([mean for mean, _ in found]), root=np.stack([r for _, r in found])
    )


def levelled(walked: OutOfFold, levels: Levels, arr: Floats, starts: Floats) -> OutOfFold:
    """Add the lines to what would have been told at earlier dates.

    Trees of fewer rows have another level than those that go out; each outcome gets that at which
    as many events are expected as came, since what is not known of it is drawn apart.
    """
    found = []
    for number, (rows, log_odds) in enumerate(zip(walked.checked, walked.log_odds, strict=True)):
        snapshot, period = walked.rows.snapshot[rows], walked.rows.period[rows]
        moved = log_odds + levels.terms(arr[snapshot], starts[period]) @ levels.mean[number]
        happened = (walked.rows.outcome[rows] == number).astype(np.float64)
        found.append(moved + needed_shift(moved, happened))
    return replace(walked, log_odds=tuple(found))


def fit_line(log_odds: Floats, y: Floats, terms: Floats, account: Ints) -> tuple[Floats, Floats]:
    """Fit a line by penalised maximum likelihood; its covariance is that of Laplace.

    Rows of one account tell of the same events. In every direction of the line they count as so
    much less as the scores of whole accounts vary more than those of independent rows would: the
    matrix of design effects (Rao and Scott 1981). One churn seen from four quarters ahead is one
    for the level, but tells four times of what changes with the quarters.

    Parameters
    ----------
    log_odds, y : ndarray (r,)
    terms : ndarray (r, t)
    account : ndarray (r,)

    Returns
    -------
    mean : ndarray (t,)
    root : ndarray (t, t)
        Times its transpose: the covariance.
    """
    highest = _highest(log_odds, y, terms)
    chance = expit(log_odds + terms @ highest)
    scores = np.zeros((account.max() + 1, terms.shape[1]))
    np.add.at(scores, account, terms * (y - chance)[:, np.newaxis])
    one = np.eye(terms.shape[1])
    told = (terms * (chance * (1 - chance))[:, np.newaxis]).T @ terms + NOTHING * one
    effects, along = eigh(scores.T @ scores, told)
    counted = told @ (along / np.maximum(effects, 1.0)) @ along.T
    known = counted @ told + _PRIOR
    # One step of Newton from where each row counted as one.
    mean = highest + np.linalg.solve(known, (counted - one) @ _PRIOR @ highest)
    return mean, np.linalg.cholesky(np.linalg.inv(known))


def _highest(log_odds: Floats, y: Floats, terms: Floats) -> Floats:
    """Return the line of the highest posterior, if rows were independent."""

    def loss(mean: Floats) -> tuple[float, Floats]:
        logit = log_odds + terms @ mean
        fit = (np.logaddexp(0.0, logit) - y * logit).sum()
        gradient = terms.T @ (expit(logit) - y) + _PRIOR @ mean
        return float(fit + mean @ _PRIOR @ mean / 2), gradient

    return np.asarray(minimize(loss, np.zeros(terms.shape[1]), jac=True).x)


def _fit_outcome(
    fitted: Fitted, number: int, account: Ints, arr: Floats, blank: Levels
) -> tuple[Floats, Floats]:
    """Return slopes found out of fold, the level of the trees that go out, and the root."""
    table, hazard, snapshot = fitted.table, fitted.model.hazards[number], fitted.rows.snapshot
    y, kept = table.told(number)
    starts = table.periods.starts[table.period]
    grown = fitted.grown[number]
    rows, log_odds = out_of_fold(table, number, hazard, grown, seed=fitted.seed)
    terms = blank.terms(arr[snapshot[rows]], starts[rows])
    mean, root = fit_line(log_odds, y[rows], terms, account[snapshot[rows]])
    fit = table.fit[kept[table.fit]]
    told = table.rows(fit, y).of(hazard.log_odds(table.snapshots))
    told = told + blank.terms(arr[snapshot[fit]], starts[fit]) @ mean
    mean[0] += needed_shift(told, y[fit])
    return mean, root
