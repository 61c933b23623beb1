"""Fits LightGBM by a recipe for small data: a menu of shapes, most of them shallow and cautious.

Shapes and numbers of trees are chosen by the pooled log-loss of inner folds, then refitted once on
all fit rows and joined into one model. Some entries of the menu start from a straight line. No
class weights: they spoil probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from scoring.booster import Booster, margins
from scoring.manifest import Column
from training.models.blending import blend_weights
from training.models.boosted import Boosted, Part
from training.models.choosing import simplest_of_the_best
from training.models.joining import join_texts
from training.models.menu import Shape, menu
from training.models.straight import choose_strength, fit_straight
from training.models.trees import Kit
from training.models.trying import MAX_TREES, Tried, try_shape
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]


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
    blend: bool = False,
) -> Boosted:
    """Choose a shape on the folds, or a blend of some, and refit it once on all fit rows.

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
    blend : bool
        Whether several shapes may have a part in the model, see `training.models.blending`.
    """
    kit = Kit(matrix, y, tuple(columns), seed, offset)
    offered = tuple(shapes) or menu(overlap, straight=offset is None, drawn=blend)
    strength = _strength(kit, offered, folds)
    tried = _try_all(kit, offered, folds, strength=strength)
    checked = np.concatenate([fold.check for fold in folds])
    losses = [attempt.row_losses(y, folds) for attempt in tried]
    simplest = _simplest(tried, losses, overlap=overlap)
    taken = _taken(tried, y[checked], simplest=simplest, blend=blend)
    parts = tuple(
        Part(attempt.shape, _grown(attempt.n_trees, folds, len(fit), growth), weight)
        for attempt, weight in taken
    )
    return Boosted(
        text=_fit(kit, parts, fit, strength=strength),
        parts=parts,
        checked=checked,
        margin=_weighed([attempt.margin for attempt, _ in taken], parts),
        losses={attempt.shape.name: attempt.loss for attempt in tried},
        strength=strength,
        of_folds=_of_folds(taken),
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
) -> tuple[str, tuple[Part, ...]]:
    """Fit what was chosen on some rows, with trees in proportion to them; return text and parts.

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
    parts = tuple(
        replace(part, n_trees=min(MAX_TREES, max(1, round(part.n_trees * len(rows) / n_fit))))
        for part in chosen.parts
    )
    return _fit(kit, parts, rows, strength=chosen.strength), parts


def _simplest(tried: Sequence[Tried], losses: Sequence[Floats], *, overlap: float) -> int:
    """Return the simplest of the best; one with drawn thresholds only ever adds to another."""
    settled = [k for k, attempt in enumerate(tried) if not attempt.shape.drawn]
    return settled[simplest_of_the_best([losses[k] for k in settled], overlap=overlap)]


def _taken(
    tried: Sequence[Tried], y: Floats, *, simplest: int, blend: bool
) -> list[tuple[Tried, float]]:
    """Return the shapes that have a part in the model and their weights, the heaviest first."""
    if not blend:
        return [(tried[simplest], 1.0)]
    weights = blend_weights([attempt.margin for attempt in tried], y, simplest=simplest)
    taken = [(tried[k], float(weights[k])) for k in range(len(tried)) if weights[k] > 0]
    # Half of the weight is the simplest's: another may have as much.
    return sorted(taken, key=lambda each: (-each[1], each[0] is not tried[simplest]))


def _weighed(margins: Sequence[Floats], parts: Sequence[Part]) -> Floats:
    """Return the weighted sum of the parts' log-odds."""
    total = np.zeros(len(margins[0]))
    for part, margin in zip(parts, margins, strict=True):
        total += part.weight * margin
    return total


def _of_folds(taken: Sequence[tuple[Tried, float]]) -> tuple[tuple[str, ...], ...]:
    """Return the trees of each fold, a text of each part."""
    return tuple(
        tuple(str(booster.model_to_string()) for booster in boosters)
        for boosters in zip(*(attempt.boosters for attempt, _ in taken), strict=True)
    )


def _strength(kit: Kit, shapes: Sequence[Shape], folds: Sequence[Fold]) -> float | None:
    """Return the strength of the straight line where a shape starts from one."""
    if not any(shape.straight for shape in shapes):
        return None
    return choose_strength(kit.matrix, kit.y, kit.columns, folds)


def _fit(
    kit: Kit, parts: Sequence[Part], rows: npt.NDArray[np.intp], *, strength: float | None
) -> str:
    """Fit every part, from a straight line where its shape asks for one; return one text."""
    weights = [part.weight for part in parts]
    begun = sum(part.weight for part in parts if part.shape.straight)
    line = _line(kit, rows, strength) if strength is not None and begun else None
    fitted = [
        kit.train(
            part.shape, rows, n_trees=part.n_trees, start=line if part.shape.straight else None
        )
        for part in parts
    ]
    if line is None or len(parts) == 1:
        return join_texts([str(booster.model_to_string()) for booster in fitted], weights)
    # The line's trees stand once, however many parts start from it.
    own = [
        str(booster.model_to_string(start_iteration=line.num_trees() if part.shape.straight else 0))
        for booster, part in zip(fitted, parts, strict=True)
    ]
    return join_texts([*own, str(line.model_to_string())], [*weights, begun])


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


def _grown(n_trees: int, folds: Sequence[Fold], n_fit: int, growth: float) -> int:
    """Return how many trees the refit gets: more than the folds, by a power of its more rows.

    Inner folds that walk forward in time learn from half the fit window or less; what such a little
    can bear is too little for the whole.
    """
    learnt_from = float(np.mean([len(fold.learn) for fold in folds]))
    return min(MAX_TREES, round(n_trees * math.pow(n_fit / learnt_from, growth)))
