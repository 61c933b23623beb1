"""Inductive Venn-Abers prediction on held-out margins, as a strictly rising map of the margin.

For a new margin s the labels are fitted by isotonic regression twice, with (s, 0) and with (s, 1)
added; p0 and p1 are the fits at s, and p1 / (1 - p0 + p1) minimises the greatest regret in log-loss
(Vovk and Petej, 2014, "Venn-Abers predictors", UAI; Vovk, Petej and Fedorova, 2015, NIPS 28). Both
fits are steps; a map of steps would tie margins that the model tells apart, so the log-odds of
neighbouring steps are joined by straight lines between their centres.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from scoring.calibration import Calibrator

Floats = npt.NDArray[np.float64]

# Margins are pooled into so many groups of equally many rows before the fits. Any function of the
# score is as valid a score, and more steps than this are noise on tables of our size.
MOST_GROUPS = 80
# Steps nearer than this, in log-odds, are one.
SAME = 1e-6


def fit_venn_abers(margin: Floats, y: Floats) -> Calibrator:
    """Fit the map on margins (n,) and labels (n,) that the model never saw."""
    centre, hits, size = pooled(margin, y)
    p0, p1 = venn_abers(hits, size)
    probability = p1 / (1.0 - p0 + p1)
    logit = np.log(probability / (1.0 - probability))
    return Calibrator(kind="venn_abers", knots=_knots(centre, logit, size))


def pooled(margin: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean margin, events and rows of at most `MOST_GROUPS` groups, in rising order.

    Rows of the same margin are never parted.
    """
    order = np.argsort(margin, kind="stable")
    ordered = margin[order]
    wanted = np.arange(len(y)) * min(MOST_GROUPS, len(y)) // len(y)
    first = np.searchsorted(ordered, ordered, side="left")
    starts = np.flatnonzero(np.r_[True, np.diff(wanted[first]) != 0])
    size = np.diff(np.r_[starts, len(y)]).astype(np.float64)
    return (
        np.add.reduceat(ordered, starts) / size,
        np.add.reduceat(y[order], starts),
        size,
    )


def venn_abers(hits: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Return p0 and p1 for a new row in each group (g,): p0 < p1, both non-decreasing."""
    p0, p1 = np.empty(len(hits)), np.empty(len(hits))
    for group in range(len(hits)):
        grown = size.copy()
        grown[group] += 1
        more = hits.copy()
        p0[group] = isotonic_regression(more / grown, weights=grown).x[group]
        more[group] += 1
        p1[group] = isotonic_regression(more / grown, weights=grown).x[group]
    return p0, p1


def _knots(centre: Floats, logit: Floats, size: Floats) -> tuple[tuple[float, float], ...]:
    """Return one knot per step: the mean margin of its rows and its log-odds."""
    starts = np.flatnonzero(np.r_[True, np.diff(logit) > SAME])
    rows = np.add.reduceat(size, starts)
    margin = np.add.reduceat(centre * size, starts) / rows
    height = np.add.reduceat(logit * size, starts) / rows
    return tuple(zip(margin.tolist(), height.tolist(), strict=True))
