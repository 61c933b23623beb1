"""How well one column, or one score, ranks events before the others.

Shared by the one-line rule and the leakage check; no model is fitted here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from scoring.manifest import Column

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

SMOOTHING = 20.0


def single_column_scores(values: Floats, y: Floats, column: Column, *, fit: Rows) -> Floats:
    """Turn one column (n,) into one number per row, using the labels of the fit rows only.

    A number stays itself with the median for missing; a category becomes its smoothed event rate.
    """
    if column.kind == "number":
        known = values[fit][~np.isnan(values[fit])]
        middle = float(np.median(known)) if known.size else 0.0
        return np.where(np.isnan(values), middle, values)
    codes = np.where(np.isnan(values), len(column.levels), values).astype(int)
    size = len(column.levels) + 1
    events = np.bincount(codes[fit], weights=y[fit], minlength=size)
    counts = np.bincount(codes[fit], minlength=size)
    rates = (events + SMOOTHING * y[fit].mean()) / (counts + SMOOTHING)
    return np.asarray(rates[codes], dtype=np.float64)


def auc(y: Floats, score: Floats) -> float:
    """Return the area under the ROC curve; 0.5 when a class is absent."""
    n_events = y.sum()
    n_others = len(y) - n_events
    if not n_events or not n_others:
        return 0.5
    ranks = rankdata(score)
    return float((ranks[y == 1].sum() - n_events * (n_events + 1) / 2) / (n_events * n_others))
