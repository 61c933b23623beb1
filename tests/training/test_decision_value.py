"""What a ranking is worth at capacity: by hand, at the limits, and consistent with the policy."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.measures.decision_value import (
    CostMatrix,
    Portfolio,
    captured_curve,
    decision_metrics,
    fill_seats,
)

POLICY = Path(__file__).resolve().parents[2] / "tiering" / "policies" / "default.toml"
DAYS = np.array(["2024-01-01", "2024-02-01"], dtype="datetime64[us]")


def portfolio(y, arr, date=None, *, capacity=1, worth=0.3, cost=40.0) -> Portfolio:
    date = np.zeros(len(y), dtype=int) if date is None else np.asarray(date)
    return Portfolio(
        np.asarray(y, float), np.asarray(arr, float), DAYS[date],
        capacity=capacity, worth=worth, cost=cost,
    )  # fmt: skip


def figures(p: Portfolio, probability) -> dict[str, float]:
    found = decision_metrics(p, np.asarray(probability, float), np.ones((1, len(p.y))))
    return {name: float(values[0]) for name, values in found.items()}


def test_by_hand() -> None:
    """Two dates, one seat each: by stake the 900 and the 1000, by risk the 100 and the 1000."""
    p = portfolio([1, 1, 0, 0, 1], [100, 900, 500, 300, 1000], [0, 0, 0, 1, 1])
    found = figures(p, [0.5, 0.2, 0.1, 0.1, 0.4])
    assert found["arr_captured"] == pytest.approx(1900 / 2000)
    assert found["arr_captured_by_risk"] == pytest.approx(1100 / 2000)
    assert found["lift_at_capacity"] == pytest.approx(1.0 / 0.6)
    assert found["net_value"] == pytest.approx((0.3 * 900 - 40 + 0.3 * 1000 - 40) / 2)


def test_no_seat_is_filled_at_a_loss() -> None:
    p = portfolio([0, 0, 1], [100, 100, 100], capacity=3)
    assert figures(p, [0.1, 0.1, 0.1])["net_value"] == 0.0
    assert figures(p, [2.0, 2.0, 2.0])["net_value"] == pytest.approx(0.3 * 100 - 3 * 40)


def test_room_for_everyone_finds_everything() -> None:
    p = portfolio([0, 1, 1, 0], [1, 2, 3, 4], capacity=9)
    found = figures(p, [0.4, 0.1, 0.3, 0.2])
    assert found["arr_captured"] == found["arr_captured_by_risk"] == 1.0
    assert found["lift_at_capacity"] == 1.0


def test_unknown_arr_is_never_counted_as_zero_money() -> None:
    p = portfolio([1, 1, 0], [np.nan, 500, 400], capacity=2)
    found = figures(p, [0.9, 0.5, 0.5])
    assert found["arr_captured"] == 1.0
    assert found["net_value"] == pytest.approx(0.3 * 500 - 40 - 40)
    nothing = figures(portfolio([1, 0], [np.nan, np.nan]), [0.9, 0.5])
    assert np.isnan([nothing["arr_captured"], nothing["net_value"]]).all()
    assert nothing["lift_at_capacity"] == 2.0


scores = st.lists(st.sampled_from([0.0, 0.1, 0.1, 0.2, 0.5]), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(scores, st.integers(1, 14), st.integers(0, 999))
def test_seats_are_conserved_and_equal_scores_treated_equally(values, seats, seed) -> None:
    score = np.array(values)
    weights = np.random.default_rng(seed).integers(0, 3, (3, len(score))).astype(float)
    filled = fill_seats(score, weights, seats=seats)
    assert filled.sum(axis=1) == pytest.approx(np.minimum(seats, weights.sum(axis=1)))
    assert ((filled >= 0) & (filled <= weights + 1e-12)).all()
    share = np.divide(filled, weights, out=np.full_like(filled, np.nan), where=weights > 0)
    for draw in share:
        for value in set(values):
            same = draw[(score == value) & ~np.isnan(draw)]
            assert np.ptp(same) < 1e-12 if same.size else True
        known = ~np.isnan(draw)
        order = np.argsort(-score[known], kind="stable")
        assert (np.diff(draw[known][order]) <= 1e-12).all()


def test_weights_are_copies_of_accounts() -> None:
    random = np.random.default_rng(3)
    y, arr, date = random.integers(0, 2, 40), random.gamma(2, 300, 40), random.integers(0, 2, 40)
    probability, counts = random.random(40).round(1), random.integers(0, 3, 40)
    p = portfolio(y, arr, date, capacity=5)
    copies = np.repeat(np.arange(40), counts)
    q = portfolio(y[copies], arr[copies], date[copies], capacity=5)
    weighted = decision_metrics(p, probability, counts[np.newaxis].astype(float))
    for name, value in figures(q, probability[copies]).items():
        assert weighted[name][0] == pytest.approx(value), name


def test_the_curve_rises_from_nothing_to_everything() -> None:
    random = np.random.default_rng(0)
    p = portfolio(random.integers(0, 2, 30), random.gamma(2, 300, 30), random.integers(0, 2, 30))
    curve = captured_curve(p, p.arr, np.linspace(0, 1, 21))
    assert (curve[0], curve[-1]) == (0.0, pytest.approx(1.0))
    assert (np.diff(curve) >= -1e-12).all()
    best = captured_curve(p, p.y * p.arr, np.linspace(0, 1, 21))
    assert (best >= curve - 1e-12).all()


def test_the_cost_matrix_is_that_of_the_shipped_policy() -> None:
    version = tomllib.loads(POLICY.read_text(encoding="utf-8"))["version"][0]
    high = next(tier for tier in version["tier"] if tier["name"] == "high")
    assert CostMatrix() == CostMatrix(
        churn_averted=high["churn_averted"]["value"],
        churn_years=version["worth"]["churn_years"]["value"],
        expansion_lift=high["expansion_lift"]["value"],
        expansion_share=version["worth"]["expansion_share"]["value"],
        cost_per_account=high["cost_per_account"]["value"],
    )
    assert CostMatrix().worth("churn") == pytest.approx(0.3)
    assert CostMatrix().worth("expansion") == pytest.approx(0.06)
