"""Fits the discrete-time hazard of one outcome against nothing happening, with period as a feature.

Trees start from the log-odds of a constant rate, ``log(exp(rate x days) - 1)``, so that periods of
different lengths need no trees of their own; the period's start, and known deadlines counted from
it, are features beside those of the snapshot. Shape and calibration are found on folds by account,
the only ones that reach every period; `walk_forward` asks the same recipe forwards in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scoring.booster import margins, read_booster
from scoring.manifest import Column
from training.horizons.fading import Fading, fit_fading, means_by_period
from training.horizons.periods import Periods
from training.models.boosting import Boosted, boost, fit_trees
from training.models.menu import Shape, menu
from training.tables.splits import MIN_EVENTS, Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# Larger trees cost too much here: the table is several times that of one window.
LARGEST_SHAPE = 8


@dataclass(frozen=True)
class OutcomeHazard:
    """The fitted hazard of one outcome.

    Attributes
    ----------
    name : str
    text : str or None
        LightGBM's text format; None where events were too few for trees: a constant rate.
    rate : float
        Outcomes per day at risk that the trees start from.
    facts : dict
        For people: events, rows, shape, trees, inner losses.
    fading : Fading or None
        How the trees' part counts; None where there are no trees.
    """

    name: str
    text: str | None
    rate: float
    facts: dict[str, object]
    fading: Fading | None = None

    def log_odds(self, design: Floats, days: Floats, period: Rows) -> Floats:
        """Return calibrated log-odds (r,) against nothing of rows (r, q) in periods (r,)."""
        start = starting_log_odds(self.rate, days)
        if self.text is None or self.fading is None:
            return start
        return start + self.fading.applied(_trees(self.text, design), period)


@dataclass(frozen=True)
class Hazards:
    """The person-period table as arrays; r rows, q columns.

    Attributes
    ----------
    design : ndarray (r, q)
    columns : tuple of Column
    period : ndarray (r,)
    periods : Periods
    outcome : ndarray (r,) of int
        -1 where nothing happened.
    fit : ndarray of positions
    folds, folds_by_entity : tuple of Fold
        Forwards in time; and by entity.
    overlap : float
    """

    design: Floats
    columns: tuple[Column, ...]
    period: Rows
    periods: Periods
    outcome: Rows
    fit: Rows
    folds: tuple[Fold, ...]
    folds_by_entity: tuple[Fold, ...]
    overlap: float

    @property
    def days(self) -> Floats:
        """Length of each row's period, (r,)."""
        return np.asarray(self.periods.lengths[self.period])

    def told(self, number: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return 1.0 where an outcome, by position, happened, and which rows tell of it or none."""
        kept = np.isin(self.outcome, (-1, number))
        return (self.outcome == number).astype(np.float64), kept


def fit_outcome(
    table: Hazards, number: int, *, name: str, seed: int
) -> tuple[OutcomeHazard, Boosted | None]:
    """Fit the hazard of the outcome at a position; rows of other outcomes are left out.

    Returns
    -------
    hazard : OutcomeHazard
    boosted : Boosted or None
        How its trees were chosen; None where events were too few for trees.
    """
    y, kept = table.told(number)
    fit = table.fit[kept[table.fit]]
    rate = _rate(table, y, fit)
    facts: dict[str, object] = {"events": int(y[fit].sum()), "rows": len(fit)}
    folds = _usable(table.folds_by_entity, kept, y)
    if not folds:
        return OutcomeHazard(name, None, rate, facts), None
    offset = starting_log_odds(rate, table.days)
    boosted = boost(
        table.design,
        y,
        table.columns,
        fit=fit,
        folds=folds,
        overlap=table.overlap,
        seed=seed,
        shapes=shapes(table.overlap),
        offset=offset,
    )
    checked = boosted.checked
    fading = fit_fading(
        boosted.margin - offset[checked],
        offset[checked],
        y[checked],
        period=table.period[checked],
        starts=table.periods.starts.tolist(),
        overlap=table.overlap,
    )
    return OutcomeHazard(name, boosted.text, rate, facts | _chosen(boosted), fading), boosted


def walk_forward(
    table: Hazards, number: int, hazard: OutcomeHazard, boosted: Boosted | None, *, seed: int
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
    n_fit = int(kept[table.fit].sum())
    offset = starting_log_odds(hazard.rate, table.days)
    found: list[Floats] = []
    checked: list[Rows] = []
    for fold in table.folds or table.folds_by_entity:
        learn, check = fold.learn[kept[fold.learn]], fold.check[kept[fold.check]]
        log_odds = offset[check]
        if boosted is not None and hazard.fading is not None and y[learn].sum() >= MIN_EVENTS:
            text = fit_trees(
                table.design,
                y,
                table.columns,
                chosen=boosted,
                n_fit=n_fit,
                rows=learn,
                seed=seed,
                offset=offset,
            )
            part, period = _trees(text, table.design[check]), table.period[check]
            # Fewer trees have another mean; the level of the whole would pass for a shock.
            means = means_by_period(part, period, len(table.periods.ends))
            log_odds = log_odds + replace(hazard.fading, means=tuple(means)).applied(part, period)
        checked.append(check)
        found.append(log_odds)
    return np.concatenate(checked), np.concatenate(found)


def shapes(overlap: float) -> tuple[Shape, ...]:
    """Return the smaller shapes of the menu, of those that mind how often an event is told."""
    thrifty = [shape for shape in menu(overlap) if shape.n_leaves <= LARGEST_SHAPE]
    return tuple(s for s in thrifty if s.rows_as_one > 1.0) or tuple(thrifty)


def starting_log_odds(rate: float, days: Floats) -> Floats:
    """Return the log-odds that a constant rate per day shows itself within some days, (r,)."""
    return np.log(np.expm1(rate * days))


def _rate(table: Hazards, y: Floats, rows: Rows) -> float:
    """Return outcomes per day at risk."""
    return float((y[rows].sum() + 0.5) / (table.days[rows].sum() + 1.0))


def _trees(text: str, design: Floats) -> Floats:
    """Return the trees' part of the log-odds of rows (r, q), (r,)."""
    return margins([read_booster(text, n_columns=design.shape[1])], design)


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
