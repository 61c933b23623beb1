"""The right calibrator is found, and none when there is nothing to mend."""

import numpy as np
import pytest

from scoring import Calibrator
from training.errors import NotEnoughError
from training.models.calibrating import choose_calibrator, fit_calibrator


def drawn(calibrator: Calibrator, n: int = 6000, seed: int = 0):
    random = np.random.default_rng(seed)
    margin = random.normal(-1.0, 1.6, n)
    y = (random.random(n) < calibrator.apply(margin)).astype(float)
    return margin, y, np.array([f"A{number}" for number in range(n)])


@pytest.mark.parametrize(
    "truth", [Calibrator("platt", 0.5, 0.5, 0.4), Calibrator("beta", 0.4, 1.8, -0.3)]
)
def test_a_distortion_is_undone(truth: Calibrator) -> None:
    margin, y, entity = drawn(truth)
    found, losses = choose_calibrator(margin, y, entity=entity)
    assert found.kind != "none"
    assert losses[found.kind] < losses["none"]
    x = np.linspace(-4, 2, 25)
    assert found.apply(x) == pytest.approx(truth.apply(x), abs=0.03)


def test_none_when_margins_are_already_right() -> None:
    margin, y, entity = drawn(Calibrator())
    assert choose_calibrator(margin, y, entity=entity)[0] == Calibrator()


@pytest.mark.parametrize("kind", ["platt", "beta"])
def test_a_useless_score_still_gives_an_increasing_calibrator(kind: str) -> None:
    random = np.random.default_rng(1)
    margin, y = random.normal(size=400), (random.random(400) < 0.3).astype(float)
    found = (
        fit_calibrator(kind, margin, 1 - (margin > 0))
        if kind == "platt"
        else fit_calibrator(kind, margin, y)
    )
    assert (np.diff(found.apply(np.linspace(-3, 3, 50))) >= 0).all()
    assert found.a > 0


def test_one_entity_cannot_be_calibrated_on() -> None:
    margin, y = np.linspace(-1, 1, 10), np.tile([0.0, 1.0], 5)
    with pytest.raises(NotEnoughError, match="not enough entities"):
        choose_calibrator(margin, y, entity=np.full(10, "A0"))
