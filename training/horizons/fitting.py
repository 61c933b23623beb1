"""Trains a horizon model on a panel: person-periods, folds, one hazard per outcome.

`until` is the day the model is made: what was not certain by then changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.encoding import encode
from scoring.manifest import Column
from training.errors import HorizonError, NotEnoughError
from training.horizons.hazards import Hazards, fit_outcome, walk_forward
from training.horizons.model import KEYS, HorizonModel
from training.horizons.period_design import Snapshots, design_columns
from training.horizons.period_folds import certain_on, period_folds
from training.horizons.periods import OUTCOMES, Periods
from training.horizons.person_periods import PersonPeriods, follow, person_periods
from training.horizons.tree_parts import Grown
from training.tables.columns import prepare_columns
from training.tables.reading import require_column
from training.tables.splits import MIN_EVENTS, folds_by_entity, overlap
from training.tables.table import PANEL_LABELS, read_times

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OutOfFold:
    """Calibrated log-odds of person-periods as they would have been told at earlier dates.

    Attributes
    ----------
    rows : PersonPeriods
        All of the table.
    as_of : ndarray (n,)
        Of the snapshots that the rows point at.
    checked : tuple of ndarray
        Per outcome, positions among the rows: those with this outcome or none.
    log_odds : tuple of ndarray
    """

    rows: PersonPeriods
    as_of: npt.NDArray[np.datetime64]
    checked: tuple[npt.NDArray[np.intp], ...]
    log_odds: tuple[Floats, ...]


def train_horizons(
    panel: pa.Table,
    times: pa.Table,
    *,
    periods: Periods | None = None,
    outcomes: Sequence[str] = OUTCOMES,
    until: np.datetime64 | None = None,
    seed: int = 0,
) -> HorizonModel:
    """Fit the hazards of competing outcomes on a panel.

    Parameters
    ----------
    panel : pyarrow.Table (n rows)
        `account_id`, `as_of`, features, `eligible`; labels are never features.
    times : pyarrow.Table (n rows)
        From `features.outcome_times.outcome_times_from_the_future`, row by row.
    periods : Periods, optional
    outcomes : sequence of str
        Which compete; with the two churns alone, a change of size ends nothing.
    until : datetime64, optional
        The day the model is made: only what was certain by then is learnt from.
    seed : int

    Raises
    ------
    HorizonError
        Panel and times do not fit together.
    NotEnoughError
        Too few outcomes are certain.
    """
    periods = periods or Periods()
    panel, times = in_order(panel), in_order(times)
    rows = person_periods(follow(panel, times, periods, outcomes), periods)
    return fit_rows(panel, rows, periods=periods, outcomes=outcomes, until=until, seed=seed).model


@dataclass(frozen=True)
class Fitted:
    """A model and what it was fitted on.

    Attributes
    ----------
    model : HorizonModel
    rows : PersonPeriods
    as_of : ndarray (n,)
        Of the snapshots.
    table : Hazards
    grown : tuple of Grown or None
        Per outcome.
    seed : int
    """

    model: HorizonModel
    rows: PersonPeriods
    as_of: npt.NDArray[np.datetime64]
    table: Hazards
    grown: tuple[Grown | None, ...]
    seed: int

    def walked(self) -> OutOfFold:
        """Return what the same recipe would have told at earlier dates; see `walk_forward`."""
        found = [
            walk_forward(self.table, number, hazard, self.grown[number], seed=self.seed)
            for number, hazard in enumerate(self.model.hazards)
        ]
        return OutOfFold(
            self.rows, self.as_of, tuple(f[0] for f in found), tuple(f[1] for f in found)
        )


def fit_rows(
    panel: pa.Table,
    rows: PersonPeriods,
    *,
    periods: Periods,
    outcomes: Sequence[str],
    until: np.datetime64 | None,
    seed: int,
) -> Fitted:
    """Fit on person-periods.

    Parameters
    ----------
    panel : pyarrow.Table (n rows)
        From `in_order`.
    rows : PersonPeriods
        Positions in the panel.
    """
    as_of = read_times(panel.column("as_of"), name="as_of")
    certain = certain_on(rows, as_of, periods)
    fit = np.arange(len(certain)) if until is None else np.flatnonzero(certain <= until)
    _require_enough(int((rows.outcome[fit] >= 0).sum()))
    table, columns = _hazard_table(panel, rows, periods, as_of=as_of, fit=fit)
    fitted = [
        fit_outcome(table, number, name=name, seed=seed) for number, name in enumerate(outcomes)
    ]
    learnt = as_of[rows.snapshot[fit]]
    facts = {
        "window": [str(edge.astype("datetime64[D]")) for edge in (learnt.min(), learnt.max())],
        "certain_by": str(certain[fit].max().astype("datetime64[D]")),
        "n_snapshots": len(np.unique(rows.snapshot[fit])),
        "n_rows": len(fit),
        "seed": seed,
        **_by_period(rows, periods, fit),
    }
    made_with = (panel.schema.metadata or {}).get(b"tierwise.catalogue")
    model = HorizonModel(
        periods=periods,
        hazards=tuple(hazard for hazard, _ in fitted),
        columns=columns,
        catalogue=None if made_with is None else made_with.decode(),
        training=facts,
    )
    return Fitted(model, rows, as_of, table, tuple(grown for _, grown in fitted), seed)


def in_order(table: pa.Table) -> pa.Table:
    """Sort by date and account, so that the order in which rows come changes nothing."""
    for key in KEYS:
        require_column(table, key, role="key")
    return table.sort_by([("as_of", "ascending"), ("account_id", "ascending")])


def _by_period(
    rows: PersonPeriods, periods: Periods, fit: npt.NDArray[np.intp]
) -> dict[str, list[int]]:
    """Return how many certain rows, and events among them, each period is learnt from."""
    n, period, happened = len(periods.ends), rows.period[fit], rows.outcome[fit] >= 0
    return {
        "rows_by_period": np.bincount(period, minlength=n).tolist(),
        "events_by_period": np.bincount(period[happened], minlength=n).tolist(),
    }


def _require_enough(n_events: int) -> None:
    if n_events < 2 * MIN_EVENTS:
        raise NotEnoughError(
            f"not enough outcomes yet: {n_events} are certain, {2 * MIN_EVENTS - n_events} more "
            "needed"
        )


def _hazard_table(
    panel: pa.Table,
    rows: PersonPeriods,
    periods: Periods,
    *,
    as_of: npt.NDArray[np.datetime64],
    fit: npt.NDArray[np.intp],
) -> tuple[Hazards, tuple[Column, ...]]:
    """Return the person-period table and the columns of a snapshot, as the fit rows show them."""
    names = [name for name in panel.column_names if name not in (*KEYS, *PANEL_LABELS)]
    if not names:
        raise HorizonError("the panel has no feature: give the columns beside keys and labels")
    entity = np.asarray(panel.column("account_id").to_pylist(), dtype=np.str_)
    learnt = np.unique(rows.snapshot[fit])
    columns = prepare_columns(panel.take(learnt), names, keep_all=True).columns
    snapshots = Snapshots(encode(panel, columns), columns, periods)
    table = Hazards(
        snapshots=snapshots,
        columns=design_columns(columns),
        design=snapshots.rows(rows.snapshot, rows.period),
        snapshot=rows.snapshot,
        period=rows.period,
        outcome=rows.outcome,
        fit=fit,
        folds=period_folds(rows, as_of, periods=periods, fit=fit),
        folds_by_entity=folds_by_entity(entity[rows.snapshot[fit]], fit),
        overlap=overlap(entity[learnt], as_of[learnt], horizon_days=periods.ends[-1]),
    )
    return table, columns
