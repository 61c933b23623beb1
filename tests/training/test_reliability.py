"""Reliability: exact identities, an outside oracle for the line, and how noise alone looks."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from training.measures.calibration_line import calibration_lines
from training.measures.metrics import expected_calibration_error
from training.measures.reliability import measure_reliability, measure_reliability_by

forecasts = st.lists(
    st.tuples(st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.31, 0.7, 1.0]), st.integers(0, 1)),
    min_size=2,
    max_size=60,
)


def names(n: int) -> np.ndarray:
    return np.array([f"A{number}" for number in range(n)])


def drawn(n: int, *, slope: float = 1.0, shift: float = 0.0, seed: int = 0):
    random = np.random.default_rng(seed)
    margin = random.normal(-2.0, 1.2, n)
    y = (random.random(n) < expit(slope * margin + shift)).astype(float)
    return y, expit(margin), names(n)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(forecasts)
def test_the_parts_of_the_brier_score_add_up_and_none_is_negative(rows) -> None:
    probability, y = np.array(rows, dtype=float).T
    found = measure_reliability(y, probability, entity=names(len(y)), n_draws=5)
    assert found.brier == pytest.approx(np.mean((probability - y) ** 2), abs=1e-12)
    total = found.reliability - found.resolution + found.uncertainty
    assert total == pytest.approx(found.brier, abs=1e-12)
    assert min(found.reliability, found.resolution, found.uncertainty) >= -1e-12
    json.dumps(found.to_json(), allow_nan=False)


def test_with_rising_rates_the_parts_are_those_of_murphy() -> None:
    """Murphy (1973) on the distinct forecasts, when their observed rates rise with them."""
    probability = np.repeat([0.1, 0.4, 0.8], [50, 30, 20])
    y = np.concatenate([np.repeat([1.0, 0.0], counts) for counts in ((10, 40), (15, 15), (15, 5))])
    found = measure_reliability(y, probability, entity=names(100), n_draws=2)
    rates, sizes = np.array([0.2, 0.5, 0.75]), np.array([50, 30, 20]) / 100
    assert found.reliability == pytest.approx(sizes @ (np.array([0.1, 0.4, 0.8]) - rates) ** 2)
    assert found.resolution == pytest.approx(sizes @ (rates - 0.4) ** 2)
    assert found.uncertainty == pytest.approx(0.24)


def test_the_line_is_that_of_a_logistic_regression() -> None:
    y, probability, _ = drawn(800, slope=0.6, shift=0.3)
    weights = np.vstack([np.ones(800), np.random.default_rng(1).integers(0, 4, 800)])
    slope, intercept = calibration_lines(y, logit(probability), weights)
    for draw in range(2):
        model = LogisticRegression(C=1e9, tol=1e-10, max_iter=500)
        model.fit(logit(probability)[:, np.newaxis], y, sample_weight=weights[draw])
        assert slope[draw] == pytest.approx(model.coef_[0, 0], abs=1e-4)
        expected = expit(intercept[draw] + logit(probability))
        assert weights[draw] @ expected == pytest.approx(weights[draw] @ y, abs=1e-3)


def test_right_probabilities_look_right_and_distorted_ones_do_not() -> None:
    right = measure_reliability(*drawn(3000)[:2], entity=names(3000), n_draws=80)
    assert right.slope.low < 1 < right.slope.high
    assert right.intercept.low < 0 < right.intercept.high
    assert right.observed_to_expected.low < 1 < right.observed_to_expected.high
    assert right.ece.value < 2 * right.ece_floor
    y, probability, entity = drawn(3000, slope=0.5, shift=0.4)
    wrong = measure_reliability(y, probability, entity=entity, n_draws=80)
    assert wrong.slope.value == pytest.approx(0.5, abs=0.1)
    assert wrong.slope.high < 1
    assert wrong.intercept.low > 0
    assert wrong.ece.low > wrong.ece_floor
    assert wrong.reliability > 10 * right.reliability


def test_rows_of_one_account_widen_the_interval() -> None:
    y, probability, entity = drawn(600)
    once = measure_reliability(y, probability, entity=entity).observed_to_expected
    tiled = (np.tile(values, 4) for values in (y, probability))
    four = measure_reliability(*tiled, entity=np.tile(entity, 4)).observed_to_expected
    assert four.value == pytest.approx(once.value)
    assert four.high - four.low == pytest.approx(once.high - once.low, rel=0.15)


def test_rows_of_one_account_share_their_luck_in_the_floor_too() -> None:
    y, probability, entity = drawn(3000)
    once = measure_reliability(y, probability, entity=entity, n_draws=2).ece_floor
    tiled = (np.tile(values, 4) for values in (y, probability))
    four = measure_reliability(*tiled, entity=np.tile(entity, 4), n_draws=2).ece_floor
    apart = (np.tile(values, 4) for values in (y, probability))
    lucky = measure_reliability(*apart, entity=names(12_000), n_draws=2).ece_floor
    assert four == pytest.approx(once, rel=0.02)
    assert lucky == pytest.approx(once / 2, rel=0.15)


def test_the_floor_is_what_labels_drawn_from_the_probabilities_show() -> None:
    y, probability, entity = drawn(3000)
    random = np.random.default_rng(5)
    labels = [(random.random(3000) < probability).astype(float) for _ in range(60)]
    one = np.ones((1, 3000))
    seen = [expected_calibration_error(each, probability, one)[0] for each in labels]
    floor = measure_reliability(y, probability, entity=entity, n_draws=2).ece_floor
    assert floor == pytest.approx(np.mean(seen), rel=0.1)


def test_too_few_events_give_no_slope_but_no_crash_either() -> None:
    y, probability, entity = np.eye(1, 40)[0], np.full(40, 0.1), names(40)
    found = measure_reliability(y, probability, entity=entity)
    assert np.isnan(found.slope.value)
    assert found.to_json()["slope"] == {"value": None, "low": None, "high": None}
    assert all(point.observed.high > 0.05 for point in found.curve)


def test_every_level_is_measured_apart() -> None:
    y, probability, entity = drawn(900)
    segment = np.where(
        np.arange(900) % 3 == 0, "large", np.where(np.arange(900) % 3 == 1, "small", "")
    )
    found = measure_reliability_by(y, probability, entity=entity, by={"segment": segment})
    assert set(found["segment"]) == {"large", "small", "unknown"}
    assert sum(level.n for level in found["segment"].values()) == 900
    large = segment == "large"
    alone = measure_reliability(y[large], probability[large], entity=entity[large])
    assert found["segment"]["large"] == alone
