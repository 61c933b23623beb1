"""The calibration line: logistic regression of the label on the predicted log-odds (Cox, 1958).

All bootstrap draws at once: weights are (draws, n), answers (draws,).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float64]

N_STEPS = 12
# A Newton step is never longer than this: separated draws wander off slowly instead of overflowing.
LONGEST_STEP = 2.0
RIDGE = 1e-6
CONVERGED = 1e-7
# Cells worked on at once.
BLOCK_CELLS = 2_000_000


def calibration_lines(y: Floats, logit: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return slope, and the intercept of the line whose slope is held at 1.

    Parameters
    ----------
    y, logit : ndarray (n,)
        Labels and predicted log-odds.
    weights : ndarray (draws, n)

    Returns
    -------
    slope, intercept : ndarray (draws,)
        The slope is NaN when all predictions are the same.
    """
    size = max(1, BLOCK_CELLS // len(y))
    blocks = [weights[start : start + size] for start in range(0, len(weights), size)]
    slope = np.concatenate([_slope(y, logit, block) for block in blocks])
    intercept = np.concatenate([_intercept(y, logit, block) for block in blocks])
    return slope, intercept


def _slope(y: Floats, logit: Floats, weights: Floats) -> Floats:
    """Return the slopes of regressions with a free intercept."""
    if logit.std() < 1e-9:
        return np.full(len(weights), np.nan)
    x = logit - logit.mean()
    # From no slope at all: from 1, an overconfident model makes the first step miss by far.
    rate = np.clip(weights @ y / weights.sum(axis=1), 1e-6, 1 - 1e-6)
    start, slope = np.log(rate / (1 - rate)), np.zeros(len(weights))
    for _ in range(N_STEPS):
        mean = expit(start[:, np.newaxis] + slope[:, np.newaxis] * x)
        curvature = weights * mean * (1 - mean)
        error = weights * (y - mean)
        s0, s1 = curvature.sum(axis=1) + RIDGE, curvature @ x
        s2, g0, g1 = curvature @ x**2 + RIDGE, error.sum(axis=1), error @ x
        determinant = s0 * s2 - s1**2
        rise = _short((s0 * g1 - s1 * g0) / determinant)
        start, slope = start + _short((s2 * g0 - s1 * g1) / determinant), slope + rise
        if np.abs(rise).max() < CONVERGED:
            break
    return slope


def _intercept(y: Floats, logit: Floats, weights: Floats) -> Floats:
    """Return the intercepts of regressions whose slope is 1."""
    intercept = np.zeros(len(weights))
    for _ in range(N_STEPS):
        mean = expit(intercept[:, np.newaxis] + logit)
        error = (weights * (y - mean)).sum(axis=1)
        step = _short(error / ((weights * mean * (1 - mean)).sum(axis=1) + RIDGE))
        intercept = intercept + step
        if np.abs(step).max() < CONVERGED:
            break
    return intercept


def _short(step: Floats) -> Floats:
    """Return a step of bounded length."""
    return np.clip(step, -LONGEST_STEP, LONGEST_STEP)
