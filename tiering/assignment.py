"""Who gets which tier: the assignment with the highest expected net value under the seats.

Every account gets exactly one tier. Money is in the source's currency, per label horizon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array

from tiering.errors import AssignmentError
from tiering.prices import seat_prices
from tiering.version import Tier, Version

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """One account's tier.

    ``decided_by`` is ``best_value`` when no other tier would be worth more to this account, and
    ``seats_full`` when one would but its seats earn more elsewhere. ``margin`` is how much more the
    tier is worth than ``next_best``, both after the price of their seats; never negative.
    """

    account_id: str
    tier: str
    touch_model: str
    value: float
    decided_by: str
    next_best: str | None
    margin: float | None


@dataclass(frozen=True)
class Seats:
    """A tier's room. ``capacity`` None: no limit; ``price``: what one more seat would add."""

    tier: str
    touch_model: str
    capacity: int | None
    used: int
    price: float


@dataclass(frozen=True)
class Assignment:
    """All decisions in order of account_id, the seats, and the expected net value of the whole."""

    decisions: tuple[Decision, ...]
    seats: tuple[Seats, ...]
    value: float


def tier_values(
    version: Version, *, arr: ArrayLike, churn: ArrayLike, expansion: ArrayLike
) -> Matrix:
    """Return the expected net value of every account in every tier, shape (accounts, tiers).

    ``arr × churn × churn_averted × churn_years + arr × expansion × expansion_lift ×
    expansion_share − cost_per_account``; an unknown probability (NaN) counts as no expected effect.
    """
    arr_, churn_, expansion_ = (np.asarray(x, dtype=np.float64) for x in (arr, churn, expansion))
    at_risk = np.nan_to_num(arr_ * churn_) * version.worth.churn_years.value
    to_win = np.nan_to_num(arr_ * expansion_) * version.worth.expansion_share.value
    averted = np.array([tier.churn_averted.value for tier in version.tiers])
    lift = np.array([tier.expansion_lift.value for tier in version.tiers])
    cost = np.array([tier.cost_per_account.value for tier in version.tiers])
    values: Matrix = np.outer(at_risk, averted) + np.outer(to_win, lift) - cost
    return values


def assign(
    version: Version,
    account_ids: Sequence[str],
    *,
    arr: ArrayLike,
    churn: ArrayLike,
    expansion: ArrayLike,
) -> Assignment:
    """Assign every account to one tier of ``version``.

    Parameters
    ----------
    arr, churn, expansion
        One number per account: annual recurring revenue, churn risk, expansion propensity
        (NaN when the account has no score).

    Raises
    ------
    AssignmentError
        When ids repeat, lengths differ, or ARR is negative or not a number.
    """
    _check(account_ids, arr, churn, expansion)
    order = np.argsort(np.asarray(account_ids, dtype=object), kind="stable")
    ids = [account_ids[i] for i in order]
    values = tier_values(version, arr=arr, churn=churn, expansion=expansion)[order]
    chosen = best_columns(values, [tier.seats for tier in version.tiers])
    prices = seat_prices(values, chosen, [tier.seats for tier in version.tiers])
    decisions = tuple(
        _decision(account_id, version.tiers, row, int(column), prices)
        for account_id, row, column in zip(ids, values, chosen, strict=True)
    )
    seats = tuple(
        Seats(tier.name, tier.touch_model, tier.seats, int((chosen == k).sum()), float(prices[k]))
        for k, tier in enumerate(version.tiers)
    )
    return Assignment(decisions, seats, float(sum(decision.value for decision in decisions)))


def best_columns(values: Matrix, seats: Sequence[int | None]) -> NDArray[np.int64]:
    """Return each row's column in a maximum-value assignment with at most ``seats`` rows a column.

    A transportation problem: its linear programme has integral vertices. Rows with the same values
    are interchangeable, so among them the earlier row gets the earlier column: ties never depend on
    the solver.
    """
    n, k = values.shape
    if n == 0:
        return np.empty(0, dtype=np.int64)
    capped = [j for j in range(k) if seats[j] is not None]
    variables = np.arange(n * k).reshape(n, k)
    one_each: Any = coo_array((np.ones(n * k), (np.repeat(np.arange(n), k), variables.ravel())))
    caps: Any = coo_array(
        (np.ones(n * len(capped)), (np.repeat(range(len(capped)), n), variables.T[capped].ravel())),
        shape=(len(capped), n * k),
    )
    solution = linprog(
        -values.ravel(),
        A_ub=caps.tocsr(),
        b_ub=np.array([seats[j] or 0 for j in capped], dtype=np.float64),
        A_eq=one_each.tocsr(),
        b_eq=np.ones(n),
        bounds=(0, None),
        method="highs-ds",
    )
    if solution.status != 0 or solution.x is None:
        raise AssignmentError(f"the solver found no assignment: {solution.message}")
    shares = solution.x.reshape(n, k)
    if np.abs(shares - np.rint(shares)).max() > 1e-6:
        raise AssignmentError("the solver split an account between tiers; report this as a defect")
    return _settle_ties(values, shares.argmax(axis=1))


def _settle_ties(values: Matrix, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    _, group = np.unique(values, axis=0, return_inverse=True)
    rows = np.argsort(group.ravel(), kind="stable")
    columns = chosen[np.lexsort((chosen, group.ravel()))]
    settled = np.empty_like(chosen)
    settled[rows] = columns
    return settled


def _decision(
    account_id: str, tiers: Sequence[Tier], row: Matrix, column: int, prices: Matrix
) -> Decision:
    after_price = row - prices
    others = [k for k in range(len(tiers)) if k != column]
    runner_up = max(others, key=lambda k: (after_price[k], -k)) if others else None
    margin = None if runner_up is None else float(after_price[column] - after_price[runner_up])
    return Decision(
        account_id=account_id,
        tier=tiers[column].name,
        touch_model=tiers[column].touch_model,
        value=float(row[column]),
        decided_by="best_value" if row[column] >= row.max() else "seats_full",
        next_best=None if runner_up is None else tiers[runner_up].name,
        margin=None if margin is None else max(margin, 0.0),
    )


def _check(
    account_ids: Sequence[str], arr: ArrayLike, churn: ArrayLike, expansion: ArrayLike
) -> None:
    if len(set(account_ids)) != len(account_ids):
        raise AssignmentError("an account_id stands twice; give one row per account")
    for name, numbers in (("arr", arr), ("churn", churn), ("expansion", expansion)):
        if np.shape(numbers) != (len(account_ids),):
            raise AssignmentError(
                f"{name} has shape {np.shape(numbers)} for {len(account_ids)} accounts"
            )
        column = np.asarray(numbers, dtype=np.float64)
        if np.isinf(column).any() or (column < 0).any():
            raise AssignmentError(f"{name} has negative or infinite numbers")
    if np.isnan(np.asarray(arr, dtype=np.float64)).any():
        raise AssignmentError("arr has unknown values; leave accounts without ARR out")
