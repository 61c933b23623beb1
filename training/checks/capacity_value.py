"""TW13: at the team's capacity, the model finds as much as the simple ways of choosing.

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
from training.measures.team import NO_POLICY, Team
from training.tables.arr import read_arr
from training.tables.splits import Split
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]

# Several ways are compared with: each by a wider interval than one alone would have.
TAILS = (0.005, 0.995)
SAID = {"one_line_rule": "the one-line rule", "logistic": "the logistic regression"}


def value_at_capacity(
    examples: Examples,
    split: Split,
    probability: Floats,
    others: Mapping[str, Floats],
    team: Team = NO_POLICY,
) -> Check:
    """TW13: not less found at capacity than by another way, beyond chance.

    Parameters
    ----------
    examples : Examples
    split : Split
    probability : ndarray (n_test,)
    others : mapping
        The probabilities of the models to compare with, by name.
    team : Team
        How many accounts can be acted on.
    """
    portfolio = held_out_portfolio(examples, split, team)
    if not portfolio.has_stake:
        why = "no held-out event has any ARR: there is no share of it to find"
        return Check("TW13", "n/a", why)
    most = max(len(rows) for rows in portfolio.dates())
    if portfolio.capacity >= most:
        why = f"{_seats(portfolio, team)} are at least the {most} held-out accounts of any date: "
        return Check("TW13", "n/a", why + "everyone can be acted on, nobody has to be chosen")
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
    why = f"{ours[0]:.0%} of the {what} among {_seats(portfolio, team)}; "
    why += f"{ways[best][0]:.0%} by {SAID.get(best, best)} (difference {low:+.0%} to {high:+.0%})"
    arr = read_arr(examples.table)
    if arr.there and arr.values is None:
        why += f"; every event counts the same, since {arr.why_not}"
    return verdict("TW13", bool(high >= 0), why)


def _seats(portfolio: Portfolio, team: Team) -> str:
    """Return how many accounts are acted on, and by what if not by default."""
    said = f"{portfolio.capacity} accounts a date"
    if team.policy is None:
        return said
    part = "" if portfolio.capacity == team.capacity else ", the held-out accounts' part"
    return f"{said} ({team.capacity_from}{part if team.capacity else ''})"


def held_out_portfolio(examples: Examples, split: Split, team: Team = NO_POLICY) -> Portfolio:
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
        capacity=_capacity(examples, split, newest, team),
        worth=1.0,
        cost=0.0,
    )


def _capacity(examples: Examples, split: Split, newest: int, team: Team) -> int:
    """Return the team's seats for the held-out accounts: their part of those of all accounts.

    Held out by entity, or a sample of a large table, they are not the whole of a date.
    """
    if team.capacity is None:
        return team.seats(newest)
    everyone = len(examples.y)
    if examples.time is not None:
        everyone = int((examples.time == examples.time[split.test].max()).sum())
    part = newest / everyone * len(examples.y) / examples.n_known
    return max(1, round(team.capacity * part))


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
