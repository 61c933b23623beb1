"""What a ranking is worth to a team that can act on `capacity` accounts at every date.

Money is ARR in the currency of the source; an account is acted on or not, once per date. Every
figure takes weights (draws, n), as in `training.measures.metrics`; ties share the last seats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class CostMatrix:
    """What acting on an account keeps, wins and costs.

    Acted on, an account that would churn keeps `churn_averted * churn_years` of its ARR on
    average, one that would expand wins `expansion_lift * expansion_share` of it; either way
    `cost_per_account` is spent. Not acted on, nothing is.

    Attributes
    ----------
    churn_averted : float
        Share of churns that acting averts. All defaults are those of the tier `high` of the policy
        Tierwise starts with (`tiering/policies/default.toml`): assumptions until a hold-out
        measures them.
    churn_years : float
        Years of ARR that an averted churn keeps.
    expansion_lift : float
        Share that acting adds to the expansions.
    expansion_share : float
        Share of ARR that an expansion wins.
    cost_per_account : float
        Money per account acted on, beyond salaries, which are paid whoever is served.
    """

    churn_averted: float = 0.30
    churn_years: float = 1.0
    expansion_lift: float = 0.40
    expansion_share: float = 0.15
    cost_per_account: float = 40.0

    def worth(self, outcome: str) -> float:
        """Return the share of ARR that acting on an event is worth; what is no growth is a loss."""
        if outcome == "expansion":
            return self.expansion_lift * self.expansion_share
        return self.churn_averted * self.churn_years


SHIPPED = CostMatrix()


@dataclass(frozen=True)
class Portfolio:
    """The rows a team chooses from.

    Attributes
    ----------
    y : ndarray (n,)
    arr : ndarray (n,)
        NaN where unknown: such a row counts for no figure in money.
    date : ndarray (n,)
        Rows of one date are chosen from together.
    capacity : int
        Accounts the team can act on at each date.
    worth : float
        Share of its ARR that acting on an event is worth.
    cost : float
        Money per account acted on.
    """

    y: Floats
    arr: Floats
    date: npt.NDArray[np.datetime64]
    capacity: int
    worth: float
    cost: float

    @property
    def has_stake(self) -> bool:
        """Whether the events have any ARR, of which a share can be found."""
        return bool(self.y @ np.nan_to_num(self.arr) > 0)

    def dates(self) -> Iterator[Rows]:
        """Yield the positions of the rows of each date."""
        for date in np.unique(self.date):
            yield np.flatnonzero(self.date == date)


def decision_metrics(
    portfolio: Portfolio, probability: Floats, weights: Floats
) -> dict[str, Floats]:
    """Return what the team's choice at capacity is worth, each (draws,).

    - ``lift_at_capacity``: event rate of the likeliest `capacity` accounts over that of all.
    - ``arr_captured``: share of the events' ARR that lies among the `capacity` accounts with the
      most ARR at stake (probability × ARR), which is how tiers are decided.
    - ``arr_captured_by_risk``: the same when the likeliest are chosen, whatever their size.
    - ``net_value``: money per date of acting on the `capacity` accounts of the highest expected
      net value, none below 0, counted with what then happened.
    """
    known = np.nan_to_num(portfolio.arr, nan=0.0)
    value = probability * known * portfolio.worth - portfolio.cost
    by_risk = choose(portfolio, probability, weights)
    by_stake = choose(portfolio, probability * known, weights)
    by_value = choose(portfolio, value, weights * (value > 0))
    at_stake = portfolio.y * known
    earned = at_stake * portfolio.worth - portfolio.cost
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = weights @ portfolio.y / weights.sum(axis=1)
        lift = by_risk @ portfolio.y / by_risk.sum(axis=1) / rate
        total = weights @ at_stake
        captured = (by_stake @ at_stake / total, by_risk @ at_stake / total)
    net = by_value @ earned / len(np.unique(portfolio.date))
    if np.isnan(portfolio.arr).all():
        net = np.full(len(weights), np.nan)
    return {
        "lift_at_capacity": lift,
        "arr_captured": captured[0],
        "arr_captured_by_risk": captured[1],
        "net_value": net,
    }


def choose(portfolio: Portfolio, score: Floats, weights: Floats) -> Floats:
    """Return how often each row is acted on (draws, n): the highest scores of each date."""
    chosen = np.zeros_like(weights)
    for rows in portfolio.dates():
        chosen[:, rows] = fill_seats(score[rows], weights[:, rows], seats=portfolio.capacity)
    return chosen


def fill_seats(score: Floats, weights: Floats, *, seats: float) -> Floats:
    """Fill seats by falling score; equal scores share the last ones evenly.

    Parameters
    ----------
    score : ndarray (n,)
    weights : ndarray (draws, n)
        How often each row is there.
    seats : float

    Returns
    -------
    ndarray (draws, n)
        How often each row has a seat; sums to `seats`, or to all rows when they are fewer.
    """
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    size = np.add.reduceat(weights[:, order], starts, axis=1)
    before = size.cumsum(axis=1) - size
    share = np.clip(seats - before, 0.0, size) / np.where(size > 0, size, 1.0)
    group = np.empty(len(score), dtype=np.intp)
    group[order] = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(score)]))
    return np.asarray(share[:, group] * weights, dtype=np.float64)


def captured_curve(portfolio: Portfolio, score: Floats, shares: Floats) -> Floats:
    """Return the share of the events' ARR found in the first share of each date's rows, (s,)."""
    at_stake = portfolio.y * np.nan_to_num(portfolio.arr, nan=0.0)
    found = np.zeros(len(shares))
    for rows in portfolio.dates():
        order = rows[np.argsort(-score[rows], kind="stable")]
        curve = np.r_[0.0, at_stake[order].cumsum()]
        found += np.interp(shares * len(rows), np.arange(len(rows) + 1), curve)
    return np.asarray(found / at_stake.sum(), dtype=np.float64)
