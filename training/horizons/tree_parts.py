"""The trees of a hazard in two parts: what is known of the period itself, and what is seen today.

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
from training.horizons.fading import Parts
from training.horizons.period_design import known_ahead
from training.models.boosting import Boosted, boost, fit_trees
from training.models.menu import PLENTY_RATE, Shape, menu
from training.tables.splits import Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# Larger trees cost too much here: the table is several times that of one window.
LARGEST_SHAPE = 8
# So many rows bear more small steps than there may be: fewer, longer ones, as in `menu_of_plenty`.
PLENTY_ROWS = 100_000


@dataclass(frozen=True)
class TreeParts:
    """The fitted trees of both parts.

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

    def of(self, design: Floats) -> Parts:
        """Return both parts of rows (r, q) of the design."""
        return Parts(_margins(self.known, design[:, self.ahead]), _margins(self.seen, design))


@dataclass(frozen=True)
class Sample:
    """What one outcome is learnt from; r rows, q columns.

    Attributes
    ----------
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

    def out_of_fold(self, sample: Sample) -> tuple[Rows, Parts]:
        """Return the rows that were checked, and what trees that never saw them add."""
        checked = self.seen.checked
        known = self.known.margin - sample.offset[self.known.checked]
        return checked, Parts(known, self.seen.margin - sample.offset[checked] - known)


def grow(sample: Sample, folds: Sequence[Fold]) -> Grown:
    """Choose and fit both parts; the second starts from what the first says of rows not seen."""
    ahead = known_ahead(sample.columns)
    shared: dict[str, Any] = {
        "fit": sample.fit,
        "folds": folds,
        "overlap": sample.overlap,
        "seed": sample.seed,
        "shapes": shapes(sample.overlap, n_rows=len(sample.fit)),
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
    known = fit_trees(design, sample.y, columns, chosen=grown.known, offset=sample.offset, **shared)
    start = _with(sample, known, grown.ahead, rows)
    seen = fit_trees(
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
