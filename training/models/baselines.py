"""What any model must beat on the same rows: base rate, one-line rule, logistic regression.

Every baseline is fitted on the fit rows only and answers with probabilities.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scoring.manifest import Column
from training.measures.metrics import row_log_loss
from training.measures.ranking import auc, single_column_scores
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

STRENGTHS = (0.003, 0.03, 0.3, 3.0)


@dataclass(frozen=True)
class Baseline:
    """A baseline's probabilities on the test rows (n_test,) and what it says in words."""

    name: str
    probability: Floats
    words: str


def fit_baselines(
    matrix: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    fit: Rows,
    test: Rows,
    folds: Sequence[Fold],
) -> tuple[Baseline, ...]:
    """Fit every baseline on `fit` and answer for `test`."""
    rate = float(y[fit].mean())
    return (
        Baseline("base_rate", np.full(len(test), rate), f"always {rate:.4f}"),
        _one_line_rule(matrix, y, columns, fit=fit, test=test, folds=folds),
        _logistic(matrix, y, columns, fit=fit, test=test, folds=folds),
    )


def _one_line_rule(
    matrix: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    fit: Rows,
    test: Rows,
    folds: Sequence[Fold],
) -> Baseline:
    """Return the single column that ranks the fit rows best, as a univariate logistic."""
    strength = [
        _strength(matrix[:, position], y, column, fit=fit, folds=folds)
        for position, column in enumerate(columns)
    ]
    best = int(np.argmax(strength))
    score = single_column_scores(matrix[:, best], y, columns[best], fit=fit)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    model.fit(score[fit, np.newaxis], y[fit])
    rises = auc(y[fit], score[fit]) >= 0.5
    words = f"the {'higher' if rises else 'lower'} {columns[best].name}, the likelier"
    if columns[best].kind == "category":
        words = f"the rate of each {columns[best].name}"
    return Baseline("one_line_rule", model.predict_proba(score[test, np.newaxis])[:, 1], words)


def _strength(
    values: Floats, y: Floats, column: Column, *, fit: Rows, folds: Sequence[Fold]
) -> float:
    """Return how far the AUC of a column is from chance.

    A number fits nothing but its direction; the rates of a category are fitted, so they are
    judged on the blocks they were not fitted on.
    """
    if column.kind == "number":
        score = single_column_scores(values, y, column, fit=fit)
        return abs(auc(y[fit], score[fit]) - 0.5)
    found = []
    for fold in folds:
        score = single_column_scores(values, y, column, fit=fold.learn)
        found.append(auc(y[fold.check], score[fold.check]) - 0.5)
    return abs(float(np.mean(found)))


def _logistic(
    matrix: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    fit: Rows,
    test: Rows,
    folds: Sequence[Fold],
) -> Baseline:
    """Return a regularised logistic regression; its strength is chosen on the inner folds."""
    usable = [
        position for position in range(len(columns)) if not np.isnan(matrix[fit, position]).all()
    ]
    trimmed, kinds = matrix[:, usable], [columns[position].kind for position in usable]

    def loss(strength: float) -> float:
        """Return the summed log-loss of the checked blocks."""
        total = 0.0
        for fold in folds:
            model = _fit_logistic(trimmed, y, kinds, rows=fold.learn, strength=strength)
            answer = model.predict_proba(trimmed[fold.check])[:, 1]
            total += float(row_log_loss(y[fold.check], answer).sum())
        return total

    best = min(STRENGTHS, key=loss)
    model = _fit_logistic(trimmed, y, kinds, rows=fit, strength=best)
    return Baseline("logistic", model.predict_proba(trimmed[test])[:, 1], f"L2 with C = {best:g}")


def _fit_logistic(
    matrix: Floats, y: Floats, kinds: Sequence[str], *, rows: Rows, strength: float
) -> Any:
    """Fit imputation, one-hot coding, scaling and the regression on some rows."""
    numbers = [position for position, kind in enumerate(kinds) if kind == "number"]
    categories = [position for position, kind in enumerate(kinds) if kind == "category"]
    prepared = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(
                    SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
                    StandardScaler(),
                ),
                numbers,
            ),
            (
                "categories",
                make_pipeline(
                    SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True),
                    OneHotEncoder(handle_unknown="ignore"),
                ),
                categories,
            ),
        ]
    )
    model = make_pipeline(prepared, LogisticRegression(C=strength, max_iter=500))
    with warnings.catch_warnings():
        # A fit stopped at 500 steps is still a fair baseline.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(matrix[rows], y[rows])
