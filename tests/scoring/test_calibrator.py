"""A calibrator is monotone, smooth, and survives JSON; whatever its numbers."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import BundleError, Calibrator

slopes = st.floats(0.0, 8.0)
calibrators = st.builds(
    Calibrator,
    kind=st.sampled_from(["none", "platt", "beta"]),
    a=st.floats(0.001, 8.0),
    b=slopes,
    c=st.floats(-10.0, 10.0),
)
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
@given(calibrators, st.floats(-6.0, 6.0))
def test_derivative_is_the_limit_of_differences(calibrator: Calibrator, margin: float) -> None:
    h = 1e-5
    ends = calibrator.apply(np.array([margin - h, margin + h]))
    slope = calibrator.derivative(np.array([margin]))[0]
    assert slope == pytest.approx((ends[1] - ends[0]) / (2 * h), abs=1e-7, rel=1e-5)


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
    ],
)
def test_refuses_what_is_not_a_calibrator(raw: object) -> None:
    with pytest.raises(BundleError):
        Calibrator.from_json(raw)
