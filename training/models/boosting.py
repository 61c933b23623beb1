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
from training.models.menu import Shape, menu, parameters
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]

MAX_TREES = 1_000
PATIENCE = 60


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
class _Tried:
    """One shape, tried on every fold."""

    shape: Shape
    loss: float
    n_trees: int
    boosters: tuple[Booster, ...]


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
    kit = _Kit(matrix, y, tuple(columns), seed, offset)
    tried = [_try_shape(kit, shape, folds) for shape in shapes or menu(overlap)]
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


def refit(
    matrix: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    chosen: Boosted,
    n_fit: int,
    seed: int,
) -> str:
    """Fit the chosen shape on every row and return its text, with as many more trees as rows.

    Parameters
    ----------
    matrix, y, columns
        As for `boost`, all rows of them to fit on.
    chosen : Boosted
        Fitted on `n_fit` of the rows.
    n_fit : int
    seed : int
    """
    kit = _Kit(matrix, y, tuple(columns), seed)
    n_trees = min(MAX_TREES, round(chosen.n_trees * len(y) / n_fit))
    fitted = kit.train(chosen.shape, np.arange(len(y)), n_trees=n_trees)
    return str(fitted.model_to_string(num_iteration=n_trees))


@dataclass(frozen=True)
class _Kit:
    """What every fit of one training has in common."""

    matrix: Floats
    y: Floats
    columns: tuple[Column, ...]
    seed: int
    offset: Floats | None = None

    def parameters(self, shape: Shape, *, n_rows: int) -> dict[str, Any]:
        """Return LightGBM's parameters for a shape."""
        return parameters(shape, n_rows=n_rows, seed=self.seed)

    def rows(self, rows: npt.NDArray[np.intp], reference: Any = None) -> Any:
        """Return LightGBM's dataset of some rows."""
        return lightgbm.Dataset(
            self.matrix[rows],
            label=self.y[rows],
            init_score=None if self.offset is None else self.offset[rows],
            feature_name=[f"f{position}" for position in range(len(self.columns))],
            categorical_feature=[
                position for position, c in enumerate(self.columns) if c.kind == "category"
            ],
            reference=reference,
            params={"verbosity": -1, "min_data_in_bin": 3},
            free_raw_data=False,
        )

    def train(self, shape: Shape, rows: npt.NDArray[np.intp], *, n_trees: int) -> Booster:
        """Fit a given number of trees."""
        params = self.parameters(shape, n_rows=len(rows))
        return lightgbm.train(params, self.rows(rows), num_boost_round=n_trees)


def _try_shape(kit: _Kit, shape: Shape, folds: Sequence[Fold]) -> _Tried:
    """Fit a shape on every fold; the number of trees is where the pooled loss is lowest."""
    curves, boosters = [], []
    for fold in folds:
        booster, curve = _fit_fold(kit, shape, fold)
        boosters.append(booster)
        curves.append(curve)
    n_trees, loss = _lowest(curves, [len(fold.check) for fold in folds])
    cut = tuple(_first_trees(booster, n_trees) for booster in boosters)
    return _Tried(shape=shape, loss=loss, n_trees=n_trees, boosters=cut)


def _out_of_fold(tried: _Tried, folds: Sequence[Fold], matrix: Floats) -> Floats:
    """Return the log-odds of all checked rows, each from the model that never saw it."""
    asked = zip(tried.boosters, folds, strict=True)
    return np.concatenate([margins([booster], matrix[fold.check]) for booster, fold in asked])


def _fit_fold(kit: _Kit, shape: Shape, fold: Fold) -> tuple[Booster, Floats]:
    """Fit one fold until its checked loss stops falling; return the booster and its loss curve."""
    learn = kit.rows(fold.learn)
    recorded: dict[str, dict[str, list[float]]] = {}
    booster = lightgbm.train(
        kit.parameters(shape, n_rows=len(fold.learn)),
        learn,
        num_boost_round=MAX_TREES,
        valid_sets=[kit.rows(fold.check, reference=learn)],
        valid_names=["check"],
        callbacks=[
            lightgbm.early_stopping(PATIENCE, verbose=False),
            lightgbm.record_evaluation(recorded),
        ],
    )
    return booster, np.asarray(recorded["check"]["binary_logloss"])


def _lowest(curves: Sequence[Floats], sizes: Sequence[int]) -> tuple[int, float]:
    """Return trees and loss at the lowest point of the pooled curve.

    A fold that stopped early keeps its last loss: it had stopped falling there.
    """
    length = max(len(curve) for curve in curves)
    held = np.stack([np.pad(curve, (0, length - len(curve)), mode="edge") for curve in curves])
    pooled = np.average(held, axis=0, weights=sizes)
    index = int(np.argmin(pooled))
    return index + 1, float(pooled[index])


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
