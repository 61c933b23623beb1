"""Metrics of probabilities against labels, with 95 % intervals that resample entities.

Every metric takes weights (draws, n): the point estimate is one draw of ones, a bootstrap draw
counts how often each row's entity was drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

N_DRAWS = 300
N_BINS = 10
CLIP = 1e-12
# Cells of a block of draws that are worked on at once: bounds memory at any table size.
BLOCK_CELLS = 2_000_000


def measure(
    y: Floats, probability: Floats, *, entity: npt.NDArray[np.str_], seed: int = 0
) -> dict[str, float]:
    """Return each metric with `<name>_low` and `<name>_high`.

    Parameters
    ----------
    y, probability : ndarray (n,)
    entity : ndarray (n,)
        Rows of the same entity are drawn together (block bootstrap).
    seed : int
    """
    points = weighted_metrics(y, probability, np.ones((1, len(y))))
    parts = [weighted_metrics(y, probability, block) for block in draw_weights(entity, seed=seed)]
    result: dict[str, float] = {}
    for name, point in points.items():
        low, high = interval(np.concatenate([part[name] for part in parts]))
        result |= {name: float(point[0]), f"{name}_low": low, f"{name}_high": high}
    return result


def draw_weights(
    entity: npt.NDArray[np.str_], *, seed: int, n_draws: int = N_DRAWS
) -> Iterator[Floats]:
    """Yield blocks of weights (draws, n): how often the entity of each row was drawn."""
    _, position = np.unique(entity, return_inverse=True)
    n_entities = int(position.max()) + 1
    random = np.random.default_rng(seed)
    size = max(1, BLOCK_CELLS // len(entity))
    for start in range(0, n_draws, size):
        shape = (min(size, n_draws - start), n_entities)
        drawn = random.integers(0, n_entities, size=shape)
        counts = np.stack([np.bincount(row, minlength=n_entities) for row in drawn])
        yield counts[:, position].astype(np.float64)


def interval(draws: Floats) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles of the draws that exist."""
    known = draws[~np.isnan(draws)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def row_log_loss(y: Floats, probability: Floats) -> Floats:
    """Return −ln of the probability given to what happened, (n,)."""
    clipped = np.clip(probability, CLIP, 1 - CLIP)
    return -np.where(y == 1, np.log(clipped), np.log1p(-clipped))


def weighted_metrics(y: Floats, probability: Floats, weights: Floats) -> dict[str, Floats]:
    """Return each metric as (draws,) for weights (draws, n)."""
    total = weights.sum(axis=1)
    n_events = weights @ y
    roc_auc, pr_auc, lift = _ranking(y, probability, weights)
    return {
        "log_loss": weights @ row_log_loss(y, probability) / total,
        "roc_auc": roc_auc,
        "pr_auc": pr_auc,
        "brier": weights @ (probability - y) ** 2 / total,
        "ece": expected_calibration_error(y, probability, weights),
        "lift_10": lift,
        "base_rate": n_events / total,
        "n": total,
        "n_events": n_events,
    }


def _ranking(y: Floats, probability: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return ROC-AUC, average precision and lift of the top tenth; ties share their threshold."""
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    hits = np.add.reduceat(weights[:, order] * y[order], starts, axis=1)
    misses = np.add.reduceat(weights[:, order] * (1 - y[order]), starts, axis=1)
    found, wrong = hits.cumsum(axis=1), misses.cumsum(axis=1)
    n_hits, n_misses = found[:, -1], wrong[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        below = n_misses[:, np.newaxis] - wrong + misses / 2
        roc_auc = (hits * below).sum(axis=1) / (n_hits * n_misses)
        precision = np.where(found + wrong > 0, found / (found + wrong), 0.0)
        pr_auc = (hits * precision).sum(axis=1) / n_hits
        lift = _lift(found, found + wrong, share=0.1)
    return roc_auc, pr_auc, lift


def _lift(found: Floats, taken: Floats, *, share: float) -> Floats:
    """Return the share of events in the top `share` of rows over that share; ties are split."""
    lift = np.empty(len(found))
    for draw, (hits, rows) in enumerate(zip(found, taken, strict=True)):
        at = np.interp(share * rows[-1], np.r_[0.0, rows], np.r_[0.0, hits])
        lift[draw] = at / hits[-1] / share if hits[-1] else np.nan
    return lift


def expected_calibration_error(y: Floats, probability: Floats, weights: Floats) -> Floats:
    """Return the expected calibration error over ten bins of equally many rows."""
    edges = np.quantile(probability, np.linspace(0, 1, N_BINS + 1)[1:-1])
    bins = np.searchsorted(edges, probability, side="right")
    error = np.zeros(len(weights))
    for number in range(N_BINS):
        rows = bins == number
        error += np.abs(weights[:, rows] @ (probability[rows] - y[rows]))
    return np.asarray(error / weights.sum(axis=1), dtype=np.float64)


def paired_log_loss(
    y: Floats,
    ours: Floats,
    theirs: Floats,
    *,
    entity: npt.NDArray[np.str_],
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return our log-loss minus theirs on the same rows, with its interval; negative is better."""
    difference = row_log_loss(y, ours) - row_log_loss(y, theirs)
    blocks = draw_weights(entity, seed=seed)
    draws = np.concatenate([block @ difference / block.sum(axis=1) for block in blocks])
    low, high = interval(draws)
    return float(difference.mean()), low, high
