"""The common shock is found where it is, and not where events scatter by chance alone."""

import numpy as np
import pytest

from training.forecasting.shocks import (
    NO_SHOCK,
    USUAL,
    Residuals,
    Shock,
    draw_shocks,
    estimate_shock,
    residuals,
)
from training.horizons.fitting import OutOfFold
from training.horizons.periods import Periods
from training.horizons.person_periods import PersonPeriods

PERIODS = Periods(ends=(91, 182, 273, 364), lead_days=0)
START = np.datetime64("2020-01-01", "us")


def scattered(
    scale: float, *, level: float, events: float = 200.0, n_dates: int = 60, seed: int = 0
) -> Residuals:
    """Draw Poisson events around expected ones under shocks of two parts."""
    random = np.random.default_rng(seed)
    date = np.repeat(START + np.arange(n_dates) * np.timedelta64(91, "D"), 4)
    lasting = np.repeat(random.normal(scale=level, size=n_dates), 4)
    shock = lasting + random.normal(scale=scale, size=4 * n_dates)
    expected = np.full(4 * n_dates, events)
    observed = random.poisson(expected * np.exp(shock)).astype(float)
    return Residuals(date, np.tile(np.arange(4), n_dates), expected, observed, expected)


def shock(*found: Residuals) -> Shock:
    return estimate_shock(found, PERIODS)


@pytest.mark.parametrize("scale", [0.1, 0.3])
def test_its_size_is_found(scale: float) -> None:
    found = shock(scattered(scale, level=0.0))
    assert found.scale == pytest.approx(scale, rel=0.15)
    assert found.lasting < 0.15


def test_a_lasting_part_is_told_apart() -> None:
    found = shock(scattered(0.2, level=0.2))
    assert found.scale == pytest.approx(0.2 * 2**0.5, rel=0.15)
    assert found.lasting == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(("events", "most"), [(3.0, 0.15), (6.0, 0.12), (200.0, 0.03)])
def test_chance_alone_is_no_shock_however_few_events(events: float, most: float) -> None:
    """Logs of counts over expectation scatter by a third more than 1 / E at six events."""
    found = [
        shock(scattered(0.0, level=0.0, events=events, n_dates=200, seed=seed)).scale
        for seed in range(5)
    ]
    assert np.median(found) < most


def test_who_tells_nothing_leaves_the_scale_open() -> None:
    """A tenth of an event a quarter: what was thought before, a half-normal, stays."""
    found = shock(scattered(0.0, level=0.0, events=0.1, n_dates=2))
    assert found.scale == pytest.approx(USUAL, rel=0.1)
    assert found.scales[0] < 0.05 * USUAL
    assert found.scales[-1] > 2 * USUAL


def test_what_is_not_known_of_the_scale_stays_open() -> None:
    few, many = (shock(scattered(0.2, level=0.0, n_dates=dates)) for dates in (2, 60))
    widths = [found.scales[-10] - found.scales[9] for found in (few, many)]
    assert widths[0] > 3 * widths[1]
    assert list(few.scales) == sorted(few.scales)


def test_outcomes_of_few_events_lean_on_the_others() -> None:
    """Of six events a quarter alone the scale is anything; beside 200 it is known."""
    many = scattered(0.15, level=0.0)
    for seed in range(5):
        few = scattered(0.15, level=0.0, events=6.0, n_dates=3, seed=seed)
        assert shock(many, few).scale == pytest.approx(shock(many).scale, rel=0.1)


def test_a_quarter_told_four_times_counts_once() -> None:
    """The same residuals from dates a quarter of a quarter apart say no more."""
    once = scattered(0.3, level=0.0, n_dates=6)
    again = Residuals(
        (once.date + np.arange(4)[:, np.newaxis] * np.timedelta64(20, "D")).ravel(),
        np.tile(once.period, 4),
        *(np.tile(each, 4) for each in (once.expected, once.observed, once.sampling)),
    )
    widths = [f.scales[-10] - f.scales[9] for f in (shock(once), shock(again))]
    assert widths[1] > 0.8 * widths[0]


def test_an_outcome_never_checked_changes_nothing() -> None:
    none = Residuals(np.empty(0, "datetime64[us]"), np.empty(0, int), *np.empty((3, 0)))
    seen = scattered(0.2, level=0.0)
    assert shock(none, seen) == shock(seen)
    assert shock(none).scale == pytest.approx(USUAL, rel=0.03)


def counted(times: int) -> Residuals:
    """Residuals of three snapshots at even odds, each told so many times."""
    rows = PersonPeriods(
        snapshot=np.tile([0, 0, 1, 1, 2], times),
        period=np.tile([0, 1, 0, 1, 0], times),
        outcome=np.tile([-1, 0, 0, -1, -1], times),
    )
    as_of = START + np.array([0, 0, 28]) * np.timedelta64(1, "D")
    n = 5 * times
    return residuals(OutOfFold(rows, as_of, (np.arange(n),), (np.zeros(n),)), 0)


def test_residuals_count_events_against_expectation() -> None:
    found = counted(10)
    assert found.period.tolist() == [0, 1, 0]
    assert found.expected.tolist() == [10.0, 10.0, 5.0]
    assert found.observed.tolist() == [10.0, 10.0, 0.0]
    assert found.sampling.tolist() == [5.0, 5.0, 2.5]
    assert found.residual.tolist() == [0.0, 0.0, -1.0]
    assert found.variance.tolist() == [0.05, 0.05, 0.1]


def test_a_quarter_with_few_expected_tells_nothing() -> None:
    assert counted(9).expected.tolist() == [9.0, 9.0]
    assert counted(4).expected.tolist() == []


def test_draws_have_the_spread_and_keep_hazards_in_the_mean() -> None:
    found = Shock((0.1, 0.5), 0.5)
    random = np.random.default_rng(0)
    drawn = draw_shocks(found, 40_000, random, n_outcomes=2, n_quarters=4)
    assert drawn.shape == (40_000, 2, 4)
    assert drawn.std() == pytest.approx(found.scale, rel=0.03)
    assert np.exp(drawn).mean() == pytest.approx(1.0, abs=0.02)
    between = np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 3])[0, 1]
    assert between == pytest.approx(0.5, abs=0.04)
    assert np.corrcoef(drawn[:, 0, 0], drawn[:, 1, 0])[0, 1] == pytest.approx(0.0, abs=0.03)
    assert (draw_shocks(NO_SHOCK, 10, random, n_outcomes=2, n_quarters=4) == 0).all()
