"""Fits the discrete-time hazard of one outcome against nothing happening, with period as a feature.

Trees start from the log-odds of a constant rate, ``log(exp(rate x days) - 1)``, so that periods of
different lengths need no trees of their own; the period's start, and known deadlines counted from
it, are features beside those of the snapshot. They come in two models (`tree_parts`). Shape and
calibration are found on folds by account, the only ones that reach every period; `walk_forward`
asks the same recipe forwards in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.manifest import Column
from training.horizons.fading import Fading, Told, fit_fading
from training.horizons.period_design import Snapshots
from training.horizons.periods import Periods
from training.horizons.tree_parts import Grown, Sample, TreeParts, grow, grow_again
from training.models.boosted import Boosted
from training.tables.splits import MIN_EVENTS, Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class OutcomeHazard:
    """The fitted hazard of one outcome.

    Attributes
    ----------
    name : str
    trees : TreeParts or None
        None where events were too few for trees: a constant rate.
    rate : float
        Outcomes per day at risk that the trees start from.
    facts : dict
        For people: events, rows, shape, trees, inner losses.
    fading : Fading or None
        How the trees' parts count; None where there are no trees.
    """

    name: str
    trees: TreeParts | None
    rate: float
    facts: dict[str, object]
    fading: Fading | None = None

    def log_odds(self, snapshots: Snapshots) -> Floats:
        """Return calibrated log-odds (n, p) against nothing of snapshots in every period."""
        start = starting_log_odds(self.rate, snapshots.periods.lengths)
        if self.trees is None or self.fading is None:
            return np.tile(start, (len(snapshots.matrix), 1))
        return np.asarray(start + self.fading.applied(self.trees.of(snapshots)))


@dataclass(frozen=True)
class Hazards:
    """The person-period table as arrays; r rows, q columns.

    Attributes
    ----------
    snapshots : Snapshots
        All n.
    columns : tuple of Column
        Of the design.
    design : ndarray (r, q)
    snapshot, period : ndarray (r,) of positions
    outcome : ndarray (r,) of int
        -1 where nothing happened.
    fit : ndarray of positions
    folds, folds_by_entity : tuple of Fold
        Forwards in time; and by entity.
    overlap : float
    """

    snapshots: Snapshots
    columns: tuple[Column, ...]
    design: Floats
    snapshot: Rows
    period: Rows
    outcome: Rows
    fit: Rows
    folds: tuple[Fold, ...]
    folds_by_entity: tuple[Fold, ...]
    overlap: float

    @property
    def periods(self) -> Periods:
        """The periods that rows lie in."""
        return self.snapshots.periods

    @property
    def days(self) -> Floats:
        """Length of each row's period, (r,)."""
        return np.asarray(self.periods.lengths[self.period])

    def told(self, number: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return 1.0 where an outcome, by position, happened, and which rows tell of it or none."""
        kept = np.isin(self.outcome, (-1, number))
        return (self.outcome == number).astype(np.float64), kept

    def rows(self, positions: Rows, y: Floats) -> Told:
        """Return what some rows tell of an outcome (r,)."""
        return Told(self.snapshot[positions], self.period[positions], y[positions])


def fit_outcome(
    table: Hazards, number: int, *, name: str, seed: int
) -> tuple[OutcomeHazard, Grown | None]:
    """Fit the hazard of the outcome at a position; rows of other outcomes are left out.

    Returns
    -------
    hazard : OutcomeHazard
    grown : Grown or None
        How its trees were chosen; None where events were too few for trees.
    """
    y, kept = table.told(number)
    fit = table.fit[kept[table.fit]]
    rate = _rate(table, y, fit)
    facts: dict[str, object] = {"events": int(y[fit].sum()), "rows": len(fit)}
    folds = _usable(table.folds_by_entity, kept, y)
    if not folds:
        return OutcomeHazard(name, None, rate, facts), None
    sample = _sample(table, number, rate, seed)
    grown = grow(sample, folds)
    start = starting_log_odds(rate, table.periods.lengths)
    fading = fit_fading(
        grown.out_of_fold(sample, folds),
        start,
        table.rows(grown.seen.checked, y),
        starts=table.periods.starts.tolist(),
        overlap=table.overlap,
    )
    fading = fading.carried_to(grown.trees.of(table.snapshots), start, table.rows(fit, y))
    facts |= _chosen(grown.seen) | {"known_ahead": _chosen(grown.known)}
    return OutcomeHazard(name, grown.trees, rate, facts, fading), grown


def walk_forward(
    table: Hazards, number: int, hazard: OutcomeHazard, grown: Grown | None, *, seed: int
) -> tuple[Rows, Floats]:
    """Ask trees of what was certain at earlier dates what they would have told apart.

    Rate, shape and calibration are those of the whole: asked is how far whole quarters came out
    from what was expected, and a rate known from two events would pass for a shock.

    Returns
    -------
    checked : ndarray of positions
        Rows of the folds' checked blocks with this outcome or none.
    log_odds : ndarray, as long as `checked`
    """
    y, kept = table.told(number)
    sample = _sample(table, number, hazard.rate, seed)
    found: list[Floats] = []
    checked: list[Rows] = []
    for fold in table.folds or table.folds_by_entity:
        learn, check = fold.learn[kept[fold.learn]], fold.check[kept[fold.check]]
        log_odds = sample.offset[check]
        if grown is not None and hazard.fading is not None and y[learn].sum() >= MIN_EVENTS:
            trees = grow_again(sample, grown, learn)
            # Fewer trees have another mean; the level of the whole would pass for a shock.
            log_odds = log_odds + _about_their_own(hazard.fading, trees, table, check)
        checked.append(check)
        found.append(log_odds)
    return np.concatenate(checked), np.concatenate(found)


def _about_their_own(fading: Fading, trees: TreeParts, table: Hazards, rows: Rows) -> Floats:
    """Return what trees of other rows count as on some rows (r,), about their means there."""
    snapshot, place = np.unique(table.snapshot[rows], return_inverse=True)
    told = Told(place, table.period[rows], np.zeros(len(rows)))
    parts = trees.of(table.snapshots.take(snapshot))
    return told.of(fading.about(parts, told).applied(parts))


def out_of_fold(
    table: Hazards, number: int, hazard: OutcomeHazard, grown: Grown | None, *, seed: int
) -> tuple[Rows, Floats]:
    """Return rows, and what calibrated trees that never saw their accounts told of them.

    Without trees: the rows learnt from, and the constant rate.
    """
    y, kept = table.told(number)
    sample = _sample(table, number, hazard.rate, seed)
    if grown is None or hazard.fading is None:
        return sample.fit, sample.offset[sample.fit]
    rows, folds = grown.seen.checked, _usable(table.folds_by_entity, kept, y)
    parts, told = grown.out_of_fold(sample, folds), table.rows(rows, y)
    return rows, sample.offset[rows] + told.of(hazard.fading.about(parts, told).applied(parts))


def starting_log_odds(rate: float, days: Floats) -> Floats:
    """Return the log-odds that a constant rate per day shows itself within some days, (r,)."""
    return np.log(np.expm1(rate * days))


def _rate(table: Hazards, y: Floats, rows: Rows) -> float:
    """Return outcomes per day at risk."""
    return float((y[rows].sum() + 0.5) / (table.days[rows].sum() + 1.0))


def _sample(table: Hazards, number: int, rate: float, seed: int) -> Sample:
    """Return what an outcome, by position, is learnt from."""
    y, kept = table.told(number)
    return Sample(
        snapshots=table.snapshots,
        snapshot=table.snapshot,
        design=table.design,
        columns=table.columns,
        y=y,
        offset=starting_log_odds(rate, table.days),
        fit=table.fit[kept[table.fit]],
        overlap=table.overlap,
        seed=seed,
    )


def _usable(folds: Sequence[Fold], kept: npt.NDArray[np.bool_], y: Floats) -> tuple[Fold, ...]:
    """Return the folds without the rows of other outcomes, those with enough events; at least 2."""
    cut = [Fold(fold.learn[kept[fold.learn]], fold.check[kept[fold.check]]) for fold in folds]
    enough = [f for f in cut if min(y[f.learn].sum(), y[f.check].sum()) >= MIN_EVENTS]
    return tuple(enough) if len(enough) >= 2 else ()


def _chosen(boosted: Boosted) -> dict[str, object]:
    return {
        "shape": boosted.shape.name,
        "trees": boosted.n_trees,
        "inner_log_loss": {name: round(loss, 6) for name, loss in boosted.losses.items()},
    }
