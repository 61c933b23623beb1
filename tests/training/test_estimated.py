"""Figures before the labels are those after, on average, where the probabilities hold."""

import numpy as np
import pytest

from training.measures.estimated import estimate, expected_auc
from training.measures.ranking import auc


def names(n: int, each: int = 1) -> np.ndarray:
    return np.repeat([f"A{k}" for k in range(n // each)], each)


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    probability = random.beta(1, 6, n)
    return probability, (random.random(n) < probability).astype(float)


def test_expected_figures_are_the_mean_of_realised_ones() -> None:
    random = np.random.default_rng(0)
    probability, _ = drawn(400)
    labels = (random.random((600, 400)) < probability).astype(float)
    found = estimate(probability, entity=names(400))
    brier = ((labels - probability) ** 2).mean()
    areas = [auc(label, probability) for label in labels]
    assert found["brier"].expected == pytest.approx(brier, abs=0.002)
    assert found["roc_auc"].expected == pytest.approx(np.mean(areas), abs=0.005)
    assert found["base_rate"].expected == pytest.approx(probability.mean())


def test_ties_and_certainty() -> None:
    assert expected_auc(np.full(10, 0.3)) == 0.5
    assert expected_auc(np.array([0.0, 0.0, 1.0])) == 1.0
    sure = estimate(np.array([0.0, 1.0, 0.0, 1.0]), entity=names(4))
    assert sure["brier"].expected == 0
    assert sure["log_loss"].expected == pytest.approx(0, abs=1e-9)


def test_other_customers_come_and_the_estimate_follows() -> None:
    """Covariate shift: the riskier half comes ten times as often; Brier within 0.01."""
    probability, y = drawn(20_000, seed=1)
    random = np.random.default_rng(2)
    riskier = probability > np.median(probability)
    kept = random.random(20_000) < np.where(riskier, 0.5, 0.05)
    before = estimate(probability, entity=names(20_000))["brier"].expected
    after = estimate(probability[kept], entity=names(20_000)[kept])["brier"]
    realised = ((y - probability)[kept] ** 2).mean()
    assert after.expected > before + 0.03
    assert abs(after.expected - realised) < 0.01
    assert after.low < realised < after.high


def test_the_interval_covers_and_counts_entities() -> None:
    inside = 0
    for seed in range(20):
        probability, y = drawn(600, seed=seed)
        found = estimate(probability, entity=names(600), seed=seed)["brier"]
        inside += found.low <= ((y - probability) ** 2).mean() <= found.high
    assert inside >= 17
    probability, _ = drawn(60, seed=3)
    alone = estimate(probability, entity=names(60))["brier"]
    repeated = estimate(probability.repeat(10), entity=names(600, each=10))["brier"]
    assert repeated.high - repeated.low > 0.7 * (alone.high - alone.low)
