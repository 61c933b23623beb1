"""The trees of a hazard in two models: what is known of the period itself, and what is seen today.

The first part learns from columns that are as true of a later period as of today (what the account
is, the calendar of its contract); the second adds to it what all columns tell. Kept apart because
time weakens only the second: see `training.horizons.fading`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.booster import margins, read_booster
from scoring.manifest import Column
from training.horizons.fading import Parts, parts_of
from training.horizons.period_design import Snapshots, known_ahead
from training.models.boosted import Boosted
from training.models.boosting import boost, fit_trees
from training.models.menu import PLENTY_RATE, Shape, menu
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# Larger trees cost too much here: the table is several times that of one window.
LARGEST_SHAPE = 8
# So many rows bear more small steps than there may be: fewer, longer ones, as in `menu_of_plenty`.
PLENTY_ROWS = 100_000
# What goes out has more trees than the folds by the root of how many more rows it has. With as many
# more trees as rows it is told more boldly than what was calibrated, with none too shyly.
GROWTH = 0.5


@dataclass(frozen=True)
class TreeParts:
    """The fitted trees of both models.

    Attributes
    ----------
    known, seen : str
        LightGBM's text format.
    ahead : tuple of int
        Positions of the design's columns that `known` learns from.
    """

    known: str
    seen: str
    ahead: tuple[int, ...]

    def of(self, snapshots: Snapshots) -> Parts:
        """Return what the trees say of n snapshots in every period."""
        lengths = snapshots.periods.lengths
        known, seen = np.empty((2, len(snapshots.matrix), len(lengths)))
        for number in range(len(lengths)):
            design = snapshots.in_period(number)
            known[:, number] = _margins(self.known, design[:, self.ahead])
            seen[:, number] = _margins(self.seen, design)
        return parts_of(known, seen, lengths)


@dataclass(frozen=True)
class Sample:
    """What one outcome is learnt from; r rows, q columns.

    Attributes
    ----------
    snapshots : Snapshots
        All n.
    snapshot : ndarray (r,) of positions
        Whose row it is.
    design : ndarray (r, q)
    columns : tuple of Column
    y : ndarray (r,)
        1.0 where the outcome happened.
    offset : ndarray (r,)
        Log-odds of a constant rate.
    fit : ndarray of positions
    overlap : float
    seed : int
    """

    snapshots: Snapshots
    snapshot: Rows
    design: Floats
    columns: tuple[Column, ...]
    y: Floats
    offset: Floats
    fit: Rows
    overlap: float
    seed: int


@dataclass(frozen=True)
class Grown:
    """Both parts and how they were chosen."""

    known: Boosted
    seen: Boosted
    ahead: tuple[int, ...]

    @property
    def trees(self) -> TreeParts:
        """The trees that go out."""
        return TreeParts(self.known.text, self.seen.text, self.ahead)

    def out_of_fold(self, sample: Sample, folds: Sequence[Fold]) -> Parts:
        """Return what trees that never saw their accounts say of the folds' snapshots.

        The parts of all n; nan where no fold checks a snapshot.
        """
        shape = (len(sample.snapshots.matrix), len(sample.snapshots.periods.ends))
        lasting, calendar, seen = np.full((3, *shape), np.nan)
        for fold, known, seen_today in zip(folds, self.known.folds, self.seen.folds, strict=True):
            mine = np.unique(sample.snapshot[fold.check])
            parts = TreeParts(known, seen_today, self.ahead).of(sample.snapshots.take(mine))
            lasting[mine], calendar[mine], seen[mine] = parts.lasting, parts.calendar, parts.seen
        return Parts(lasting, calendar, seen)


def grow(sample: Sample, folds: Sequence[Fold]) -> Grown:
    """Choose and fit both; the second starts from what the first says of rows not seen."""
    ahead = known_ahead(sample.columns)
    shared: dict[str, Any] = {
        "fit": sample.fit,
        "folds": folds,
        "overlap": sample.overlap,
        "seed": sample.seed,
        "shapes": shapes(sample.overlap, n_rows=len(sample.fit)),
        "growth": GROWTH,
    }
    columns = [sample.columns[position] for position in ahead]
    known = boost(sample.design[:, ahead], sample.y, columns, offset=sample.offset, **shared)
    start = _with(sample, known.text, ahead, sample.fit)
    start[known.checked] = known.margin
    seen = boost(sample.design, sample.y, sample.columns, offset=start, **shared)
    return Grown(known, seen, ahead)


def grow_again(sample: Sample, grown: Grown, rows: Rows) -> TreeParts:
    """Fit what was chosen on some of the fit rows, with trees in proportion to them."""
    shared: dict[str, Any] = {"n_fit": len(sample.fit), "rows": rows, "seed": sample.seed}
    columns = [sample.columns[position] for position in grown.ahead]
    design = sample.design[:, grown.ahead]
    known, _ = fit_trees(
        design, sample.y, columns, chosen=grown.known, offset=sample.offset, **shared
    )
    start = _with(sample, known, grown.ahead, rows)
    seen, _ = fit_trees(
        sample.design, sample.y, sample.columns, chosen=grown.seen, offset=start, **shared
    )
    return TreeParts(known, seen, grown.ahead)


def shapes(overlap: float, *, n_rows: int) -> tuple[Shape, ...]:
    """Return the smaller shapes of the menu, of those that mind how often an event is told."""
    thrifty = [shape for shape in menu(overlap) if shape.n_leaves <= LARGEST_SHAPE]
    chosen = tuple(s for s in thrifty if s.rows_as_one > 1.0) or tuple(thrifty)
    if n_rows < PLENTY_ROWS:
        return chosen
    return tuple(replace(shape, rate=PLENTY_RATE) for shape in chosen)


def _with(sample: Sample, known: str, ahead: tuple[int, ...], rows: Rows) -> Floats:
    """Return the offset (r,), on some rows with what the first part adds to it."""
    start = sample.offset.copy()
    start[rows] += _margins(known, sample.design[:, ahead][rows])
    return start


def _margins(text: str, design: Floats) -> Floats:
    """Return what trees add to the log-odds of rows (r, q), (r,)."""
    return margins([read_booster(text, n_columns=design.shape[1])], design)
