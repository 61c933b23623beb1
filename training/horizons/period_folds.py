"""Which rows of the person-period table may be learnt from, and folds that walk forward.

Every row has its own embargo: it may teach from the day its period and the grace are over, so that
recent snapshots teach their short periods while their long ones are still to come. Worked example:
lead 14, grace 30; the row of 1 June and [15 June, 15 July) teaches from 14 August on. The fit rows
of 1 November are those certain by then; a fold is checked on a block of dates and learns from what
was certain on its first. It is checked only on periods it has learnt from.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.horizons.periods import Periods
from training.horizons.person_periods import PersonPeriods
from training.tables.splits import FIRST_BLOCK_AT, MIN_EVENTS, N_FOLDS, Fold

Times = npt.NDArray[np.datetime64]
Rows = npt.NDArray[np.intp]


def certain_on(rows: PersonPeriods, as_of: Times, periods: Periods) -> Times:
    """Return the day on which each row's period and grace are over, (r,)."""
    return np.asarray(as_of[rows.snapshot] + periods.certain_after[rows.period])


def period_folds(
    rows: PersonPeriods, as_of: Times, *, periods: Periods, fit: Rows
) -> tuple[Fold, ...]:
    """Fold the fit rows forwards in time; empty where history is too short for two folds.

    Parameters
    ----------
    rows : PersonPeriods (r rows)
    as_of : ndarray (n,)
        Of the snapshots.
    periods : Periods
    fit : ndarray of positions among the r rows
    """
    asked, certain = as_of[rows.snapshot], certain_on(rows, as_of, periods)
    folds = []
    for first, last in _blocks(np.unique(asked[fit])):
        learn = fit[certain[fit] <= first]
        check = fit[(asked[fit] >= first) & (asked[fit] <= last)]
        check = check[np.isin(rows.period[check], _learnt(rows, learn, periods))]
        if min((rows.outcome[part] >= 0).sum() for part in (learn, check)) >= MIN_EVENTS:
            folds.append(Fold(learn=learn, check=check))
    return tuple(folds) if len(folds) >= 2 else ()


def _blocks(dates: Times) -> list[tuple[np.datetime64, np.datetime64]]:
    """Cut the later dates into consecutive blocks; return the first and the last date of each."""
    blocks = np.array_split(dates[int(len(dates) * FIRST_BLOCK_AT) :], N_FOLDS)
    return [(block[0], block[-1]) for block in blocks if block.size]


def _learnt(rows: PersonPeriods, learn: Rows, periods: Periods) -> npt.NDArray[np.intp]:
    """Return the periods in which enough events were seen to know their level."""
    seen = rows.period[learn][rows.outcome[learn] >= 0]
    return np.flatnonzero(np.bincount(seen, minlength=len(periods.ends)) >= MIN_EVENTS)
