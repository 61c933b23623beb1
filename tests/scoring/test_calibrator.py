"""A calibrator is monotone, smooth, and survives JSON; whatever its numbers."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import BundleError, Calibrator

slopes = st.floats(0.0, 8.0)
rises = st.lists(
    st.tuples(st.floats(0.01, 3.0), st.floats(0.01, 3.0)), min_size=1, max_size=8
)  # fmt: skip


def risen(steps: list[tuple[float, float]]) -> Calibrator:
    knots = np.cumsum(np.array(steps), axis=0) - 4.0
    return Calibrator("venn_abers", knots=tuple((m, p) for m, p in knots.tolist()))


smooth = st.builds(
    Calibrator,
    kind=st.sampled_from(["none", "platt", "beta"]),
    a=st.floats(0.001, 8.0),
    b=slopes,
    c=st.floats(-10.0, 10.0),
)
calibrators = st.one_of(smooth, st.builds(risen, rises))
margins = st.lists(st.floats(-800.0, 800.0), min_size=2, max_size=30)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(calibrators, margins)
def test_never_decreases_and_stays_a_probability(
    calibrator: Calibrator, values: list[float]
) -> None:
    probability = calibrator.apply(np.sort(np.array(values)))
    assert (np.diff(probability) >= -1e-15).all()
    assert ((probability >= 0) & (probability <= 1)).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(calibrators)
def test_json_round_trip_keeps_every_bit(calibrator: Calibrator) -> None:
    assert Calibrator.from_json(json.loads(json.dumps(calibrator.to_json()))) == calibrator


@settings(max_examples=60, deadline=None, derandomize=True)
@given(smooth, st.floats(-6.0, 6.0))
def test_derivative_is_the_limit_of_differences(calibrator: Calibrator, margin: float) -> None:
    h = 1e-5
    ends = calibrator.apply(np.array([margin - h, margin + h]))
    slope = calibrator.derivative(np.array([margin]))[0]
    assert slope == pytest.approx((ends[1] - ends[0]) / (2 * h), abs=1e-7, rel=1e-5)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rises, st.floats(-6.0, 6.0))
def test_lines_between_knots_are_joined_and_strictly_rising(steps, margin: float) -> None:
    calibrator = risen(steps)
    for at, logit in calibrator.knots:
        assert calibrator.logit_at(at) == logit
        assert calibrator.logit_at(np.nextafter(at, -99.0)) == pytest.approx(logit, abs=1e-9)
    assert calibrator.logit_at(margin + 0.01) > calibrator.logit_at(margin)
    rise = calibrator.probability_at(margin + 1e-7) - calibrator.probability_at(margin - 1e-7)
    kinks = [abs(margin - at) for at, _ in calibrator.knots]
    if min(kinks) > 1e-6:
        assert calibrator.slope_at(margin) == pytest.approx(rise / 2e-7, rel=1e-4, abs=1e-7)


def test_platt_is_beta_with_equal_slopes() -> None:
    x = np.linspace(-20, 20, 101)
    platt = Calibrator("platt", 0.7, 0.7, 0.3).apply(x)
    assert Calibrator("beta", 0.7, 0.7, 0.3).apply(x) == pytest.approx(platt, abs=1e-14)


@pytest.mark.parametrize(
    "raw",
    [
        {"kind": "isotonic", "a": 1, "b": 1, "c": 0},
        {"kind": "beta", "a": -1, "b": 1, "c": 0},
        {"kind": "beta", "a": 0, "b": 0, "c": 0},
        {"kind": "platt", "a": math.inf, "b": 1, "c": 0},
        {"kind": "none"},
        "none",
        {"kind": "venn_abers", "knots": []},
        {"kind": "venn_abers", "knots": [[0, 1], [1, 1]]},
        {"kind": "venn_abers", "knots": [[0, 1], [0, 2]]},
        {"kind": "venn_abers", "knots": [[0, "x"]]},
        {"kind": "venn_abers", "knots": [[0, math.nan]]},
        {"kind": "venn_abers", "knots": 3},
        {"kind": "beta", "knots": [[0, 1]]},
    ],
)
def test_refuses_what_is_not_a_calibrator(raw: object) -> None:
    with pytest.raises(BundleError):
        Calibrator.from_json(raw)
