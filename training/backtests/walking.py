"""Walks through the origins: at each one, every forecaster learns what was known and answers.

A forecaster is the product's own pipeline or one of what any model must beat; all of them answer
for the same rows, and none has seen a label that came to be known after its origin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.backtests.origin_report import MODEL
from training.backtests.rolling import Origin
from training.models.baselines import fit_baselines
from training.models.fitting import fit_bundle
from training.models.health_score import health_score, missing_columns
from training.tables.splits import Split
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]

HEALTH_SCORE = "health_score"


@dataclass(frozen=True)
class Step:
    """What happened at one origin.

    Attributes
    ----------
    origin : Origin
    probability : dict of ndarray, as long as `origin.split.test`
        By forecaster.
    words : dict of str
        What each forecaster is, in words.
    """

    origin: Origin
    probability: dict[str, Floats]
    words: dict[str, str]


def walk(
    examples: Examples,
    origins: tuple[Origin, ...],
    *,
    outcome: str,
    seed: int,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Step, ...]:
    """Fit and ask every forecaster at every origin.

    Parameters
    ----------
    examples : Examples
    origins : tuple of Origin
    outcome : str
    seed : int
    progress : callable
        Told what is begun, one line at a time.
    """
    steps = []
    for number, origin in enumerate(origins, start=1):
        progress(f"origin {number} of {len(origins)}: {str(origin.at)[:10]}")
        steps.append(_step(examples, origin, outcome=outcome, seed=seed))
    return tuple(steps)


def why_no_health_score(examples: Examples) -> str:
    """Say which columns the hand-weighted health score lacks; empty when it has them all."""
    missing = missing_columns(examples.table)
    return f"the table has no {', '.join(missing[:3])}" if missing else ""


def _step(examples: Examples, origin: Origin, *, outcome: str, seed: int) -> Step:
    """Fit and ask every forecaster at one origin."""
    split = origin.split
    fitted = fit_bundle(examples, split, outcome=outcome, seed=seed)
    calibrator = fitted.bundle.manifest.calibrator.kind
    scores = fitted.bundle.score_matrix(examples.matrix[split.test])
    probability = {MODEL: scores.probability}
    words = {MODEL: f"{fitted.boosted.words}, {calibrator}"}
    for baseline in fit_baselines(
        examples.matrix,
        examples.y,
        examples.columns,
        fit=split.fit,
        test=split.test,
        folds=split.folds,
    ):
        probability[baseline.name] = baseline.probability
        words[baseline.name] = baseline.words
    if not why_no_health_score(examples):
        probability[HEALTH_SCORE] = _as_probability(examples.table, examples.y, split)
        words[HEALTH_SCORE] = "weighed by hand; its scale to probability is fitted"
    return Step(origin=origin, probability=probability, words=words)


def _as_probability(table: pa.Table, y: Floats, split: Split) -> Floats:
    """Return the health score of the test rows as a probability, by a logistic curve in it alone.

    The weights stay as they are; only the scale is fitted, since log-loss asks for probabilities.
    """
    score = health_score(table)[:, np.newaxis]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    model.fit(score[split.fit], y[split.fit])
    return np.asarray(model.predict_proba(score[split.test])[:, 1], dtype=np.float64)
