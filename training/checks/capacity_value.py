"""TW13: at a tenth of the accounts, the model finds as much as the simple ways of choosing.

What counts is the share of the events' ARR among the chosen, date by date; without a column `arr`
that holds amounts every event counts the same. Everyone chooses by probability × ARR, or by ARR
alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from training.checks.numbered import Check, verdict
from training.measures.decision_value import Portfolio, choose
from training.measures.metrics import draw_weights
from training.tables.arr import read_arr
from training.tables.splits import Split
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]

CAPACITY_SHARE = 0.1
# Several ways are compared with: each by a wider interval than one alone would have.
TAILS = (0.005, 0.995)


def value_at_capacity(
    examples: Examples, split: Split, probability: Floats, others: Mapping[str, Floats]
) -> Check:
    """TW13: not less found at capacity than by another way, beyond chance.

    Parameters
    ----------
    examples : Examples
    split : Split
    probability : ndarray (n_test,)
    others : mapping
        The probabilities of the models to compare with, by name.
    """
    portfolio = held_out_portfolio(examples, split)
    if not portfolio.has_stake:
        why = "no held-out event has any ARR: there is no share of it to find"
        return Check("TW13", "n/a", why)
    entity = examples.entity[split.test]
    weights = np.concatenate([np.ones((1, len(entity))), *draw_weights(entity, seed=0)])
    ours = found_at_capacity(portfolio, probability, weights)
    ways = {name: found_at_capacity(portfolio, theirs, weights) for name, theirs in others.items()}
    if np.ptp(portfolio.arr) > 0:
        ways["ARR alone"] = found_at_capacity(portfolio, np.ones_like(probability), weights)
    ahead = {name: ours - theirs for name, theirs in ways.items()}
    best = min(ahead, key=lambda name: ahead[name][0])
    low, high = np.nanquantile(ahead[best][1:], TAILS)
    what = "ARR of the events" if np.ptp(portfolio.arr) > 0 else "events"
    why = f"{ours[0]:.0%} of the {what} among {portfolio.capacity} accounts a date; "
    why += f"{ways[best][0]:.0%} by {best} (difference {low:+.0%} to {high:+.0%})"
    arr = read_arr(examples.table)
    if arr.there and arr.values is None:
        why += f"; every event counts the same, since {arr.why_not}"
    return verdict("TW13", bool(high >= 0), why)


def held_out_portfolio(examples: Examples, split: Split) -> Portfolio:
    """Return the held-out rows as a portfolio; every account weighs 1 without a column `arr`."""
    rows = split.test
    date = np.zeros(len(rows), dtype="datetime64[us]")
    if examples.time is not None:
        date = examples.time[rows]
    newest = int((date == date.max()).sum())
    return Portfolio(
        y=examples.y[rows],
        arr=_arr(examples)[rows],
        date=date,
        capacity=max(1, round(CAPACITY_SHARE * newest)),
        worth=1.0,
        cost=0.0,
    )


def _arr(examples: Examples) -> Floats:
    """Return the ARR of every row, 0 where unknown; 1 throughout when the table tells none."""
    known = read_arr(examples.table).values
    return np.ones(len(examples.y)) if known is None else np.nan_to_num(known)


def found_at_capacity(portfolio: Portfolio, probability: Floats, weights: Floats) -> Floats:
    """Return the share of the events' ARR among those with the most ARR at stake, (draws,)."""
    chosen = choose(portfolio, probability * portfolio.arr, weights)
    at_stake = portfolio.y * portfolio.arr
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(chosen @ at_stake / (weights @ at_stake), dtype=np.float64)
