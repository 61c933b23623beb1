"""Rolling origins: where a model would have stood, walking back from the newest settled date.

Worked example, dates 28 days apart, horizon 90 and embargo 134 days (lead 14 + horizon 90 + grace
30): a block is the 3 dates that fit into a horizon. The newest block is 2023-06-17, 07-15, 08-12;
its origin is its first date, and what could be learnt then are the rows until 2023-06-17 − 134 days
= 2023-02-03, whose labels were all known. The next origin is one block earlier. Blocks do not
overlap; a model scores only the dates of its own block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.errors import NotEnoughError, TableError
from training.tables.splits import MIN_EVENTS, Split, split_at
from training.tables.table import Examples

DAY = np.timedelta64(1, "D")
MIN_ORIGINS = 2
MIN_TEST_EVENTS = 5


@dataclass(frozen=True)
class Origin:
    """One origin: its date, and which rows were known then (fit) and are scored (test)."""

    at: np.datetime64
    split: Split


@dataclass(frozen=True)
class Origins:
    """The origins found, oldest first, the blocks left out, and why there are not more."""

    found: tuple[Origin, ...]
    embargo_days: int
    why_not_more: str = ""
    left_out: tuple[str, ...] = ()


def rolling_origins(examples: Examples, *, wanted: int, grace_days: int) -> Origins:
    """Walk back from the newest date until `wanted` origins are found or history ends.

    A block with too few events of its own is left out: an older one may have enough.

    Parameters
    ----------
    examples : Examples
        With a time column.
    wanted : int
    grace_days : int
        How long after a label window its last labels come to be known.

    Raises
    ------
    TableError
        For a table without time.
    NotEnoughError
        When there are fewer than two origins (or than wanted); says how many days are missing.
    """
    if examples.time is None:
        raise TableError(
            "a backtest needs a time column: name it with --time, or use `tierwise train`, "
            "which splits a table without time by entity"
        )
    embargo = examples.lead_days + examples.horizon_days + grace_days
    dates = np.unique(examples.time)
    size = _dates_in_block(dates, examples.horizon_days)
    found, left_out = list[Origin](), list[str]()
    why = ""
    while len(found) < wanted:
        last = len(dates) - 1 - (len(found) + len(left_out)) * size
        why = _too_early(dates, last - size + 1, embargo)
        if not why:
            start, end = dates[last - size + 1], dates[last]
            split = split_at(
                examples.time, examples.entity, examples.y,
                start=start, end=end, embargo_days=embargo,
            )  # fmt: skip
            why = _too_few_known(split, examples.y, start)
        if why:
            break
        if quiet := _too_few(split.test, examples.y, start, "in its block", MIN_TEST_EVENTS):
            left_out.append(quiet)
        else:
            found.append(Origin(start, split))
    if len(found) < min(MIN_ORIGINS, wanted):
        why = "; ".join([*left_out, why])
        raise NotEnoughError(f"not enough history yet for a backtest: {why}")
    return Origins(tuple(found[::-1]), embargo, why, tuple(left_out[::-1]))


def _dates_in_block(dates: npt.NDArray[np.datetime64], horizon_days: int) -> int:
    """Return how many dates fit into one horizon, at least one."""
    return max(1, int(horizon_days / _step_days(dates))) if len(dates) > 1 else 1


def _step_days(dates: npt.NDArray[np.datetime64]) -> float:
    """Return the usual distance between dates."""
    return float(np.median(np.diff(dates) / DAY))


def _too_early(dates: npt.NDArray[np.datetime64], first: int, embargo_days: int) -> str:
    """Say how many days are missing before the first date of a block, if any are."""
    start = dates[max(first, 0)]
    missing = embargo_days - int((start - dates[0]) / DAY)
    if first < 0 and len(dates) > 1:
        missing += int(-first * _step_days(dates))
    if missing <= 0 <= first:
        return ""
    return (
        f"an origin at {str(start)[:10]} would have nothing to learn from, labels become known "
        f"{embargo_days} days after their date; {max(missing, 1)} more days needed"
    )


def _too_few_known(split: Split, y: npt.NDArray[np.float64], start: np.datetime64) -> str:
    """Say why too little was known at an origin to learn from, if so."""
    why = _too_few(split.fit, y, start, "known then", 2 * MIN_EVENTS)
    if not why and any(len(np.unique(y[fold.learn])) < 2 for fold in split.folds):
        why = f"at {str(start)[:10]} too few entities have an event known then to learn and check"
    return why


def _too_few(
    rows: npt.NDArray[np.intp],
    y: npt.NDArray[np.float64],
    start: np.datetime64,
    role: str,
    needed: int,
) -> str:
    """Say how many events are missing among some rows of an origin, if any are."""
    events = int(y[rows].sum())
    rarer = min(events, len(rows) - events)
    if rarer >= needed:
        return ""
    return f"the origin at {str(start)[:10]} has {rarer} events {role}, {needed} are needed"
