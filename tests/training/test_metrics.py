"""Metrics agree with scikit-learn, weighted and with ties; intervals are seeded and sensible."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from training.measures.metrics import draw_weights, measure, paired_log_loss, weighted_metrics
from training.measures.ranking import auc


def sample(seed: int, n: int = 120):
    random = np.random.default_rng(seed)
    probability = random.integers(1, 20, n) / 20  # many ties
    y = (random.random(n) < probability).astype(float)
    y[:2] = [0.0, 1.0]
    return y, probability, random.integers(0, 4, n).astype(float)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_weighted_metrics_are_scikit_learns(seed: int) -> None:
    y, probability, weight = sample(seed)
    weight[:2] = 1.0
    found = {name: v[0] for name, v in weighted_metrics(y, probability, weight[np.newaxis]).items()}
    given_weight = {"sample_weight": weight}
    assert found["log_loss"] == pytest.approx(oracle.log_loss(y, probability, **given_weight))
    assert found["roc_auc"] == pytest.approx(oracle.roc_auc_score(y, probability, **given_weight))
    expected = oracle.average_precision_score(y, probability, **given_weight)
    assert found["pr_auc"] == pytest.approx(expected)
    assert found["brier"] == pytest.approx(oracle.brier_score_loss(y, probability, **given_weight))
    assert found["base_rate"] == pytest.approx(np.average(y, weights=weight))
    assert auc(y, probability) == pytest.approx(oracle.roc_auc_score(y, probability))


def test_calibration_error_of_a_perfect_and_of_a_shifted_forecast() -> None:
    y = np.tile([0.0, 0.0, 0.0, 1.0], 250)
    ones = np.ones((1, 1000))
    assert weighted_metrics(y, np.full(1000, 0.25), ones)["ece"][0] == pytest.approx(0.0)
    assert weighted_metrics(y, np.full(1000, 0.45), ones)["ece"][0] == pytest.approx(0.2)


def test_lift_of_a_perfect_and_of_a_constant_ranking() -> None:
    y = (np.arange(1000) < 100).astype(float)
    ones = np.ones((1, 1000))
    assert weighted_metrics(y, y * 0.9 + 0.05, ones)["lift_10"][0] == pytest.approx(10.0)
    assert weighted_metrics(y, np.full(1000, 0.1), ones)["lift_10"][0] == pytest.approx(1.0)


def test_intervals_are_the_same_for_the_same_seed_and_hold_the_estimate() -> None:
    y, probability, _ = sample(1, 400)
    entity = np.array([f"A{number % 80}" for number in range(400)])
    first = measure(y, probability, entity=entity, seed=5)
    assert first == measure(y, probability, entity=entity, seed=5)
    assert first != measure(y, probability, entity=entity, seed=6)
    for name in ("log_loss", "roc_auc", "pr_auc", "brier", "base_rate", "n_events"):
        assert first[f"{name}_low"] < first[name] < first[f"{name}_high"]


def test_rows_of_one_entity_are_drawn_together() -> None:
    entity = np.array([f"A{number // 5}" for number in range(100)])
    weights = np.concatenate(list(draw_weights(entity, seed=0, n_draws=50)))
    assert (weights.reshape(50, 20, 5) == weights.reshape(50, 20, 5)[:, :, :1]).all()
    assert (weights.sum(axis=1) == 100).all()


def test_repeating_every_row_does_not_narrow_an_interval() -> None:
    y, probability, _ = sample(2, 150)
    entity = np.array([f"A{number}" for number in range(150)])
    once = measure(y, probability, entity=entity)
    again = measure(np.tile(y, 4), np.tile(probability, 4), entity=np.tile(entity, 4))
    assert again["log_loss_high"] - again["log_loss_low"] == pytest.approx(
        once["log_loss_high"] - once["log_loss_low"]
    )


def test_the_better_forecast_has_a_negative_difference() -> None:
    random = np.random.default_rng(0)
    probability = random.uniform(0.05, 0.95, 2000)
    y = (random.random(2000) < probability).astype(float)
    entity = np.array([f"A{number}" for number in range(2000)])
    better, low, high = paired_log_loss(y, probability, np.full(2000, 0.5), entity=entity)
    assert low < better < high < 0
