"""Chooses and fits the calibrator on margins the model never fitted.

Candidates are compared by cross-fitted log-loss over entities; none wins unless another is better
by a margin, because a calibrator fitted on few events costs more than it gives. Venn-Abers, which
follows any shape, must be better than the best of the others beyond chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from scoring.calibration import Calibrator, Kind
from training.errors import NotEnoughError
from training.measures.metrics import row_log_loss
from training.models.venn_abers import fit_venn_abers
from training.tables.splits import entity_share

Floats = npt.NDArray[np.float64]

KINDS: tuple[Kind, ...] = ("none", "platt", "beta", "venn_abers")
MARGIN_FOR_NONE = 0.0005
# In standard errors over entities: a map as free as Venn-Abers must be better beyond chance. Within
# it, its gain out of fold was a loss at the next origins of the CRM panel (0.2129 for 0.2081).
ERRORS_FOR_FREEDOM = 2.0
N_FOLDS = 5
# Pulls the slopes towards 1: as strong as a handful of events, so that 20 churns do not bend it.
PENALTY = 1.0


def choose_calibrator(
    margin: Floats, y: Floats, *, entity: npt.NDArray[np.str_], kinds: Sequence[Kind] = KINDS
) -> tuple[Calibrator, dict[Kind, float]]:
    """Choose the calibrator of pooled out-of-fold margins.

    Parameters
    ----------
    margin, y : ndarray (n,)
    entity : ndarray (n,)
        Rows of one entity are in one fold.

    Returns
    -------
    calibrator : Calibrator
        Fitted on all rows.
    losses : dict
        Cross-fitted log-loss of each candidate.

    Raises
    ------
    NotEnoughError
        When all rows would be in one fold.
    """
    fold = (entity_share(entity, salt="calibrate") * N_FOLDS).astype(int)
    if "venn_abers" in kinds and len(np.unique(fold)) < 2:
        raise NotEnoughError(
            f"not enough entities yet to calibrate on: {len(np.unique(entity))} cannot be told "
            "apart into two groups; more accounts are needed"
        )
    losses = {kind: _cross_fitted_loss(kind, margin, y, fold) for kind in kinds}
    means = {kind: float(loss.mean()) for kind, loss in losses.items()}
    smooth = [kind for kind in kinds if kind != "venn_abers"]
    best: Kind = min(smooth, key=lambda kind: means[kind] - MARGIN_FOR_NONE * (kind == "none"))
    if "venn_abers" in kinds:
        gain = losses[best] - losses["venn_abers"]
        if gain.mean() > ERRORS_FOR_FREEDOM * _standard_error(gain, entity):
            best = "venn_abers"
    return fit_calibrator(best, margin, y), means


def _cross_fitted_loss(kind: Kind, margin: Floats, y: Floats, fold: npt.NDArray[np.int_]) -> Floats:
    """Return the log-loss of each row (n,) under a calibrator that was not fitted on it."""
    loss = np.empty(len(y))
    for number in np.unique(fold):
        out = fold == number
        calibrator = fit_calibrator(kind, margin[~out], y[~out])
        loss[out] = row_log_loss(y[out], calibrator.apply(margin[out]))
    return loss


def _standard_error(values: Floats, entity: npt.NDArray[np.str_]) -> float:
    """Return the standard error of the mean of rows (n,) that hang together by entity."""
    position = np.unique(entity, return_inverse=True)[1]
    sums = np.bincount(position, weights=values - values.mean())
    return float(np.sqrt(np.sum(sums**2)) / len(values))


def fit_calibrator(kind: Kind, margin: Floats, y: Floats) -> Calibrator:
    """Fit one kind of calibrator: Platt and beta by penalised maximum likelihood."""
    if kind == "none":
        return Calibrator()
    if kind == "venn_abers":
        return fit_venn_abers(margin, y)
    design = _design(kind, margin)
    start = np.ones(design.shape[1])
    start[-1] = 0.0
    bounds = [(1e-3, 10.0)] * (design.shape[1] - 1) + [(-20.0, 20.0)]
    found = minimize(_loss_and_slope, start, args=(design, y), jac=True, bounds=bounds)
    *slopes, shift = (float(value) for value in found.x)
    a, b = (slopes[0], slopes[-1])
    return Calibrator(kind=kind, a=a, b=b, c=shift)


def _design(kind: Kind, margin: Floats) -> Floats:
    """Return the columns whose weighted sum is the calibrated log-odds."""
    ones = np.ones_like(margin)
    if kind == "platt":
        return np.column_stack([margin, ones])
    return np.column_stack([-np.logaddexp(0.0, -margin), np.logaddexp(0.0, margin), ones])


def _loss_and_slope(weights: Floats, design: Floats, y: Floats) -> tuple[float, Floats]:
    """Return the penalised negative log-likelihood and its gradient."""
    logit = design @ weights
    away = np.append(weights[:-1] - 1.0, 0.0)
    loss = float(np.sum(np.logaddexp(0.0, logit) - y * logit) + PENALTY * away @ away)
    return loss, design.T @ (expit(logit) - y) + 2.0 * PENALTY * away
