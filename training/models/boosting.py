"""Fits LightGBM by a recipe for small data: a menu of shallow, strongly regularised shapes.

Shape and number of trees are chosen by the pooled log-loss of inner folds, then one refit on all
fit rows. No class weights: they spoil probabilities. The only door to fitting LightGBM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.special import expit

from scoring.booster import Booster, margins
from scoring.manifest import Column
from training.measures.metrics import row_log_loss
from training.models.choosing import simplest_of_the_best
from training.models.menu import BINNING, Shape, menu, parameters
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]

MAX_TREES = 1_000


@dataclass(frozen=True)
class Boosted:
    """A fitted model and how it was chosen.

    Attributes
    ----------
    text : str
        LightGBM's text format.
    shape : Shape
    n_trees : int
    checked : ndarray of positions
        Rows of all checked blocks, in fold order.
    margin : ndarray, as long as `checked`
        Out-of-fold log-odds of those rows, from models that never saw them.
    losses : dict
        Pooled out-of-fold log-loss of every shape on the menu, by its name.
    """

    text: str
    shape: Shape
    n_trees: int
    checked: npt.NDArray[np.intp]
    margin: Floats
    losses: dict[str, float]


@dataclass(frozen=True)
class Tried:
    """One shape, tried on every fold."""

    shape: Shape
    loss: float
    n_trees: int
    boosters: tuple[Booster, ...]

    def row_losses(self, matrix: Floats, y: Floats, folds: Sequence[Fold]) -> Floats:
        """Return the log-loss of all checked rows."""
        margin = _out_of_fold(self, folds, matrix)
        return row_log_loss(np.concatenate([y[fold.check] for fold in folds]), expit(margin))


def boost(
    matrix: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    fit: npt.NDArray[np.intp],
    folds: Sequence[Fold],
    overlap: float,
    seed: int,
    shapes: Sequence[Shape] = (),
    offset: Floats | None = None,
) -> Boosted:
    """Choose a shape on the folds and refit it once on all fit rows.

    Parameters
    ----------
    matrix : ndarray (n, p)
    y : ndarray (n,)
    columns : sequence of Column
        Names and kinds of the p columns.
    fit : ndarray of positions
    folds : sequence of Fold
        Inside `fit`.
    overlap : float
        How many rows tell of the same event (>= 1), see `splits.overlap`.
    seed : int
    shapes : sequence of Shape
        What to try, the simplest first; by default the menu of this overlap.
    offset : ndarray (n,), optional
        Known log-odds that the trees start from; part of `margin`, never of `text`.
    """
    kit = Kit(matrix, y, tuple(columns), seed, offset)
    tried = [try_shape(kit, shape, folds) for shape in shapes or menu(overlap)]
    checked = np.concatenate([fold.check for fold in folds])
    start = 0.0 if offset is None else offset[checked]
    out_of_fold = [start + _out_of_fold(attempt, folds, matrix) for attempt in tried]
    losses = [row_log_loss(y[checked], expit(margin)) for margin in out_of_fold]
    position = simplest_of_the_best(losses, overlap=overlap)
    best = tried[position]
    n_trees = _grown(best.n_trees, folds, n_fit=len(fit))
    refit = kit.train(best.shape, fit, n_trees=n_trees)
    return Boosted(
        text=refit.model_to_string(num_iteration=n_trees),
        shape=best.shape,
        n_trees=n_trees,
        checked=checked,
        margin=out_of_fold[position],
        losses={attempt.shape.name: attempt.loss for attempt in tried},
    )


def fit_trees(
    matrix: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    chosen: Boosted,
    n_fit: int,
    rows: npt.NDArray[np.intp],
    seed: int,
    offset: Floats | None = None,
) -> str:
    """Fit the chosen shape on some rows and return its text, with trees in proportion to them.

    Parameters
    ----------
    matrix, y, columns, seed, offset
        As for `boost`.
    chosen : Boosted
        Fitted on `n_fit` rows.
    n_fit : int
    rows : ndarray of positions
    """
    kit = Kit(matrix, y, tuple(columns), seed, offset)
    n_trees = min(MAX_TREES, max(1, round(chosen.n_trees * len(rows) / n_fit)))
    fitted = kit.train(chosen.shape, rows, n_trees=n_trees)
    return str(fitted.model_to_string(num_iteration=n_trees))


def column_names(columns: Sequence[Column]) -> dict[str, Any]:
    """Return how LightGBM is to name the columns, and which are categories."""
    return {
        "feature_name": [f"f{position}" for position in range(len(columns))],
        "categorical_feature": [
            position for position, column in enumerate(columns) if column.kind == "category"
        ],
    }


@dataclass(frozen=True)
class Kit:
    """What every fit of one training has in common."""

    matrix: Floats
    y: Floats
    columns: tuple[Column, ...]
    seed: int
    offset: Floats | None = None
    bins: Any = None

    def parameters(self, shape: Shape, *, n_rows: int) -> dict[str, Any]:
        """Return LightGBM's parameters for a shape."""
        fixed = parameters(shape, n_rows=n_rows, seed=self.seed)
        return fixed if self.bins is None else fixed | BINNING

    def rows(self, rows: npt.NDArray[np.intp], reference: Any = None) -> Any:
        """Return LightGBM's dataset of some rows, of the bins of all when these are there."""
        if self.bins is not None:
            return self.bins.subset(np.sort(rows))
        return lightgbm.Dataset(
            self.matrix[rows],
            label=self.y[rows],
            init_score=None if self.offset is None else self.offset[rows],
            **column_names(self.columns),
            reference=reference,
            params={"verbosity": -1, "min_data_in_bin": 3},
            free_raw_data=False,
        )

    def begin(self, shape: Shape, fold: Fold) -> Booster:
        """Return a booster without a tree yet that learns from a fold and is checked on it."""
        learn = self.rows(fold.learn)
        booster = lightgbm.Booster(self.parameters(shape, n_rows=len(fold.learn)), learn)
        return booster.add_valid(self.rows(fold.check, reference=learn), "check")

    def train(self, shape: Shape, rows: npt.NDArray[np.intp], *, n_trees: int) -> Booster:
        """Fit a given number of trees."""
        params = self.parameters(shape, n_rows=len(rows))
        return lightgbm.train(params, self.rows(rows), num_boost_round=n_trees)


def try_shape(kit: Kit, shape: Shape, folds: Sequence[Fold]) -> Tried:
    """Fit a shape on every fold, tree by tree together, until their pooled loss stops falling.

    Where each fold stopped for itself, those that overfit first would have no say in how many
    trees the refit gets.
    """
    boosters = [kit.begin(shape, fold) for fold in folds]
    sizes = [len(fold.check) for fold in folds]
    n_trees, lowest = 0, float("inf")
    for number in range(1, MAX_TREES + 1):
        pooled = float(np.average([_grow(booster) for booster in boosters], weights=sizes))
        if pooled < lowest:
            n_trees, lowest = number, pooled
        elif number - n_trees >= shape.patience:
            break
    cut = tuple(_first_trees(booster, n_trees) for booster in boosters)
    return Tried(shape=shape, loss=lowest, n_trees=n_trees, boosters=cut)


def _grow(booster: Booster) -> float:
    """Add a tree; return the loss on the checked rows."""
    booster.update()
    return float(booster.eval_valid()[0][2])


def _out_of_fold(tried: Tried, folds: Sequence[Fold], matrix: Floats) -> Floats:
    """Return the log-odds of all checked rows, each from the model that never saw it."""
    asked = zip(tried.boosters, folds, strict=True)
    return np.concatenate([margins([booster], matrix[fold.check]) for booster, fold in asked])


def _grown(n_trees: int, folds: Sequence[Fold], *, n_fit: int) -> int:
    """Return how many trees the refit gets: as many more as it has more rows than the folds had.

    Inner folds that walk forward in time learn from half the fit window or less; what such a little
    can bear is too little for the whole.
    """
    learnt_from = float(np.mean([len(fold.learn) for fold in folds]))
    return min(MAX_TREES, round(n_trees * n_fit / learnt_from))


def _first_trees(booster: Booster, n_trees: int) -> Booster:
    """Return the booster cut to its first trees."""
    return lightgbm.Booster(model_str=booster.model_to_string(num_iteration=n_trees))
