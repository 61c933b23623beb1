"""The table a hazard is learnt from: one row per snapshot and period it lived through, observed.

A snapshot contributes the periods up to its first outcome, and only those whose end (and grace) the
records reach; a period of which only a part is observed tells nothing, not even of an outcome seen
in it, since the same part without an outcome could not be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from features.outcome_times import days_of
from training.errors import HorizonError
from training.horizons.periods import OUTCOMES, Periods

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Followed:
    """What became of n snapshots.

    Attributes
    ----------
    day : ndarray (n,)
        Days from as_of to the first outcome, inf without one.
    outcome : ndarray (n,) of int
        Its position among the outcomes asked for, -1 without one.
    until : ndarray (n,)
        Days from as_of up to which everything is certain.
    at_risk : ndarray (n,) of bool
        Eligible at as_of, and nothing decided within the lead.
    """

    day: Floats
    outcome: Ints
    until: Floats
    at_risk: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PersonPeriods:
    """One row per snapshot and period; r rows.

    Attributes
    ----------
    snapshot : ndarray (r,) of positions
    period : ndarray (r,) of positions
    outcome : ndarray (r,) of int
        -1 where nothing happened in the period.
    """

    snapshot: Ints
    period: Ints
    outcome: Ints


def follow(
    panel: pa.Table, times: pa.Table, periods: Periods, outcomes: Sequence[str] = OUTCOMES
) -> Followed:
    """Return what became of every snapshot of a panel.

    Parameters
    ----------
    panel : pyarrow.Table (n rows)
        With `account_id`, `as_of` and, if only some rows are at risk, `eligible`.
    times : pyarrow.Table (n rows)
        From `features.outcome_times.outcome_times_from_the_future`, row by row.
    periods : Periods
    outcomes : sequence of str
        Those that compete; the others are as if nothing had happened.

    Raises
    ------
    HorizonError
        The two tables have other rows, or an outcome has no column of days.
    """
    _require_same_rows(panel, times)
    days = np.stack([_days_to(times, outcome) for outcome in outcomes])
    first = days.argmin(axis=0)
    day = days[first, np.arange(days.shape[1])]
    doubt = _or_never(days_of(times, "days_to_doubt"))
    doubted = np.where(doubt < day, doubt, np.inf)
    certain = days_of(times, "days_observed") - periods.grace_days
    opens = periods.lead_days
    at_risk = _eligible(panel) & (days_of(times, "arr") > 0) & (day >= opens) & (doubt >= opens)
    return Followed(
        day=day,
        outcome=np.where(np.isfinite(day), first, -1),
        until=np.minimum(certain, doubted),
        at_risk=at_risk,
    )


def person_periods(followed: Followed, periods: Periods) -> PersonPeriods:
    """Return the periods each snapshot at risk lived through, ordered by snapshot and period."""
    starts, closes = periods.starts, periods.closes
    lived = followed.day[:, np.newaxis] >= starts
    observed = followed.until[:, np.newaxis] >= closes
    snapshot, period = np.nonzero(lived & observed & followed.at_risk[:, np.newaxis])
    ended = followed.day[snapshot] < closes[period]
    return PersonPeriods(snapshot, period, np.where(ended, followed.outcome[snapshot], -1))


def _days_to(times: pa.Table, outcome: str) -> Floats:
    name = f"days_to_{outcome}"
    if name not in times.column_names:
        raise HorizonError(f"the outcome times have no '{name}'; known are {', '.join(OUTCOMES)}")
    return _or_never(days_of(times, name))


def _or_never(days: Floats) -> Floats:
    return np.where(np.isnan(days), np.inf, days)


def _eligible(panel: pa.Table) -> npt.NDArray[np.bool_]:
    if "eligible" not in panel.column_names:
        return np.ones(panel.num_rows, dtype=np.bool_)
    flags = pc.fill_null(panel.column("eligible").cast(pa.bool_()), False)
    return np.asarray(flags.to_numpy(), dtype=np.bool_)


def _require_same_rows(panel: pa.Table, times: pa.Table) -> None:
    same = panel.num_rows == times.num_rows and all(
        panel.column(key).combine_chunks().equals(times.column(key).combine_chunks())
        for key in ("account_id", "as_of")
    )
    if not same:
        raise HorizonError(
            f"the outcome times ({times.num_rows} rows) are not those of the panel "
            f"({panel.num_rows} rows): make them from the same rows, in the same order"
        )
