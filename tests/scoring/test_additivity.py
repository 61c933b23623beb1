"""Reasons add up to the number on the screen; the margins' attributions are shap's."""

import warnings

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import AdditivityError, Calibrator
from scoring.attribution import NEAR, attribute, check_additive
from scoring.booster import contributions, margins

STEEP = Calibrator("venn_abers", knots=((-2.0, -3.0), (0.0, -1.0), (0.02, 1.0), (3.0, 1.5)))
calibrators = st.sampled_from(
    [
        Calibrator(),
        Calibrator("platt", 0.6, 0.6, -0.4),
        Calibrator("beta", 0.3, 1.9, 0.8),
        STEEP,
    ]
)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), calibrator=calibrators, n_models=st.integers(1, 2))
def test_base_and_points_are_the_probability(make, seed, calibrator, n_models) -> None:
    bundle, rows, _ = make(seed, calibrator, n_models)
    found = bundle.explain(rows)
    total = found.base_probability + found.pp.sum(axis=1)
    assert np.abs(total - found.probability).max() <= 1e-9
    assert np.array_equal(found.probability, bundle.score(rows).probability)
    assert np.array_equal(found.margin, bundle.score(rows).margin)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    base=st.floats(-4, 4),
    run=st.sampled_from([0.0, 1e-300, 1e-12, 0.99 * NEAR, NEAR, 1.01 * NEAR, 1e-3, 2.0]),
    spread=st.floats(-5, 5),
    calibrator=calibrators,
)
def test_additive_however_short_the_path(base, run, spread, calibrator) -> None:
    phi = np.array([[spread + run, -spread, base]])
    margin = phi.sum(axis=1)
    probability = calibrator.apply(margin)
    found = attribute(phi, margin=margin, probability=probability, calibrator=calibrator)
    assert abs(found.base_probability[0] + found.pp.sum() - probability[0]) <= 1e-9


@pytest.mark.parametrize("run", [1e-14, 1e-11, 1e-8, 1e-6, 0.99 * NEAR, 1e-3])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_additive_over_a_kink(run: float, share: float) -> None:
    for kink in (0.0, 0.02):
        base = kink - share * run
        phi = np.array([[3.0 + run, -3.0, base]])
        margin = np.array([base + run])
        probability = STEEP.apply(margin)
        found = attribute(phi, margin=margin, probability=probability, calibrator=STEEP)
        assert abs(found.base_probability[0] + found.pp.sum() - probability[0]) <= 1e-9


def test_shares_of_the_points_are_the_shares_of_the_log_odds(make) -> None:
    bundle, rows, _ = make(3, Calibrator("beta", 0.5, 1.5, 0.1))
    found = bundle.explain(rows)
    phi = contributions(bundle.boosters, bundle.encode(rows))[:, :-1]
    moved = phi.sum(axis=1)
    far = np.abs(moved) > 0.05
    shares = found.pp[far] / found.pp[far].sum(axis=1, keepdims=True)
    assert shares == pytest.approx(phi[far] / moved[far, np.newaxis], abs=1e-7)


def test_log_odds_agree_with_the_shap_package(make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        bundle, rows, _ = make(5)
        matrix = bundle.encode(rows)
        raw = bundle.boosters[0]
        expected = np.asarray(shap.TreeExplainer(raw).shap_values(matrix))
    phi = contributions(bundle.boosters, matrix)
    assert phi[:, :-1] == pytest.approx(expected, abs=1e-9)
    assert phi.sum(axis=1) == pytest.approx(margins(bundle.boosters, matrix), abs=1e-9)


def test_a_miss_is_refused_and_so_is_nan() -> None:
    base, pp = np.array([0.1]), np.array([[0.2]])
    check_additive(base, pp, np.array([0.3 + 5e-10]))
    for probability in (0.3 + 2e-9, np.nan):
        with pytest.raises(AdditivityError):
            check_additive(base, pp, np.array([probability]))


def test_no_rows_have_an_empty_answer(make) -> None:
    bundle, rows, _ = make(1)
    empty: pa.Table = rows.slice(0, 0)
    assert bundle.explain(empty).pp.shape == (0, 4)
    assert bundle.score(empty).probability.shape == (0,)
