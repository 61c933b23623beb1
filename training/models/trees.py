"""Fits LightGBM's trees for one training; the only door to fitting it on tables held in memory.

Trees may start from a straight line, which is written as trees too: what a model says is then a sum
over trees like any other, and its reasons stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from scoring.booster import Booster
from scoring.manifest import Column
from training.models.menu import BINNING, Shape, parameters
from training.models.straight import Straight
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# Steps of a staircase; a column that varies less than this share of the strongest has none.
N_STEPS = 32
FAINT = 0.01
# One tree is fitted to known values without noise: nothing has to be held back.
STAIRCASE = {
    "objective": "regression", "boost_from_average": False, "learning_rate": 1.0,
    "num_leaves": N_STEPS, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0.0,
    "lambda_l2": 0.0, "cat_l2": 0.0, "cat_smooth": 0.0, "max_cat_to_onehot": 256,
    "deterministic": True, "force_col_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Kit:
    """What every fit of one training has in common.

    Attributes
    ----------
    matrix : ndarray (n, p)
    y : ndarray (n,)
    columns : tuple of Column
    seed : int
    offset : ndarray (n,), optional
        Known log-odds that the trees start from.
    bins : lightgbm.Dataset, optional
        Of all rows: then no part of them is binned again.
    """

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

    def rows(self, rows: Rows, reference: Any = None) -> Any:
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

    def train(
        self, shape: Shape, rows: Rows, *, n_trees: int, start: Booster | None = None
    ) -> Booster:
        """Fit a given number of trees, after those they start from."""
        params = self.parameters(shape, n_rows=len(rows))
        return lightgbm.train(params, self.rows(rows), num_boost_round=n_trees, init_model=start)

    def staircase(self, straight: Straight) -> Booster:
        """Write a straight line as trees that each ask for one column only, the strongest first."""
        data = self.rows(straight.rows)
        booster = lightgbm.Booster(STAIRCASE, data)
        spread = straight.parts.std(axis=0)
        wanted = np.full(len(straight.rows), straight.base)
        for position in np.argsort(-spread, kind="stable"):
            if spread[position] <= FAINT * spread.max():
                break
            if data.feature_num_bin(int(position)) < 2:
                continue  # too few rows differ for LightGBM to keep the column
            wanted += straight.parts[:, position]
            alone = [float(other == position) for other in range(len(self.columns))]
            booster.reset_parameter({"feature_contri": alone})
            for _ in range(self._n_staircases(int(position), straight.rows)):
                booster.update(fobj=_towards(wanted))
        return read_again(booster)

    def _n_staircases(self, position: int, rows: Rows) -> int:
        """Return how many trees tell all levels of a category apart; one for a number."""
        if self.columns[position].kind == "number":
            return 1
        return 1 + len(np.unique(self.matrix[rows, position])) // N_STEPS


def column_names(columns: Sequence[Column]) -> dict[str, Any]:
    """Return how LightGBM is to name the columns, and which are categories."""
    return {
        "feature_name": [f"f{position}" for position in range(len(columns))],
        "categorical_feature": [
            position for position, column in enumerate(columns) if column.kind == "category"
        ],
    }


def grow(booster: Booster) -> float:
    """Add a tree; return the loss on the checked rows."""
    booster.update()
    return float(booster.eval_valid()[0][2])


def first_trees(booster: Booster, n_trees: int) -> Booster:
    """Return the booster cut to its first trees."""
    return lightgbm.Booster(model_str=booster.model_to_string(num_iteration=n_trees))


def read_again(booster: Booster) -> Booster:
    """Return a booster as its text says, without the rows it was fitted on."""
    return lightgbm.Booster(model_str=booster.model_to_string(num_iteration=-1))


def written_anew(text: str) -> str:
    """Return a model's text as LightGBM writes it: what it counts over trees is counted anew."""
    return str(lightgbm.Booster(model_str=text).model_to_string(num_iteration=-1))


def _towards(wanted: Floats) -> Any:
    """Return the gradient by which one step of least squares reaches what is wanted."""

    def gradient(reached: Floats, data: Any) -> tuple[Floats, Floats]:
        """Return first and second derivatives, each (m,)."""
        del data
        return reached - wanted, np.ones_like(wanted)

    return gradient
