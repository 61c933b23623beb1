"""Fits one bundle on a large table: shape chosen on its sample, trees from everybody else.

The model that is judged has never seen an entity of the sample: the sample's earlier rows say when
to stop and calibrate it, its later rows judge it. What goes out learns from every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scoring.booster import margins, read_booster
from scoring.manifest import Column
from training.errors import NotEnoughError
from training.models.baselines import Baseline, fit_baselines
from training.models.binned import choose_shape
from training.models.boosted import Boosted, Part
from training.models.fitting import Apart, Fitted, calibrated, calibrated_again
from training.models.menu import Shape, menu_of_plenty
from training.tables.large import Flags
from training.tables.sample import Sampled
from training.tables.splits import Fold, Split, overlap
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# What is chosen here, a shape and a baseline's strength, is asked of so many folds: those that
# learn from most, the newest where the folds walk in time.
CHOSEN_ON = 2


class Engine(Protocol):
    """Where a large table is fitted."""

    @property
    def repeatable(self) -> bool:
        """Whether the same rows and seed give the same bytes again."""
        ...

    def fit_until(self, shape: Shape, rows: Flags, check: Rows, *, seed: int) -> tuple[str, int]:
        """Fit on some rows as long as some rows of the sample gain; text and number of trees."""
        ...

    def fit(self, shape: Shape, *, n_trees: int, seed: int) -> str:
        """Fit on every row."""
        ...


@dataclass(frozen=True)
class Plenty:
    """The two fits of one training on a large table."""

    sampled: Sampled
    engine: Engine

    def fit_bundle(self, examples: Examples, split: Split, *, outcome: str, seed: int) -> Fitted:
        """Fit what is judged; parameters are those of `training.models.fitting.fit_bundle`."""
        rows = self.learnt_from(split)
        _refuse_empty(split, rows, n_entities=examples.n_entities)
        shape, losses = _choose(examples, split, seed=seed)
        checked = np.concatenate([f.check for f in split.folds])
        text, n_trees = self.engine.fit_until(shape, rows, checked, seed=seed)
        booster = read_booster(text, n_columns=len(examples.columns))
        margin = margins([booster], examples.matrix[checked])
        boosted = Boosted(text, (Part(shape, n_trees),), checked, margin, losses)
        return replace(calibrated(examples, boosted, outcome=outcome), apart=self._apart(rows))

    def fit_outgoing(
        self, examples: Examples, split: Split, judged: Fitted, *, seed: int
    ) -> Fitted:
        """Fit what goes out; parameters are those of `training.models.fitting.fit_outgoing`."""
        chosen, n_learnt = judged.boosted, int(self.learnt_from(split).sum())
        # In proportion to the rows they would cost more than all else and gain next to nothing.
        n_trees = round(chosen.n_trees * np.sqrt(len(self.sampled.y) / n_learnt))
        text = self.engine.fit(chosen.shape, n_trees=n_trees, seed=seed)
        parts = (Part(chosen.shape, n_trees),)
        return calibrated_again(examples, split, judged, text, parts)

    def learnt_from(self, split: Split) -> Flags:
        """Return which of all rows the judged model learns from, (n,).

        Nobody of the sample; with time, nothing whose label window had not ended before the first
        row that judges.
        """
        rest, time = ~self.sampled.drawn, self.sampled.time
        judging = self.sampled.examples.time
        if time is None or judging is None or not split.by_time:
            return rest
        judged_from = judging[split.test].min()
        ended = time <= judged_from - np.timedelta64(split.embargo_days, "D")
        return np.asarray(rest & ended, dtype=np.bool_)

    def _apart(self, rows: Flags) -> Apart:
        """Say what the judged trees learnt from."""
        time, days = self.sampled.time, None
        if time is not None and rows.any():
            first, last = time[rows].min(), time[rows].max()
            days = (str(first.astype("datetime64[D]")), str(last.astype("datetime64[D]")))
        return Apart(int(rows.sum()), days, self.engine.repeatable)


def _refuse_empty(split: Split, rows: Flags, *, n_entities: int) -> None:
    """Raise NotEnoughError where nothing is left to learn from, or a fold has nothing to check."""
    parts = [part for fold in split.folds for part in (fold.learn, fold.check)]
    if not rows.any() or not all(map(len, parts)):
        raise NotEnoughError(
            f"not enough entities yet: of {n_entities} a sample is set aside to choose and judge "
            "by, and a part of it, or of the rest, has no rows; give a table of more entities"
        )


def compare_plenty(
    matrix: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    fit: Rows,
    test: Rows,
    folds: Sequence[Fold],
) -> tuple[Baseline, ...]:
    """Fit every baseline; parameters are those of `training.models.baselines.fit_baselines`."""
    return fit_baselines(matrix, y, columns, fit=fit, test=test, folds=folds[-CHOSEN_ON:])


def _choose(examples: Examples, split: Split, *, seed: int) -> tuple[Shape, dict[str, float]]:
    """Choose the shape on the sample by the rule of any table; return every shape's loss too."""
    repeated = overlap(examples.entity, examples.time, horizon_days=examples.horizon_days)
    return choose_shape(
        examples.matrix,
        examples.y,
        examples.columns,
        folds=split.folds[-CHOSEN_ON:],
        overlap=repeated,
        seed=seed,
        shapes=menu_of_plenty(repeated),
    )
