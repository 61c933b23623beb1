"""Fading: levels stay, what is seen fades, what is known ahead does not; weights are recovered."""

import numpy as np
import pytest
from scipy.special import expit

from training.horizons.fading import USUAL_RATE, Fading, Parts, fit_fading, needed_shift

STARTS = (14.0, 104.0, 194.0)
PERIOD = np.repeat(np.arange(3), 40_000)


def drawn(
    rate: float, *, known_slope: float = 1.0, slope: float = 1.0, shift: float = 0.0, seed: int = 0
) -> tuple[Parts, np.ndarray, np.ndarray]:
    """Return both parts, offset and outcomes of hazards in which the parts count as told."""
    random = np.random.default_rng(seed)
    known, seen = random.normal(size=(2, len(PERIOD)))
    parts = Parts(known - 0.2, seen + 0.3)
    offset = np.full(len(PERIOD), -2.0)
    fading = Fading(known_slope, slope, shift, rate, STARTS, (-0.2,) * 3, (0.3,) * 3)
    y = random.random(len(PERIOD)) < 1 / (1 + np.exp(-offset - fading.applied(parts, PERIOD)))
    return parts, offset, y.astype(float)


def some(parts: Parts, rows: slice) -> Parts:
    """Return some rows of both parts."""
    return Parts(parts.known[rows], parts.seen[rows])


@pytest.mark.parametrize(
    ("rate", "known_slope", "slope", "shift"), [(0.0, 1.0, 1.0, 0.0), (1.5, 1.2, 0.6, -0.3)]
)
def test_rate_slopes_and_shift_are_found(
    rate: float, known_slope: float, slope: float, shift: float
) -> None:
    parts, offset, y = drawn(rate, known_slope=known_slope, slope=slope, shift=shift)
    found = fit_fading(parts, offset, y, period=PERIOD, starts=STARTS, overlap=1.0)
    assert found.rate == pytest.approx(rate, abs=0.15)
    assert found.known_slope == pytest.approx(known_slope, abs=0.05)
    assert found.slope == pytest.approx(slope, abs=0.05)
    assert found.shift == pytest.approx(shift, abs=0.05)
    assert found.starts == STARTS
    assert found.means == pytest.approx((0.3, 0.3, 0.3), abs=0.02)
    assert found.known_means == pytest.approx((-0.2, -0.2, -0.2), abs=0.02)


def test_few_outcomes_do_not_bend_it() -> None:
    parts, offset, y = drawn(1.5)
    rows = slice(None, None, 2_000)
    few = fit_fading(
        some(parts, rows), offset[rows], y[rows], period=PERIOD[rows], starts=STARTS, overlap=13.0
    )
    assert few.rate == pytest.approx(USUAL_RATE, abs=0.1)
    assert few.slope == pytest.approx(1.0, abs=0.3)
    assert few.known_slope == pytest.approx(1.0, abs=0.3)


def test_levels_stay_and_order_is_kept() -> None:
    fading = Fading(1.1, 0.8, 0.0, 2.0, STARTS, (0.5, 0.0, 0.1), (0.1, -0.4, 0.2))
    part = np.linspace(-3, 3, 50)
    for number, (known, mean) in enumerate(zip(fading.known_means, fading.means, strict=True)):
        period = np.full(50, number)
        level = fading.applied(Parts(np.full(50, known), np.full(50, mean)), period)
        assert level == pytest.approx(known + mean)
        faded = fading.applied(Parts(np.full(50, known), part), period)
        assert (np.diff(faded) > 0).all()
        assert np.ptp(faded) < np.ptp(part)


def test_what_is_known_ahead_counts_the_same_in_every_period() -> None:
    fading = Fading(0.9, 0.8, 0.1, 2.0, STARTS, (0.0,) * 3, (0.0,) * 3)
    part = np.linspace(-3, 3, 50)
    spread = [
        np.ptp(fading.applied(Parts(part, np.zeros(50)), np.full(50, number)))
        for number in range(len(STARTS))
    ]
    assert spread == pytest.approx([0.9 * 6.0] * 3)


def test_neither_part_is_told_too_boldly_of_the_far_period() -> None:
    """With one weight for both, dates would be told too shyly there and moods too boldly."""
    parts, offset, y = drawn(3.0)
    found = fit_fading(parts, offset, y, period=PERIOD, starts=STARTS, overlap=1.0)
    last = slice(80_000, None)
    logit = offset[last] + found.applied(some(parts, last), PERIOD[last])
    error = y[last] - 1 / (1 + np.exp(-logit))
    for part in (parts.known[last], parts.seen[last]):
        away = part - part.mean()
        assert abs(error @ away) / np.sqrt((away**2).sum()) < 2.0


def test_a_period_without_rows_has_the_level_of_the_one_before() -> None:
    parts, offset, y = drawn(0.0)
    rows = slice(0, 40_000)
    found = fit_fading(
        some(parts, rows), offset[rows], y[rows], period=PERIOD[rows], starts=STARTS, overlap=1.0
    )
    assert found.means == (found.means[0],) * 3
    assert found.known_means == (found.known_means[0],) * 3


def test_other_trees_keep_the_slopes_and_expect_as_many_as_came() -> None:
    parts, offset, y = drawn(1.0)
    fading = fit_fading(parts, offset, y, period=PERIOD, starts=STARTS, overlap=1.0)
    bolder = Parts(2.0 * parts.known + 0.5, 1.5 * parts.seen - 1.0)
    carried = fading.carried_to(bolder, offset, y, period=PERIOD)
    told = offset + carried.applied(bolder, PERIOD)
    assert expit(told).sum() == pytest.approx(y.sum())
    assert (carried.known_slope, carried.slope, carried.rate) == (
        fading.known_slope,
        fading.slope,
        fading.rate,
    )
    own = fading.carried_to(parts, offset, y, period=PERIOD)
    assert own.shift == pytest.approx(fading.shift, abs=1e-3)


def test_a_shift_is_found_at_both_ends() -> None:
    log_odds = np.array([-2.0, 0.0, 1.0])
    for y in (np.zeros(3), np.ones(3), np.array([0.0, 1.0, 0.0])):
        wanted = np.clip(y.sum(), 0.5, 2.5)
        assert expit(log_odds + needed_shift(log_odds, y)).sum() == pytest.approx(wanted)
