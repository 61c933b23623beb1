"""Fits LightGBM by a recipe for small data: a menu of shallow, strongly regularised shapes.

Shape and number of trees are chosen by the pooled log-loss of inner folds, then one refit on all
fit rows. Some entries of the menu start from a straight line. No class weights: they spoil
probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from scoring.booster import Booster, margins
from scoring.manifest import Column
from training.measures.metrics import row_log_loss
from training.models.choosing import simplest_of_the_best
from training.models.menu import Shape, menu
from training.models.straight import choose_strength, fit_straight
from training.models.trees import Kit, first_trees, grow
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
        Without those that the straight line is written in.
    checked : ndarray of positions
        Rows of all checked blocks, in fold order.
    margin : ndarray, as long as `checked`
        Out-of-fold log-odds of those rows, from models that never saw them.
    losses : dict
        Pooled out-of-fold log-loss of every shape on the menu, by its name.
    strength : float or None
        Inverse penalty of the straight line that the shape starts from.
    folds : tuple of str
        The trees that `margin` is from, a text per fold; without the straight line.
    """

    text: str
    shape: Shape
    n_trees: int
    checked: npt.NDArray[np.intp]
    margin: Floats
    losses: dict[str, float]
    strength: float | None = None
    folds: tuple[str, ...] = ()


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
    growth: float = 1.0,
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
    growth : float
        The refit gets more trees than the folds, as it has more rows, to this power.
    """
    kit = Kit(matrix, y, tuple(columns), seed, offset)
    offered = tuple(shapes) or menu(overlap, straight=offset is None)
    strength = _strength(kit, offered, folds)
    tried = _try_all(kit, offered, folds, strength=strength)
    checked = np.concatenate([fold.check for fold in folds])
    losses = [attempt.row_losses(y, folds) for attempt in tried]
    best = tried[simplest_of_the_best(losses, overlap=overlap)]
    n_trees = _grown(best.n_trees, folds, n_fit=len(fit), growth=growth)
    return Boosted(
        text=_fit(kit, best.shape, fit, n_trees=n_trees, strength=strength),
        shape=best.shape,
        n_trees=n_trees,
        checked=checked,
        margin=best.margin,
        losses={attempt.shape.name: attempt.loss for attempt in tried},
        strength=strength,
        folds=tuple(str(booster.model_to_string()) for booster in best.boosters),
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
    return _fit(kit, chosen.shape, rows, n_trees=n_trees, strength=chosen.strength)


def _strength(kit: Kit, shapes: Sequence[Shape], folds: Sequence[Fold]) -> float | None:
    """Return the strength of the straight line where a shape starts from one."""
    if not any(shape.straight for shape in shapes):
        return None
    return choose_strength(kit.matrix, kit.y, kit.columns, folds)


def _fit(
    kit: Kit, shape: Shape, rows: npt.NDArray[np.intp], *, n_trees: int, strength: float | None
) -> str:
    """Fit a number of trees, from a straight line where the shape asks for one; return the text."""
    start = _line(kit, rows, strength) if shape.straight and strength is not None else None
    return str(kit.train(shape, rows, n_trees=n_trees, start=start).model_to_string())


def _line(kit: Kit, rows: npt.NDArray[np.intp], strength: float) -> Booster:
    """Return the straight line of some rows, as trees."""
    line = fit_straight(kit.matrix, kit.y, kit.columns, rows=rows, strength=strength)
    return kit.staircase(line)


def _try_all(
    kit: Kit, shapes: Sequence[Shape], folds: Sequence[Fold], *, strength: float | None
) -> list[Tried]:
    """Try every shape, each from where it starts."""
    plain = [kit] * len(folds)
    if strength is None:
        return [try_shape(plain, shape, folds) for shape in shapes]
    lines = [_line(kit, fold.learn, strength) for fold in folds]
    begun = [replace(kit, offset=margins([line], kit.matrix)) for line in lines]
    return [try_shape(begun if shape.straight else plain, shape, folds) for shape in shapes]


def try_shape(kits: Sequence[Kit], shape: Shape, folds: Sequence[Fold]) -> Tried:
    """Fit a shape on every fold, tree by tree together, until their pooled loss stops falling.

    Where each fold stopped for itself, those that overfit first would have no say in how many
    trees the refit gets.
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


def _grown(n_trees: int, folds: Sequence[Fold], *, n_fit: int, growth: float) -> int:
    """Return how many trees the refit gets: more than the folds, by a power of its more rows.

    Inner folds that walk forward in time learn from half the fit window or less; what such a little
    can bear is too little for the whole.
    """
    learnt_from = float(np.mean([len(fold.learn) for fold in folds]))
    return min(MAX_TREES, round(n_trees * math.pow(n_fit / learnt_from, growth)))
