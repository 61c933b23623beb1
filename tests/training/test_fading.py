"""Fading: levels stay, differences shrink, and a known slope, shift and rate are found again."""

import numpy as np
import pytest

from training.horizons.fading import USUAL_RATE, Fading, fit_fading

STARTS = (14.0, 104.0, 194.0)
PERIOD = np.repeat(np.arange(3), 40_000)


def drawn(
    rate: float, *, slope: float = 1.0, shift: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return trees' part, offset and outcomes of hazards in which the part counts as told."""
    random = np.random.default_rng(seed)
    part = 0.3 + random.normal(size=len(PERIOD))
    offset = np.full(len(PERIOD), -2.0)
    faded = Fading(slope, shift, rate, STARTS, (0.3, 0.3, 0.3)).applied(part, PERIOD)
    y = random.random(len(PERIOD)) < 1 / (1 + np.exp(-offset - faded))
    return part, offset, y.astype(float)


@pytest.mark.parametrize(("rate", "slope", "shift"), [(0.0, 1.0, 0.0), (1.5, 0.6, -0.3)])
def test_rate_slope_and_shift_are_found(rate: float, slope: float, shift: float) -> None:
    part, offset, y = drawn(rate, slope=slope, shift=shift)
    found = fit_fading(part, offset, y, period=PERIOD, starts=STARTS, overlap=1.0)
    assert found.rate == pytest.approx(rate, abs=0.15)
    assert found.slope == pytest.approx(slope, abs=0.05)
    assert found.shift == pytest.approx(shift, abs=0.05)
    assert found.starts == STARTS
    assert found.means == pytest.approx((0.3, 0.3, 0.3), abs=0.02)


def test_few_outcomes_do_not_bend_it() -> None:
    part, offset, y = (values[::2_000] for values in drawn(1.5))
    few = fit_fading(part, offset, y, period=PERIOD[::2_000], starts=STARTS, overlap=13.0)
    assert few.rate == pytest.approx(USUAL_RATE, abs=0.1)
    assert few.slope == pytest.approx(1.0, abs=0.3)


def test_levels_stay_and_order_is_kept() -> None:
    fading = Fading(0.8, 0.0, 2.0, STARTS, (0.1, -0.4, 0.2))
    part = np.linspace(-3, 3, 50)
    for number, mean in enumerate(fading.means):
        period = np.full(50, number)
        assert fading.applied(np.full(50, mean), period) == pytest.approx(mean)
        faded = fading.applied(part, period)
        assert (np.diff(faded) > 0).all()
        assert np.ptp(faded) < np.ptp(part)


def test_a_period_without_rows_has_the_level_of_the_one_before() -> None:
    part, offset, y = (values[:40_000] for values in drawn(0.0))
    found = fit_fading(part, offset, y, period=PERIOD[:40_000], starts=STARTS, overlap=1.0)
    assert found.means == (found.means[0],) * 3
