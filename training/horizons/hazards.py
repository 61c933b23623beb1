"""Fits the discrete-time hazard of one outcome against nothing happening, with period as a feature.

Trees start from the log-odds of a constant rate, ``log(exp(rate x days) - 1)``, so that periods of
different lengths need no trees of their own; the period's start, and known deadlines counted from
it, are features beside those of the snapshot. Calibrated on margins of folds that walk forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.booster import margins, read_booster
from scoring.calibration import Calibrator, Kind
from scoring.manifest import Column
from training.horizons.fading import Fading, fit_fading
from training.horizons.periods import Periods
from training.models.boosting import Boosted, boost
from training.models.calibrating import choose_calibrator
from training.models.menu import Shape, menu
from training.tables.splits import MIN_EVENTS, Fold

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# Larger trees cost too much here: the table is several times that of one window.
LARGEST_SHAPE = 8
# A calibrator fitted on fewer outcomes than this, told apart, costs more than it gives.
FEWEST_TO_CALIBRATE = 30


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
    calibrator : Calibrator
    facts : dict
        For people: events, rows, shape, trees, inner losses.
    fading : Fading or None
        None where there are no trees.
    """

    name: str
    text: str | None
    rate: float
    calibrator: Calibrator
    facts: dict[str, object]
    fading: Fading | None = None

    def log_odds(self, design: Floats, days: Floats, period: Rows) -> Floats:
        """Return calibrated log-odds (r,) against nothing of rows (r, q) in periods (r,)."""
        margin = starting_log_odds(self.rate, days)
        if self.text is not None and self.fading is not None:
            booster = read_booster(self.text, n_columns=design.shape[1])
            margin = margin + self.fading.applied(margins([booster], design), period)
        return calibrated(self.calibrator, margin)


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
    entity : ndarray (r,)
    fit : ndarray of positions
    folds, folds_by_entity : tuple of Fold
        Forward in time; and, for outcomes too rare for those, by entity.
    overlap : float
    """

    design: Floats
    columns: tuple[Column, ...]
    period: Rows
    periods: Periods
    outcome: Rows
    entity: npt.NDArray[np.str_]
    fit: Rows
    folds: tuple[Fold, ...]
    folds_by_entity: tuple[Fold, ...]
    overlap: float

    @property
    def days(self) -> Floats:
        """Length of each row's period, (r,)."""
        return np.asarray(self.periods.lengths[self.period])


def fit_outcome(
    table: Hazards, number: int, *, name: str, seed: int
) -> tuple[OutcomeHazard, Rows, Floats]:
    """Fit the hazard of the outcome at a position; rows of other outcomes are left out.

    Returns
    -------
    hazard : OutcomeHazard
    checked : ndarray of positions
        Rows of the folds' checked blocks with this outcome or none.
    log_odds : ndarray, as long as `checked`
        Calibrated, out of fold.
    """
    y = (table.outcome == number).astype(np.float64)
    kept = np.isin(table.outcome, (-1, number))
    fit = table.fit[kept[table.fit]]
    forward, across = _usable(table.folds, kept, y), _usable(table.folds_by_entity, kept, y)
    folds = forward or across
    learn = folds[0].learn if folds else fit
    rate = (y[learn].sum() + 0.5) / (table.days[learn].sum() + 1.0)
    facts: dict[str, object] = {"events": int(y[fit].sum()), "rows": len(fit)}
    if not folds:
        rate = (y[fit].sum() + 0.5) / (table.days[fit].sum() + 1.0)
        constant = OutcomeHazard(name, None, float(rate), Calibrator(), facts)
        checked = _checked(table.folds or table.folds_by_entity, kept)
        return constant, checked, starting_log_odds(constant.rate, table.days[checked])
    offset = starting_log_odds(float(rate), table.days)
    boosted = _boost(table, y, folds, fit, offset, seed=seed, tried=shapes(table.overlap))
    fading = _fading(table, y, fit, offset, boosted, across if forward else (), seed=seed)
    checked = boosted.checked
    part = fading.applied(boosted.margin - offset[checked], table.period[checked])
    calibrator = _calibrator(offset[checked] + part, y, checked, table)
    hazard = OutcomeHazard(
        name, boosted.text, float(rate), calibrator, facts | _chosen(boosted), fading
    )
    return hazard, checked, calibrated(calibrator, offset[checked] + part)


def _boost(
    table: Hazards,
    y: Floats,
    folds: Sequence[Fold],
    fit: Rows,
    offset: Floats,
    *,
    seed: int,
    tried: Sequence[Shape],
) -> Boosted:
    return boost(
        table.design,
        y,
        table.columns,
        fit=fit,
        folds=folds,
        overlap=table.overlap,
        seed=seed,
        shapes=tried,
        offset=offset,
    )


def _fading(
    table: Hazards,
    y: Floats,
    fit: Rows,
    offset: Floats,
    boosted: Boosted,
    across: Sequence[Fold],
    *,
    seed: int,
) -> Fading:
    """Fit how the chosen shape fades, on folds by account: folds forward miss late periods."""
    if across:
        boosted = _boost(table, y, across, fit, offset, seed=seed, tried=(boosted.shape,))
    checked = boosted.checked
    return fit_fading(
        boosted.margin - offset[checked],
        offset[checked],
        y[checked],
        period=table.period[checked],
        starts=table.periods.starts.tolist(),
        overlap=table.overlap,
    )


def _calibrator(margin: Floats, y: Floats, checked: Rows, table: Hazards) -> Calibrator:
    if y[checked].sum() / table.overlap < FEWEST_TO_CALIBRATE:
        return Calibrator()
    kinds: tuple[Kind, ...] = ("none", "platt", "beta")
    return choose_calibrator(margin, y[checked], entity=table.entity[checked], kinds=kinds)[0]


def shapes(overlap: float) -> tuple[Shape, ...]:
    """Return the smaller shapes of the menu, of those that mind how often an event is told."""
    thrifty = [shape for shape in menu(overlap) if shape.n_leaves <= LARGEST_SHAPE]
    return tuple(s for s in thrifty if s.rows_as_one > 1.0) or tuple(thrifty)


def starting_log_odds(rate: float, days: Floats) -> Floats:
    """Return the log-odds that a constant rate per day shows itself within some days, (r,)."""
    return np.log(np.expm1(rate * days))


def calibrated(calibrator: Calibrator, margin: Floats) -> Floats:
    """Return calibrated log-odds of margins, elementwise; see `Calibrator`."""
    above, below = np.logaddexp(0.0, margin), np.logaddexp(0.0, -margin)
    if calibrator.kind == "none":
        return margin
    return np.asarray(calibrator.b * above - calibrator.a * below + calibrator.c)


def _usable(folds: Sequence[Fold], kept: npt.NDArray[np.bool_], y: Floats) -> tuple[Fold, ...]:
    """Return the folds without the rows of other outcomes, those with enough events; at least 2."""
    cut = [Fold(fold.learn[kept[fold.learn]], fold.check[kept[fold.check]]) for fold in folds]
    enough = [f for f in cut if min(y[f.learn].sum(), y[f.check].sum()) >= MIN_EVENTS]
    return tuple(enough) if len(enough) >= 2 else ()


def _checked(folds: Sequence[Fold], kept: npt.NDArray[np.bool_]) -> Rows:
    checked = np.concatenate([fold.check for fold in folds])
    return np.asarray(checked[kept[checked]])


def _chosen(boosted: Boosted) -> dict[str, object]:
    return {
        "shape": boosted.shape.name,
        "trees": boosted.n_trees,
        "inner_log_loss": {name: round(loss, 6) for name, loss in boosted.losses.items()},
    }
