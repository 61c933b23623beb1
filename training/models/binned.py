"""Fits LightGBM on a large table: read once in batches into bins of one byte, never held as floats.

The bins are drawn on the table's sample. Every fit of one training is made on these same bins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from scoring.manifest import Column
from training.models.choosing import simplest_of_the_best
from training.models.menu import BINNING, Shape, parameters
from training.models.trees import Kit, column_names
from training.models.trying import Tried, try_shape
from training.tables.large import BATCH_ROWS, Flags
from training.tables.sample import Sampled
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

MOST_TREES = 600


def choose_shape(
    matrix: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    folds: Sequence[Fold],
    overlap: float,
    seed: int,
    shapes: Sequence[Shape],
) -> tuple[Shape, dict[str, float]]:
    """Choose a shape where rows are plenty: the deepest is tried first, and nothing is refitted.

    Losses fall and rise again once from simple to deep, so that nothing simpler is tried than the
    first that is clearly worse. Parameters are those of `boost`; losses are by the shape's name.
    """
    bins = lightgbm.Dataset(matrix, y, params=BINNING, **column_names(columns)).construct()
    kits = [Kit(matrix, y, tuple(columns), seed, bins=bins)] * len(folds)
    tried, losses, position = list[Tried](), list[Floats](), 0
    for shape in reversed(shapes):
        tried.insert(0, try_shape(kits, shape, folds))
        losses.insert(0, tried[0].row_losses(y, folds))
        position = simplest_of_the_best(losses, overlap=overlap)
        if position > 0:
            break
    return tried[position].shape, {attempt.shape.name: attempt.loss for attempt in tried}


class Binned:
    """A large table as LightGBM holds it on this machine.

    Parameters
    ----------
    sampled : Sampled
    n_threads : int
        0 for as many as OpenMP gives; the trees do not depend on it.
    """

    repeatable = True

    def __init__(self, sampled: Sampled, *, n_threads: int = 0) -> None:
        self.sampled = sampled
        self.n_threads = n_threads

    def fit_until(self, shape: Shape, rows: Flags, check: Rows, *, seed: int) -> tuple[str, int]:
        """Fit on some rows until the loss on some of the sample's stops falling.

        Parameters
        ----------
        shape : Shape
        rows : ndarray (n,)
            Of all rows that can be learnt from, those to fit on.
        check : ndarray of positions in the sample
        seed : int

        Returns
        -------
        text : str
            Of the trees up to the lowest loss.
        n_trees : int
        """
        examples = self.sampled.examples
        learn = self._all.subset(np.flatnonzero(rows))
        booster = lightgbm.train(
            self._parameters(shape, n_rows=int(rows.sum()), seed=seed),
            learn,
            num_boost_round=MOST_TREES,
            valid_sets=[self._dataset(examples.matrix[check], examples.y[check])],
            callbacks=[lightgbm.early_stopping(shape.patience, verbose=False)],
        )
        n_trees = int(booster.best_iteration)
        return str(booster.model_to_string(num_iteration=n_trees)), n_trees

    def fit(self, shape: Shape, *, n_trees: int, seed: int) -> str:
        """Fit a given number of trees on every row and return their text."""
        params = self._parameters(shape, n_rows=len(self.sampled.y), seed=seed)
        booster = lightgbm.train(params, self._all, num_boost_round=n_trees)
        return str(booster.model_to_string(num_iteration=n_trees))

    @cached_property
    def _bins(self) -> Any:
        """The bins of every column, drawn on the sample."""
        examples = self.sampled.examples
        return lightgbm.Dataset(
            examples.matrix, label=examples.y, params=BINNING, **column_names(examples.columns)
        ).construct()

    @cached_property
    def _all(self) -> Any:
        """Every row that can be learnt from, in bins."""
        made = self._dataset(_Batches(self.sampled), self.sampled.y)
        return made.construct()

    def _dataset(self, features: Any, y: Floats) -> Any:
        """Return a dataset of the same bins."""
        return lightgbm.Dataset(features, label=y, reference=self._bins, params=BINNING)

    def _parameters(self, shape: Shape, *, n_rows: int, seed: int) -> dict[str, Any]:
        """Return LightGBM's parameters for a shape and a number of rows to fit on."""
        fixed = parameters(shape, n_rows=n_rows, seed=seed)
        return fixed | BINNING | {"num_threads": self.n_threads}


class _Batches(lightgbm.Sequence):  # type: ignore[misc]  # LightGBM has no types
    """The matrix of every row, given out once and in order, a few rows at a time."""

    batch_size = BATCH_ROWS

    def __init__(self, sampled: Sampled) -> None:
        self._n_rows = len(sampled.y)
        self._coming: Iterator[Floats] = sampled.table.matrices(
            sampled.examples.columns, sampled.kept
        )
        self._rest = np.empty((0, len(sampled.examples.columns)))

    def __len__(self) -> int:
        return self._n_rows

    def __getitem__(self, rows: slice) -> Floats:
        n_asked = rows.stop - rows.start
        parts = [self._rest]
        while sum(map(len, parts)) < n_asked:
            parts.append(next(self._coming))
        found = np.concatenate(parts) if len(parts[0]) else np.concatenate(parts[1:])
        self._rest = found[n_asked:]
        return found[:n_asked]
