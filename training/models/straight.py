"""A regularised logistic regression whose log-odds are a sum over columns, for trees to start from.

Trees need many rows to draw a straight line, and many to tell two hundred levels apart; this needs
few. A number enters twice, as it is between its outermost values and as its rank, so that neither
a heavy tail nor a mere order has to be transformed by hand; each level of a category enters alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from scoring.manifest import Column
from training.measures.metrics import row_log_loss
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# Inverse strengths of the penalty, the strongest first.
STRENGTHS = (0.003, 0.03, 0.3, 3.0)
# Share of the rows beyond which a value is no further out, at each end.
OUTERMOST = 0.005
# So many rows draw a line as well as all of a longer table.
ROWS_ENOUGH = 20_000

Terms = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Straight:
    """What each column adds to the log-odds of the rows it was fitted on.

    Attributes
    ----------
    rows : ndarray of positions (m,)
    base : float
        Log-odds when no column adds anything.
    parts : ndarray (m, p)
        Each column's mean is 0.
    """

    rows: Rows
    base: float
    parts: Floats


def choose_strength(
    matrix: Floats, y: Floats, columns: Sequence[Column], folds: Sequence[Fold]
) -> float:
    """Return the strength with the lowest log-loss summed over the checked rows of all folds."""
    losses = np.zeros(len(STRENGTHS))
    for fold in folds:
        learn = thinned(fold.learn)
        terms = _all_terms(matrix, columns, learn)
        learnt, checked = (_design(matrix[rows], terms) for rows in (learn, fold.check))
        for position, strength in enumerate(STRENGTHS):
            model = _fit(learnt, y[learn], strength)
            answer = model.predict_proba(checked)[:, 1]
            losses[position] += row_log_loss(y[fold.check], answer).sum()
    return STRENGTHS[int(np.argmin(losses))]


def fit_straight(
    matrix: Floats, y: Floats, columns: Sequence[Column], *, rows: Rows, strength: float
) -> Straight:
    """Fit on some rows and part the log-odds of these rows by column.

    Parameters
    ----------
    matrix : ndarray (n, p)
    y : ndarray (n,)
    columns : sequence of Column
    rows : ndarray of positions
        Both outcomes are among them.
    strength : float
        Inverse of the penalty.
    """
    rows = thinned(rows)
    terms = _all_terms(matrix, columns, rows)
    model = _fit(_design(matrix[rows], terms), y[rows], strength)
    parts, first = np.zeros((len(rows), len(columns))), 0
    for position, of_column in enumerate(terms):
        values = of_column(matrix[rows, position])
        last = first + values.shape[1]
        parts[:, position] = values @ model.coef_[0, first:last]
        first = last
    means = parts.mean(axis=0)
    return Straight(rows, float(model.intercept_[0] + means.sum()), parts - means)


def thinned(rows: Rows) -> Rows:
    """Return so many of the rows, evenly spread, as are enough."""
    if len(rows) <= ROWS_ENOUGH:
        return rows
    return rows[np.linspace(0, len(rows) - 1, ROWS_ENOUGH).astype(np.intp)]


def _fit(design: Floats, y: Floats, strength: float) -> Any:
    """Fit the regression; one that stopped early is still a fair start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(design, y)


def _design(matrix: Floats, terms: Sequence[Terms]) -> Floats:
    """Return the terms of all columns side by side; a single zero where there are none."""
    parts = [of_column(matrix[:, position]) for position, of_column in enumerate(terms)]
    found = np.hstack(parts)
    return found if found.shape[1] else np.zeros((len(matrix), 1))


def _all_terms(matrix: Floats, columns: Sequence[Column], rows: Rows) -> list[Terms]:
    """Return how each column enters, as some rows say."""
    return [
        (_level_terms if column.kind == "category" else _number_terms)(matrix[rows, position])
        for position, column in enumerate(columns)
    ]


def _level_terms(seen: Floats) -> Terms:
    """Return 1 for each level where it is that level, and for missing where that was seen."""
    levels, has_missing = np.unique(seen[~np.isnan(seen)]), bool(np.isnan(seen).any())

    def terms(values: Floats) -> Floats:
        """Return (m, number of levels)."""
        is_level = (values[:, np.newaxis] == levels).astype(np.float64)
        return np.hstack([is_level, _is_missing(values, asked=has_missing)])

    return terms


def _number_terms(seen: Floats) -> Terms:
    """Return a number as it is and as its rank, both on a scale of about one, and missing."""
    known, has_missing = np.sort(seen[~np.isnan(seen)]), bool(np.isnan(seen).any())
    if not known.size or known[0] == known[-1]:
        return lambda values: _is_missing(values, asked=has_missing)
    middle = known[known.size // 2]
    low, high = np.quantile(known, [OUTERMOST, 1.0 - OUTERMOST])
    inner = np.clip(np.where(np.isnan(seen), middle, seen), low, high)
    center, spread = inner.mean(), inner.std() or 1.0

    def terms(values: Floats) -> Floats:
        """Return (m, 2 or 3)."""
        filled = np.clip(np.where(np.isnan(values), middle, values), low, high)
        below = [np.searchsorted(known, filled, side) for side in ("left", "right")]
        rank = np.clip((below[0] + below[1]) / (2 * known.size), OUTERMOST, 1.0 - OUTERMOST)
        both = np.column_stack([(filled - center) / spread, norm.ppf(rank)])
        return np.hstack([both, _is_missing(values, asked=has_missing)])

    return terms


def _is_missing(values: Floats, *, asked: bool) -> Floats:
    """Return 1 where a value is missing (m, 1), or no column (m, 0) where that was never seen."""
    missing = np.isnan(values)[:, np.newaxis].astype(np.float64)
    return missing if asked else missing[:, :0]
