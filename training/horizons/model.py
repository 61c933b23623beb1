"""Several horizons from one model: competing outcomes in discrete time after each snapshot.

Probabilities of a row are of what comes first; they never fall with the horizon and, with the
probability that nothing happens, add up to 1 (see `training.horizons.competing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.encoding import encode
from scoring.manifest import Column
from training.errors import HorizonError, NotEnoughError
from training.horizons.competing import Incidence, hazards, incidence
from training.horizons.hazards import Hazards, OutcomeHazard, fit_outcome
from training.horizons.period_design import design_columns, design_of
from training.horizons.period_folds import certain_on, period_folds
from training.horizons.periods import CHURNS, OUTCOMES, Periods
from training.horizons.person_periods import PersonPeriods, follow, person_periods
from training.tables.columns import prepare_columns
from training.tables.reading import require_column
from training.tables.splits import MIN_EVENTS, folds_by_entity, overlap
from training.tables.table import PANEL_LABELS, read_times

Floats = npt.NDArray[np.float64]

KEYS = ("account_id", "as_of")


@dataclass(frozen=True)
class HorizonModel:
    """Hazards of competing outcomes, one LightGBM model each.

    Attributes
    ----------
    periods : Periods
    hazards : tuple of OutcomeHazard
    columns : tuple of Column
        What a snapshot is described by.
    catalogue : str or None
        Fingerprint of the panel's catalogue.
    training : dict
        Facts for people and lineage; nothing in prediction depends on them.
    """

    periods: Periods
    hazards: tuple[OutcomeHazard, ...]
    columns: tuple[Column, ...]
    catalogue: str | None = None
    training: dict[str, Any] = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the competing outcomes, in the order of their arrays."""
        return tuple(hazard.name for hazard in self.hazards)

    def log_odds(self, table: pa.Table) -> Floats:
        """Return calibrated log-odds against nothing happening, (n, k, p).

        Raises
        ------
        RowError
            The table does not hold the model's columns as numbers and text.
        """
        matrix = encode(table, self.columns)
        snapshot = np.arange(len(matrix))
        found = np.empty((len(matrix), len(self.hazards), len(self.periods.ends)))
        for period, days in enumerate(self.periods.lengths):
            numbers = np.full(len(matrix), period)
            design = design_of(matrix, self.columns, snapshot, numbers, self.periods)
            for position, hazard in enumerate(self.hazards):
                asked = (design, np.full(len(matrix), days), numbers)
                found[:, position, period] = hazard.log_odds(*asked)
        return found

    def incidence(self, table: pa.Table) -> Incidence:
        """Return cumulative incidence (n, k, p) and survival (n, p) of a table's rows."""
        return incidence(hazards(self.log_odds(table)))

    def predict(self, table: pa.Table) -> pa.Table:
        """Return the keys the table has and one column per outcome and horizon.

        `<outcome>_<horizon>d` is the probability that the outcome comes first, within that many
        days after the lead; `churn_<horizon>d` adds voluntary and involuntary.
        """
        found = self.incidence(table).cumulative
        columns: dict[str, Any] = {k: table.column(k) for k in KEYS if k in table.column_names}
        churns = [position for position, name in enumerate(self.outcomes) if name in CHURNS]
        for period, end in enumerate(self.periods.ends):
            columns[f"churn_{end}d"] = found[:, churns, period].sum(axis=1)
            for position, name in enumerate(self.outcomes):
                columns[f"{name}_{end}d"] = found[:, position, period]
        return pa.table(columns)


@dataclass(frozen=True)
class OutOfFold:
    """Calibrated log-odds of person-periods that were checked but never learnt from.

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
    return fit_rows(panel, rows, periods=periods, outcomes=outcomes, until=until, seed=seed)[0]


def fit_rows(
    panel: pa.Table,
    rows: PersonPeriods,
    *,
    periods: Periods,
    outcomes: Sequence[str],
    until: np.datetime64 | None,
    seed: int,
) -> tuple[HorizonModel, OutOfFold]:
    """Fit on person-periods; also return the out-of-fold log-odds the model was calibrated on.

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
    }
    made_with = (panel.schema.metadata or {}).get(b"tierwise.catalogue")
    model = HorizonModel(
        periods=periods,
        hazards=tuple(hazard for hazard, _, _ in fitted),
        columns=columns,
        catalogue=None if made_with is None else made_with.decode(),
        training=facts,
    )
    margins = OutOfFold(rows, as_of, tuple(f[1] for f in fitted), tuple(f[2] for f in fitted))
    return model, margins


def in_order(table: pa.Table) -> pa.Table:
    """Sort by date and account, so that the order in which rows come changes nothing."""
    for key in KEYS:
        require_column(table, key, role="key")
    return table.sort_by([("as_of", "ascending"), ("account_id", "ascending")])


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
    matrix = encode(panel, columns)
    design = design_of(matrix, columns, rows.snapshot, rows.period, periods)
    table = Hazards(
        design=design,
        columns=design_columns(columns),
        period=rows.period,
        periods=periods,
        outcome=rows.outcome,
        entity=entity[rows.snapshot],
        fit=fit,
        folds=period_folds(rows, as_of, periods=periods, fit=fit),
        folds_by_entity=folds_by_entity(entity[rows.snapshot[fit]], fit),
        overlap=overlap(entity[learnt], as_of[learnt], horizon_days=periods.ends[-1]),
    )
    return table, columns
