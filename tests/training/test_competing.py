"""Theorems of competing outcomes, for any log-odds; hand-made Aalen-Johansen as the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from training.horizons.competing import hazards, incidence

EXACT = 1e-12
log_odds = arrays(
    np.float64,
    array_shapes(min_dims=3, max_dims=3, max_side=5),
    elements=st.floats(-1e4, 1e4) | st.just(-np.inf),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(log_odds)
def test_monotone_never_above_one_and_conserved(margins: np.ndarray) -> None:
    found = incidence(hazards(margins))
    total = found.cumulative.sum(axis=1)
    assert (np.diff(found.cumulative, axis=2) >= 0).all()
    assert (np.diff(found.survival, axis=1) <= 0).all()
    assert (found.cumulative >= 0).all()
    assert (total <= 1 + EXACT).all()
    np.testing.assert_allclose(total + found.survival, 1.0, rtol=0, atol=EXACT)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(log_odds, st.randoms(use_true_random=False))
def test_rows_and_outcomes_may_come_in_any_order(margins: np.ndarray, random) -> None:
    n, k, _ = margins.shape
    rows, outcomes = random.sample(range(n), n), random.sample(range(k), k)
    plain, turned = (incidence(hazards(m)) for m in (margins, margins[rows][:, outcomes]))
    np.testing.assert_allclose(turned.cumulative, plain.cumulative[rows][:, outcomes], atol=EXACT)
    np.testing.assert_allclose(turned.survival, plain.survival[rows], atol=EXACT)


def test_one_outcome_is_the_logistic_curve() -> None:
    margins = np.linspace(-30, 30, 61).reshape(-1, 1, 1)
    np.testing.assert_allclose(hazards(margins), 1 / (1 + np.exp(-margins)), rtol=1e-12)


def test_raising_one_outcome_lowers_the_others() -> None:
    low, high = hazards(np.zeros((1, 3, 1))), hazards(np.array([[[1.0], [0.0], [0.0]]]))
    assert high[0, 0, 0] > low[0, 0, 0]
    assert (high[0, 1:, 0] < low[0, 1:, 0]).all()


# Ten accounts: period of the first outcome (or of the last seen) and which: -1 is censored.
LAST = [0, 0, 1, 1, 1, 2, 2, 2, 2, 2]
WHICH = [0, 1, 0, -1, 1, 0, -1, -1, 1, -1]


def aalen_johansen() -> tuple[np.ndarray, np.ndarray]:
    """Return cumulative incidence (k, p) and Kaplan-Meier survival (p,) step by step."""
    survival, cumulative = 1.0, np.zeros(2)
    curves, left = [], []
    for period in range(3):
        at_risk = sum(last >= period for last in LAST)
        ends = np.array(
            [sum((t, w) == (period, k) for t, w in zip(LAST, WHICH, strict=True)) for k in (0, 1)]
        )
        cumulative = cumulative + survival * ends / at_risk
        survival *= 1 - ends.sum() / at_risk
        curves.append(cumulative)
        left.append(survival)
    return np.array(curves).T, np.array(left)


def test_hazards_counted_from_a_table_give_aalen_johansen() -> None:
    at_risk = np.array([sum(last >= period for last in LAST) for period in range(3)])
    ends = np.array(
        [
            [sum((t, w) == (p, k) for t, w in zip(LAST, WHICH, strict=True)) for p in range(3)]
            for k in (0, 1)
        ]
    )
    none = at_risk - ends.sum(axis=0)
    found = incidence(hazards(np.log(ends / none)[np.newaxis]))
    curves, left = aalen_johansen()
    np.testing.assert_allclose(found.cumulative[0], curves, atol=EXACT)
    np.testing.assert_allclose(found.survival[0], left, atol=EXACT)
    assert left == pytest.approx([0.8, 0.6, 0.36])  # 8/10, then 6/8, then 3/5
