"""LightGBM's text models, read and asked for margins; several seeds are averaged.

One thread by default: a service worker answers one request at a time, and rows are independent,
so that the number of threads never changes a bit.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # must be set before LightGBM starts OpenMP

import lightgbm
import numpy as np
import numpy.typing as npt

from scoring.errors import BundleError

Floats = npt.NDArray[np.float64]
Booster: TypeAlias = Any  # lightgbm.Booster, which has no types


def read_booster(text: str, *, n_columns: int) -> Booster:
    """Read one model from LightGBM's text format.

    Raises
    ------
    BundleError
        When LightGBM refuses the text or the model has another number of columns.
    """
    try:
        booster = lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise BundleError(f"LightGBM cannot read the model: {error}") from error
    if booster.num_feature() != n_columns:
        raise BundleError(
            f"the model has {booster.num_feature()} columns, its manifest {n_columns}: train again"
        )
    return booster


def margins(boosters: Sequence[Booster], matrix: Floats) -> Floats:
    """Return the log-odds (n,) of a matrix (n, p), averaged over the boosters."""
    return _mean([_predict(booster, matrix) for booster in boosters])


def contributions(boosters: Sequence[Booster], matrix: Floats) -> Floats:
    """Return exact TreeSHAP values (n, p + 1) in log-odds; the last column is the base value."""
    return _mean([_predict(booster, matrix, pred_contrib=True) for booster in boosters])


def _predict(booster: Booster, matrix: Floats, *, pred_contrib: bool = False) -> Floats:
    """Ask one booster; an empty matrix, which LightGBM refuses, has an empty answer."""
    if len(matrix) == 0:
        return np.empty((0, matrix.shape[1] + 1) if pred_contrib else (0,))
    asked = booster.predict(matrix, raw_score=True, pred_contrib=pred_contrib, num_threads=1)
    return np.asarray(asked, dtype=np.float64)


def _mean(parts: Sequence[Floats]) -> Floats:
    """Average in a fixed order, so that the bits do not depend on the batch."""
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total / len(parts)
