"""Venn-Abers is two isotonic fits by definition; our map keeps their order and loses no rank."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from scoring import Calibrator
from training.measures.metrics import row_log_loss
from training.measures.ranking import auc
from training.models.calibrating import choose_calibrator, fit_calibrator
from training.models.venn_abers import MOST_GROUPS, fit_venn_abers, pooled, venn_abers

labelled = st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 1)), min_size=3, max_size=40)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(labelled)
def test_both_fits_are_isotonic_regression_with_the_new_row_added(rows) -> None:
    margin, y = np.array(rows, dtype=float).T
    centre, hits, size = pooled(margin, y)
    assert centre.tolist() == sorted(set(margin.tolist()))
    assert (size.sum(), hits.sum()) == (len(y), y.sum())
    for label, found in zip((0.0, 1.0), venn_abers(hits, size), strict=True):
        for new, value in zip(centre, found, strict=True):
            fit = IsotonicRegression().fit(np.r_[margin, new], np.r_[y, label])
            assert value == pytest.approx(fit.predict([new])[0], abs=1e-12)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(labelled)
def test_the_two_fits_enclose_the_answer_and_never_fall(rows) -> None:
    margin, y = np.array(rows, dtype=float).T
    _, hits, size = pooled(margin, y)
    p0, p1 = venn_abers(hits, size)
    merged = p1 / (1 - p0 + p1)
    assert (p0 < p1).all()
    assert ((p0 <= merged) & (merged <= p1)).all()
    assert all((np.diff(p) >= -1e-12).all() for p in (p0, p1, merged))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(labelled)
def test_any_labels_give_a_strictly_rising_map(rows) -> None:
    margin, y = np.array(rows, dtype=float).T
    calibrator = fit_venn_abers(margin, y)
    apart = calibrator.apply(np.linspace(-9, 9, 500))
    assert (np.diff(apart) > 0).all()
    assert (apart > 0).all()
    assert (apart < 1).all()


def test_pooling_bounds_the_knots_and_never_parts_equal_margins() -> None:
    random = np.random.default_rng(0)
    margin = random.normal(size=5000).round(2)
    y = (random.random(5000) < expit(margin)).astype(float)
    centre, _, size = pooled(margin, y)
    assert len(centre) <= MOST_GROUPS
    assert size.min() >= 1
    assert (np.diff(centre) > 0).all()
    assert len(fit_venn_abers(margin, y).knots) <= MOST_GROUPS
    heavy = np.repeat([0.0, 1.0], [4990, 10])
    assert pooled(heavy, y)[2].tolist() == [4990.0, 10.0]


def staircase(margin: np.ndarray) -> np.ndarray:
    """Rates that no beta map can follow: flat, a jump, flat again."""
    return np.where(margin < 0.5, 0.05, np.where(margin < 1.0, 0.35, 0.4))


def test_a_staircase_is_followed_and_the_ranking_kept() -> None:
    random = np.random.default_rng(4)
    margin = random.normal(0.0, 1.5, 6000)
    y = (random.random(6000) < staircase(margin)).astype(float)
    entity = np.array([f"A{number}" for number in range(6000)])
    chosen, losses = choose_calibrator(margin, y, entity=entity)
    assert chosen.kind == "venn_abers"
    assert losses["venn_abers"] < min(losses["platt"], losses["beta"], losses["none"])
    new = random.normal(0.0, 1.5, 6000)
    label = (random.random(6000) < staircase(new)).astype(float)
    ours, theirs = (c.apply(new) for c in (chosen, fit_calibrator("beta", margin, y)))
    assert row_log_loss(label, ours).mean() < row_log_loss(label, theirs).mean()
    assert auc(label, ours) == pytest.approx(auc(label, new), abs=1e-12)


def test_a_free_map_is_not_taken_for_a_gain_within_chance() -> None:
    """Right margins, seen four times each: Venn-Abers must not win by following their noise."""
    for seed in range(6):
        random = np.random.default_rng(seed)
        margin = np.repeat(random.normal(-1.5, 1.0, 150), 4)
        y = np.repeat((random.random(150) < expit(margin[::4])).astype(float), 4)
        entity = np.repeat([f"A{number}" for number in range(150)], 4)
        assert choose_calibrator(margin, y, entity=entity)[0].kind != "venn_abers"


def test_one_class_alone_is_pulled_towards_the_middle() -> None:
    calibrator = fit_venn_abers(np.arange(9.0), np.zeros(9))
    assert isinstance(calibrator, Calibrator)
    assert 0 < calibrator.probability_at(4.0) < 0.5
