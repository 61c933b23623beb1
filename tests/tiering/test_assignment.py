"""Theorems of the assignment: integral, within capacity, optimal, and the same for every order."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tiering.assignment import assign, best_columns, tier_values
from tiering.errors import AssignmentError
from tiering.prices import seat_prices
from tiering.version import Version

Values = NDArray[np.float64]
amounts = st.integers(-20, 60).map(float)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Values, list[int | None]]:
    """A few rows, three columns with caps and one without; small integers so that ties are many."""
    n = draw(st.integers(1, 6))
    rows = draw(st.lists(st.lists(amounts, min_size=4, max_size=4), min_size=n, max_size=n))
    caps = draw(st.lists(st.integers(0, 3), min_size=3, max_size=3))
    return np.array(rows), [*caps, None]


def total(values: Values, chosen: NDArray[np.int64]) -> float:
    return float(values[np.arange(len(values)), chosen].sum())


def brute_force(values: Values, seats: list[int | None]) -> float:
    n, k = values.shape
    feasible = (
        columns
        for columns in product(range(k), repeat=n)
        if all(seats[j] is None or columns.count(j) <= (seats[j] or 0) for j in range(k))
    )
    return max(sum(values[i, j] for i, j in enumerate(columns)) for columns in feasible)


fast = settings(max_examples=40, deadline=None, derandomize=True)


@fast
@given(problems())
def test_no_assignment_is_better(problem: tuple[Values, list[int | None]]) -> None:
    values, seats = problem
    assert total(values, best_columns(values, seats)) == pytest.approx(brute_force(values, seats))


@fast
@given(problems())
def test_seats_are_never_exceeded(problem: tuple[Values, list[int | None]]) -> None:
    values, seats = problem
    used = np.bincount(best_columns(values, seats), minlength=4)
    assert all(cap is None or n <= cap for n, cap in zip(used, seats, strict=True))


@fast
@given(problems())
def test_the_price_of_a_seat_is_what_one_more_seat_adds(
    problem: tuple[Values, list[int | None]],
) -> None:
    values, seats = problem
    chosen = best_columns(values, seats)
    prices = seat_prices(values, chosen, seats)
    for j in range(3):
        more = [cap + 1 if i == j and cap is not None else cap for i, cap in enumerate(seats)]
        gain = brute_force(values, more) - total(values, chosen)
        assert prices[j] == pytest.approx(gain, abs=1e-9)


@fast
@given(problems())
def test_every_row_is_where_its_value_after_prices_is_highest(
    problem: tuple[Values, list[int | None]],
) -> None:
    values, seats = problem
    chosen = best_columns(values, seats)
    after = values - seat_prices(values, chosen, seats)
    assert (after[np.arange(len(values)), chosen] >= after.max(axis=1) - 1e-9).all()


@fast
@given(problems(), st.integers(0, 2))
def test_more_seats_never_cost(problem: tuple[Values, list[int | None]], j: int) -> None:
    values, seats = problem
    more = [cap + 1 if i == j and cap is not None else cap for i, cap in enumerate(seats)]
    before = total(values, best_columns(values, seats))
    assert total(values, best_columns(values, more)) >= before - 1e-9


def portfolio(n: int, seed: int) -> dict[str, NDArray[np.float64]]:
    draw = np.random.default_rng(seed)
    return {
        "arr": draw.lognormal(9, 1.2, n),
        "churn": draw.beta(1, 12, n),
        "expansion": draw.beta(1, 12, n),
    }


def test_the_order_of_the_accounts_does_not_matter(shipped: Version) -> None:
    numbers = portfolio(300, seed=1)
    ids = [f"A{i:03}" for i in range(300)]
    shuffled = np.random.default_rng(2).permutation(300)
    there = assign(shipped, ids, **numbers)
    back = assign(
        shipped,
        [ids[i] for i in shuffled],
        **{name: column[shuffled] for name, column in numbers.items()},
    )
    assert back == there


def test_equal_accounts_get_better_tiers_in_order_of_id(shipped: Version) -> None:
    n = 60
    same = {"arr": np.full(n, 9e4), "churn": np.full(n, 0.3), "expansion": np.full(n, 0.1)}
    found = assign(shipped, [f"A{i:02}" for i in reversed(range(n))], **same)
    assert [d.tier for d in found.decisions] == ["high"] * 40 + ["low"] * 20
    assert [d.account_id for d in found.decisions] == sorted(d.account_id for d in found.decisions)


def test_every_account_has_one_tier_and_the_sums_agree(shipped: Version) -> None:
    n = 1500
    found = assign(shipped, [str(i) for i in range(n)], **portfolio(n, seed=3))
    assert len({d.account_id for d in found.decisions}) == n == sum(s.used for s in found.seats)
    assert found.value == pytest.approx(sum(d.value for d in found.decisions))
    assert all(d.margin is not None and d.margin >= 0 for d in found.decisions)
    full = [s for s in found.seats if s.capacity is not None]
    assert all(s.used == s.capacity and s.price > 0 for s in full)


def test_an_account_that_costs_more_than_it_can_win_is_left_to_automation(shipped: Version) -> None:
    found = assign(shipped, ["A"], arr=[10.0], churn=[0.01], expansion=[0.01])
    assert found.decisions[0].tier == "automation"
    assert found.decisions[0].decided_by == "best_value"
    assert all(seat.price == 0 for seat in found.seats)


def test_values_are_what_the_policy_says(shipped: Version) -> None:
    value = tier_values(shipped, arr=[1000.0], churn=[0.2], expansion=[0.1])[0]
    high = 1000 * 0.2 * 0.30 * 1.0 + 1000 * 0.1 * 0.40 * 0.15 - 40
    assert value.tolist() == pytest.approx([high, 1000 * 0.03 + 1000 * 0.003 - 10, 10 + 1.2 - 1, 0])


def test_an_unknown_probability_promises_nothing(shipped: Version) -> None:
    nan = float("nan")
    value = tier_values(shipped, arr=[1000.0], churn=[nan], expansion=[nan])[0]
    assert value.tolist() == [-40, -10, -1, 0]


def test_nobody_to_assign(shipped: Version) -> None:
    found = assign(shipped, [], arr=[], churn=[], expansion=[])
    assert found.decisions == ()
    assert found.value == 0


@pytest.mark.parametrize(
    ("ids", "arr", "word"),
    [
        (["A", "A"], [1.0, 1.0], "twice"),
        (["A", "B"], [1.0], "shape"),
        (["A", "B"], [1.0, -1.0], "negative"),
        (["A", "B"], [1.0, float("nan")], "unknown"),
        (["A", "B"], [1.0, float("inf")], "infinite"),
    ],
)
def test_refusals(shipped: Version, ids: list[str], arr: list[float], word: str) -> None:
    with pytest.raises(AssignmentError, match=word):
        assign(shipped, ids, arr=arr, churn=[0.1, 0.1], expansion=[0.1, 0.1])
