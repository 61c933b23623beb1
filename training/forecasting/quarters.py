"""What became of accounts, quarter by quarter: for the forecast of retention.

Quarters are 91 days (13 weeks) from as_of, without a lead. The clock is that of decisions: an
account counts as lost on the day it decided to leave, whenever that takes effect; one whose renewal
comes late, within the grace, has lost nothing in between. Who has not left by a quarter's end has
grown or shrunk when its ARR stands the least expansion (5 % by default) above or below that of the
quarter's start, as the labels have it for a window of one quarter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from features.label_window import LabelWindow
from features.outcome_times import days_of, outcome_times_from_the_future
from features.source import Source
from training.horizons.fitting import in_order
from training.horizons.periods import CHURNS, OUTCOMES, Periods
from training.horizons.person_periods import Followed, PersonPeriods, follow

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Floats = npt.NDArray[np.float64]

QUARTER_DAYS = 91
N_QUARTERS = 4
QUARTERS = Periods(
    ends=tuple(QUARTER_DAYS * (number + 1) for number in range(N_QUARTERS)), lead_days=0
)
RESIZED = 0.05  # as `LabelWindow.expansion_min`


@dataclass(frozen=True)
class Quarters:
    """Snapshots and what became of them over four quarters.

    Attributes
    ----------
    panel : pyarrow.Table (n rows)
        By date and account.
    arr : ndarray (n, 5)
        In effect at as_of and at the end of each quarter; who has not left keeps what it had.
    churn : ndarray (n,)
        Days to the decision to leave, inf without one.
    involuntary : ndarray (n,) of bool
    until : ndarray (n,)
        Days from as_of up to which everything is certain.
    at_risk : ndarray (n,) of bool
        Eligible at as_of, with ARR.
    periods : Periods
        The four quarters, and the grace after which their outcomes are certain.
    resized : float
        Least change of ARR, as a share, that is growing or shrinking.
    """

    panel: pa.Table
    arr: Floats
    churn: Floats
    involuntary: npt.NDArray[np.bool_]
    until: Floats
    at_risk: npt.NDArray[np.bool_]
    periods: Periods = QUARTERS
    resized: float = RESIZED


def quarters_from_the_future(
    source: Source,
    panel: pa.Table,
    window: LabelWindow | None = None,
    *,
    known_by: datetime | None = None,
) -> Quarters:
    """Return what became of every row of a panel over the four quarters after its as_of.

    Of the window grace and least expansion count; its lead and horizon play no part. ``known_by``
    as in ``outcome_times_from_the_future``.
    """
    panel, window = in_order(panel), window or LabelWindow()
    times = outcome_times_from_the_future(source, panel, window, known_by=known_by)
    later = [_arr_after(source, panel, end, known_by) for end in QUARTERS.ends]
    periods = replace(QUARTERS, grace_days=window.grace_days)
    followed = follow(panel, times, periods, CHURNS)
    made = make_quarters(panel, followed, np.column_stack([days_of(times, "arr"), *later]))
    return replace(made, periods=periods, resized=window.expansion_min)


def make_quarters(panel: pa.Table, followed: Followed, arr: Floats) -> Quarters:
    """Put quarters together from how long each snapshot stayed and its ARR (n, 5)."""
    return Quarters(
        panel=panel,
        arr=_through_lapses(arr, followed.day),
        churn=followed.day,
        involuntary=followed.outcome == CHURNS.index("involuntary_churn"),
        until=followed.until,
        at_risk=followed.at_risk,
    )


def _arr_after(source: Source, panel: pa.Table, days: int, known_by: datetime | None) -> Floats:
    moved = pc.add(panel.column("as_of"), pa.scalar(timedelta(days=days), pa.duration("us")))
    keys = panel.select(["account_id"]).append_column("as_of", moved)
    return days_of(outcome_times_from_the_future(source, keys, known_by=known_by), "arr")


def _through_lapses(arr: Floats, churn: Floats) -> Floats:
    """Return ARR (n, 5) where a renewal that came late leaves no hole.

    A quarter may end while a contract has ended and its renewal has yet to be signed. Learnt from
    as a contraction to nothing, that would be lost for good in every forecast.
    """
    whole = arr.copy()
    for number, end in enumerate(QUARTERS.ends, start=1):
        lapsed = (whole[:, number] == 0) & (churn >= end)
        whole[lapsed, number] = whole[lapsed, number - 1]
    return whole


def kept_arr(quarters: Quarters) -> Floats:
    """Return the ARR of each quarter's end, 0 from the decision to leave on, (n, 5)."""
    ends = np.array((0, *QUARTERS.ends), dtype=np.float64)
    return np.where(quarters.churn[:, np.newaxis] < ends, 0.0, quarters.arr)


def quarter_rows(quarters: Quarters) -> PersonPeriods:
    """Return one row per snapshot and quarter it began with ARR and undecided, observed whole.

    Unlike a first outcome, growing or shrinking ends nothing: it can come again next quarter.
    """
    churn, arr = quarters.churn[:, np.newaxis], quarters.arr
    stayed = (churn >= QUARTERS.starts) & (arr[:, :-1] > 0)
    observed = quarters.until[:, np.newaxis] >= QUARTERS.closes
    snapshot, period = np.nonzero(stayed & observed & quarters.at_risk[:, np.newaxis])
    before, after = arr[snapshot, period], arr[snapshot, period + 1]
    outcome = np.full(len(snapshot), -1)
    window = LabelWindow(expansion_min=quarters.resized)
    outcome[after >= before * window.grown] = OUTCOMES.index("expansion")
    outcome[after <= before * window.shrunk] = OUTCOMES.index("contraction")
    left = quarters.churn[snapshot] < QUARTERS.closes[period]
    involuntary = left & quarters.involuntary[snapshot]
    outcome[left] = OUTCOMES.index("voluntary_churn")
    outcome[involuntary] = OUTCOMES.index("involuntary_churn")
    return PersonPeriods(snapshot, period, outcome)


@dataclass(frozen=True)
class Retention:
    """Retention of a cohort by the end of each of the four quarters; shape (..., 4).

    Attributes
    ----------
    nrr : ndarray
        ARR kept, over ARR at the start.
    grr : ndarray
        The same without growth: each account counts at most what it began with.
    logo : ndarray
        Share of accounts that have not decided to leave.
    """

    nrr: Floats
    grr: Floats
    logo: Floats


def realised(quarters: Quarters, rows: npt.NDArray[np.bool_]) -> Retention:
    """Return the retention of the snapshots at risk among some rows (n,): one cohort."""
    chosen = rows & quarters.at_risk
    kept = kept_arr(quarters)[chosen]
    stays = quarters.churn[chosen, np.newaxis] >= QUARTERS.closes
    return retention(kept[:, 0], kept[:, 1:], stays)


def retention(start: Floats, end: Floats, stays: npt.NDArray[np.bool_]) -> Retention:
    """Return retention from ARR at the start (n,) and at the ends (..., n, 4), and who stays."""
    whole = start.sum()
    capped = np.minimum(end, start[:, np.newaxis])
    return Retention(
        nrr=np.where(stays, end, 0.0).sum(axis=-2) / whole,
        grr=np.where(stays, capped, 0.0).sum(axis=-2) / whole,
        logo=stays.mean(axis=-2),
    )
