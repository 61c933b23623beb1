"""Tries one shape of the menu: fitted on every fold together, so that one number of trees fits all.

Where each fold stopped for itself, those that overfit first would have no say in how many trees
the refit gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from scoring.booster import Booster, margins
from training.measures.metrics import row_log_loss
from training.models.menu import Shape
from training.models.trees import Kit, first_trees, grow
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]

MAX_TREES = 1_000


@dataclass(frozen=True)
class Tried:
    """One shape, tried on every fold, with its trees and the log-odds of all checked rows."""

    shape: Shape
    loss: float
    n_trees: int
    margin: Floats
    boosters: tuple[Booster, ...]

    def row_losses(self, y: Floats, folds: Sequence[Fold]) -> Floats:
        """Return the log-loss of all checked rows."""
        return row_log_loss(np.concatenate([y[fold.check] for fold in folds]), expit(self.margin))


def try_shape(kits: Sequence[Kit], shape: Shape, folds: Sequence[Fold]) -> Tried:
    """Fit a shape on every fold, tree by tree together, until their pooled loss stops falling.

    Parameters
    ----------
    kits : sequence of Kit
        One per fold: each may start from log-odds of its own.
    shape : Shape
    folds : sequence of Fold
    """
    boosters = [kit.begin(shape, fold) for kit, fold in zip(kits, folds, strict=True)]
    sizes = [len(fold.check) for fold in folds]
    n_trees, lowest = 0, float("inf")
    for number in range(1, MAX_TREES + 1):
        pooled = float(np.average([grow(booster) for booster in boosters], weights=sizes))
        if pooled < lowest:
            n_trees, lowest = number, pooled
        elif number - n_trees >= shape.patience:
            break
    cut = [first_trees(booster, n_trees) for booster in boosters]
    margin = np.concatenate(
        [_margin(*each) for each in zip(kits, cut, [f.check for f in folds], strict=True)]
    )
    return Tried(shape, loss=lowest, n_trees=n_trees, margin=margin, boosters=tuple(cut))


def _margin(kit: Kit, booster: Booster, rows: npt.NDArray[np.intp]) -> Floats:
    """Return the log-odds of some rows: what the trees add to what they started from."""
    added = margins([booster], kit.matrix[rows])
    return added if kit.offset is None else kit.offset[rows] + added
