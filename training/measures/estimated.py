"""What a model's figures will be before any label is known, from its calibrated probabilities.

Where the probabilities hold, a row is an event with its own probability: the expected Brier score
is mean p (1 − p), the expected log-loss the mean entropy, the expected ROC-AUC that of weighted
pairs. Who comes in may change (covariate shift); what the columns mean for the outcome may not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.measures.metrics import CLIP, draw_weights, interval, row_log_loss
from training.measures.ranking import auc

Floats = npt.NDArray[np.float64]

N_DRAWS = 200


@dataclass(frozen=True)
class Estimate:
    """One expected figure, and where 95 % of the realised ones should lie."""

    name: str
    expected: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Return the figure under its name, with `_low` and `_high`."""
        ends = {f"{self.name}_low": self.low, f"{self.name}_high": self.high}
        return {self.name: self.expected} | ends


def estimate(
    probability: Floats, *, entity: npt.NDArray[np.str_], seed: int = 0
) -> dict[str, Estimate]:
    """Return the expected `base_rate`, `brier`, `log_loss` and `roc_auc` of rows without labels.

    Parameters
    ----------
    probability : ndarray (n,)
        Calibrated.
    entity : ndarray (n,)
        Rows of one entity are drawn together, and share their luck: they tell of the same event.
    seed : int
    """
    expected = {
        "base_rate": float(probability.mean()),
        "brier": float((probability * (1 - probability)).mean()),
        "log_loss": float(_entropy(probability).mean()),
        "roc_auc": expected_auc(probability),
    }
    drawn = _realised(probability, entity, seed=seed)
    return {
        name: Estimate(name, figure, *interval(drawn[name])) for name, figure in expected.items()
    }


def _entropy(probability: Floats) -> Floats:
    """Return the expected −ln of the probability given to what will happen, (n,)."""
    p = np.clip(probability, CLIP, 1 - CLIP)
    return -p * np.log(p) - (1 - p) * np.log1p(-p)


def expected_auc(probability: Floats) -> float:
    """Return the expected share of pairs, an event and another, that the probability orders right.

    A row is no pair with itself; ties count half.
    """
    values, position = np.unique(probability, return_inverse=True)
    events = np.bincount(position, weights=probability)
    others = np.bincount(position, weights=1 - probability)
    alone = np.bincount(position, weights=probability * (1 - probability))
    below = others.cumsum() - others
    right = float((events * (below + others / 2)).sum() - alone.sum() / 2)
    pairs = float(events.sum() * others.sum() - alone.sum())
    return right / pairs if len(values) > 1 and pairs > 0 else 0.5


def _realised(probability: Floats, entity: npt.NDArray[np.str_], *, seed: int) -> dict[str, Floats]:
    """Return each figure for drawn entities with drawn labels, (draws,) each."""
    _, owner = np.unique(entity, return_inverse=True)
    random = np.random.default_rng(seed)
    found: dict[str, list[float]] = {"base_rate": [], "brier": [], "log_loss": [], "roc_auc": []}
    for block in draw_weights(entity, seed=seed, n_draws=N_DRAWS):
        for weight in block.astype(np.intp):
            rows = np.repeat(np.arange(len(weight)), weight)
            y = (random.random(owner.max() + 1)[owner] < probability).astype(np.float64)
            p, label = probability[rows], y[rows]
            found["base_rate"].append(float(label.mean()))
            found["brier"].append(float(((p - label) ** 2).mean()))
            found["log_loss"].append(float(row_log_loss(label, p).mean()))
            found["roc_auc"].append(auc(label, p) if 0 < label.sum() < len(label) else np.nan)
    return {name: np.array(figures) for name, figures in found.items()}
