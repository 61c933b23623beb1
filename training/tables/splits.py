"""Splits by role, walking backwards from the newest finished label window.

Worked example, lead 14 and horizon 90 days, 22 dates 28 days apart, the newest 2023-08-28:
test = 2023-05-08, 06-05, 07-03, 07-31, 08-28. A row learnt from must have seen its whole label
window `[as_of + 14, as_of + 104)` before the first test row, so fit ends at the last as_of not
after 2023-05-08 − 104 days, that is 2023-01-16; what lies between is the embargo and serves no
role. Inside fit the same walk is repeated where events are many: each fold is checked on a block of
dates and learns only from rows whose label window ended before that block. Where they are few, a
third of the history is too little to choose a shape by, and the fit rows are folded by entity. The
pooled margins of the checked rows are the role calibrate.

The same account may stand in fit at an early date and in test at a later one: so it will be in
production, and no label window is shared. Its rows are not independent, therefore every interval
resamples accounts, not rows. Without a time column, or with a history too short for the embargo,
an account has all its rows on one side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.errors import NotEnoughError

Rows = npt.NDArray[np.intp]
Times = npt.NDArray[np.datetime64]

TEST_SHARE = 0.22
N_FOLDS = 4
# The first block that is checked comes after this share of the fit window: models of much less
# history than the refit has would choose too simple a shape.
FIRST_BLOCK_AT = 0.5
MIN_EVENTS = 10
# Folds walk in time when the first of them learns from so many entities with the event (and as many
# without). On 9 of 11 origins of smaller tables, folds by entity chose models with lower log-loss.
ENOUGH_TO_WALK = 300


@dataclass(frozen=True)
class Fold:
    """Rows to learn from and rows to check on, as positions in the table."""

    learn: Rows
    check: Rows


@dataclass(frozen=True)
class Split:
    """Disjoint roles of the rows of a table.

    Attributes
    ----------
    fit, embargo, test : ndarray of positions
        Together every row, none twice.
    folds : tuple of Fold
        Inside `fit`: their checked blocks are disjoint and give the margins to calibrate on.
    by_time : bool
    forward : bool
        Whether the folds also walk in time; a short fit window is folded by entity instead.
    embargo_days : int
        Days between the last fit row and the first test row that had to be left out.
    """

    fit: Rows
    embargo: Rows
    test: Rows
    folds: tuple[Fold, ...]
    by_time: bool
    forward: bool
    embargo_days: int


def split_by_time(
    time: Times, entity: npt.NDArray[np.str_], y: npt.NDArray[np.float64], *, embargo_days: int
) -> Split:
    """Split rows by time with an embargo of lead + horizon days.

    Raises
    ------
    NotEnoughError
        When no date is old enough to learn from, or a role has too few events.
    """
    start = _test_start(time, np.timedelta64(embargo_days, "D"))
    split = split_at(time, entity, y, start=start, embargo_days=embargo_days)
    return _with_events(split, y)


def split_at(
    time: Times,
    entity: npt.NDArray[np.str_],
    y: npt.NDArray[np.float64],
    *,
    start: np.datetime64,
    end: np.datetime64 | None = None,
    embargo_days: int,
) -> Split:
    """Split rows at a given first test date; rows after `end` serve no role.

    Whether a role has enough events is for the caller to ask.
    """
    embargo = np.timedelta64(embargo_days, "D")
    in_test = time >= start
    in_fit = time <= start - embargo
    fit = np.flatnonzero(in_fit)
    folds = _forward_folds(time, entity, y, fit=fit, embargo=embargo)
    return Split(
        fit=fit,
        embargo=np.flatnonzero(~in_fit & ~in_test),
        test=np.flatnonzero(in_test if end is None else in_test & (time <= end)),
        folds=folds or folds_by_entity(entity[fit], fit),
        by_time=True,
        forward=bool(folds),
        embargo_days=embargo_days,
    )


def long_enough(time: Times, *, embargo_days: int) -> bool:
    """Say whether the dates reach over the embargo, so that something can be tested forward."""
    return bool(time.max() - time.min() >= np.timedelta64(embargo_days, "D"))


def split_by_entity(
    entity: npt.NDArray[np.str_], y: npt.NDArray[np.float64], *, seed: int
) -> Split:
    """Split rows by a seeded hash of their entity: the same entity, the same side, for ever.

    Raises
    ------
    NotEnoughError
        When a role has too few events.
    """
    in_test = entity_share(entity, salt=f"test-{seed}") < TEST_SHARE
    fit = np.flatnonzero(~in_test)
    split = Split(
        fit=fit,
        embargo=np.empty(0, dtype=np.intp),
        test=np.flatnonzero(in_test),
        folds=folds_by_entity(entity[fit], fit),
        by_time=False,
        forward=False,
        embargo_days=0,
    )
    return _with_events(split, y)


def entity_share(entity: npt.NDArray[np.str_], *, salt: str) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) per row, (n,), that depends on the entity and the salt alone."""
    names, position = np.unique(entity, return_inverse=True)
    return hashed_share(names.tolist(), salt=salt)[position]


def hashed_share(names: Iterable[str], *, salt: str) -> npt.NDArray[np.float64]:
    """Return that number for each name."""
    hashes = (hashlib.sha256(f"{salt}\x00{name}".encode()).digest()[:7] for name in names)
    return np.asarray([int.from_bytes(each, "big") / 2**56 for each in hashes])


def overlap(entity: npt.NDArray[np.str_], time: Times | None, *, horizon_days: int) -> float:
    """Return how many rows tell of the same event, >= 1.

    Snapshots `step` days apart see the same event in `horizon / step` label windows, but never
    in more than an entity has rows.
    """
    per_entity = len(entity) / len(np.unique(entity))
    if time is None:
        return per_entity
    dates = np.unique(time)
    if len(dates) < 2:
        return 1.0
    step = float(np.median(np.diff(dates) / np.timedelta64(1, "D")))
    return max(1.0, min(per_entity, horizon_days / step))


def _test_start(time: Times, embargo: np.timedelta64) -> np.datetime64:
    """Walk back from the newest date until the test share is reached, keeping dates to fit on."""
    dates, counts = np.unique(time, return_counts=True)
    usable = np.flatnonzero(dates - embargo >= dates[0])
    if not usable.size:
        days = int((dates[-1] - dates[0]) / np.timedelta64(1, "D"))
        needed = int(embargo / np.timedelta64(1, "D"))
        raise NotEnoughError(
            f"not enough history yet: labelled dates span {days} days, and {needed} (lead + "
            f"horizon) must lie between learning and testing; {needed - days} more days needed"
        )
    newer = counts[::-1].cumsum()[::-1] / len(time)
    reached = [index for index in usable if newer[index] >= TEST_SHARE]
    # Of a short history, test on the newest dates that still leave something to learn from.
    index = max(reached) if reached else usable[0]
    return np.datetime64(dates[index])


def _forward_folds(
    time: Times,
    entity: npt.NDArray[np.str_],
    y: npt.NDArray[np.float64],
    *,
    fit: Rows,
    embargo: np.timedelta64,
) -> tuple[Fold, ...]:
    """Fold the fit window forwards; empty when it is too short or tells of too few events."""
    dates = np.unique(time[fit])
    first = int(np.searchsorted(dates, dates[0] + embargo))
    first = max(first, int(len(dates) * FIRST_BLOCK_AT))
    blocks = np.array_split(dates[first:], min(N_FOLDS, max(len(dates) - first, 1)))
    folds = []
    for block in blocks:
        if not block.size:
            continue
        learn = fit[time[fit] <= block[0] - embargo]
        check = fit[(time[fit] >= block[0]) & (time[fit] <= block[-1])]
        if _rarer(y[check]) >= MIN_EVENTS:
            folds.append(Fold(learn=learn, check=check))
    enough = len(folds) >= 2 and _n_told(entity, y, folds[0].learn) >= ENOUGH_TO_WALK
    return tuple(folds) if enough else ()


def _n_told(entity: npt.NDArray[np.str_], y: npt.NDArray[np.float64], rows: Rows) -> int:
    """Return how many entities have rows of the rarer class."""
    return min(len(np.unique(entity[rows][y[rows] == label])) for label in (0.0, 1.0))


def folds_by_entity(entity: npt.NDArray[np.str_], fit: Rows) -> tuple[Fold, ...]:
    """Fold the fit rows, whose entities are given, by a hash of the entity; no fold is empty."""
    number = (entity_share(entity, salt="fold") * N_FOLDS).astype(int)
    folds = (Fold(learn=fit[number != k], check=fit[number == k]) for k in range(N_FOLDS))
    return tuple(fold for fold in folds if fold.check.size)


def _rarer(y: npt.NDArray[np.float64]) -> int:
    """Return the number of rows of the rarer class."""
    n_events = int(y.sum())
    return min(n_events, len(y) - n_events)


def _with_events(split: Split, y: npt.NDArray[np.float64]) -> Split:
    """Raise NotEnoughError unless every role has enough of both classes."""
    for role, rows, needed in (("fit", split.fit, 2 * MIN_EVENTS), ("test", split.test, 5)):
        found = _rarer(y[rows])
        if found < needed:
            raise NotEnoughError(
                f"not enough events yet: {found} in the {len(rows)} rows to {role}, "
                f"{needed - found} more needed"
            )
    if any(_rarer(y[fold.learn]) == 0 for fold in split.folds):
        raise NotEnoughError("not enough events yet: too few entities have one to learn and check")
    return split
