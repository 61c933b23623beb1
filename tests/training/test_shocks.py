"""The common shock is found where it is, and not where events scatter by chance alone."""

import numpy as np
import pytest

from training.forecasting.shocks import (
    Residuals,
    Shock,
    draw_shocks,
    estimate_shock,
    paule_mandel,
    residuals,
)
from training.horizons.model import OutOfFold
from training.horizons.periods import Periods
from training.horizons.person_periods import PersonPeriods

PERIODS = Periods(ends=(91, 182, 273, 364), lead_days=0)
START = np.datetime64("2020-01-01", "us")


def scattered(scale: float, *, level: float, n_dates: int = 60, seed: int = 0) -> Residuals:
    """Draw Poisson events around 200 expected ones under shocks of two parts."""
    random = np.random.default_rng(seed)
    date = np.repeat(START + np.arange(n_dates) * np.timedelta64(91, "D"), 4)
    lasting = np.repeat(random.normal(scale=level, size=n_dates), 4)
    shock = lasting + random.normal(scale=scale, size=4 * n_dates)
    expected = np.full(4 * n_dates, 200.0)
    observed = random.poisson(expected * np.exp(shock)).astype(float)
    return Residuals(date, np.tile(np.arange(4), n_dates), expected, observed)


@pytest.mark.parametrize("scale", [0.1, 0.3])
def test_its_size_is_found(scale: float) -> None:
    found = estimate_shock(scattered(scale, level=0.0), PERIODS)
    assert found.scale == pytest.approx(scale, rel=0.15)
    assert found.lasting < 0.15


def test_a_lasting_part_is_told_apart() -> None:
    found = estimate_shock(scattered(0.2, level=0.2), PERIODS)
    assert found.scale == pytest.approx(0.2 * 2**0.5, rel=0.15)
    assert found.lasting == pytest.approx(0.5, abs=0.15)


def test_chance_alone_is_no_shock() -> None:
    assert estimate_shock(scattered(0.0, level=0.0), PERIODS).scale < 0.03


def test_paule_mandel_solves_its_equation() -> None:
    squares, variance = np.array([0.5, 0.1, 0.02, 0.3]), np.array([0.1, 0.05, 0.02, 0.01])
    found = paule_mandel(squares, variance)
    assert (squares / (variance + found)).sum() == pytest.approx(4.0)
    assert paule_mandel(variance / 2, variance) == 0.0


def test_residuals_count_events_against_expectation() -> None:
    rows = PersonPeriods(
        snapshot=np.array([0, 0, 1, 1, 2]),
        period=np.array([0, 1, 0, 1, 0]),
        outcome=np.array([-1, 0, 0, -1, -1]),
    )
    as_of = START + np.array([0, 0, 28]) * np.timedelta64(1, "D")
    margins = OutOfFold(rows, as_of, (np.arange(5),), (np.zeros(5),))
    found = residuals(margins, 0)
    assert found.period.tolist() == [0, 1, 0]
    assert found.expected.tolist() == [1.0, 1.0, 0.5]
    assert found.observed.tolist() == [1.0, 1.0, 0.0]
    assert found.residual.tolist() == pytest.approx([0.0, 0.0, np.log(0.5)])


def test_draws_have_the_spread_and_keep_hazards_in_the_mean() -> None:
    shocks = (Shock(0.3, 0.5, 30), Shock(0.0, 0.0, 30))
    drawn = draw_shocks(shocks, 40_000, 4, np.random.default_rng(0))
    assert drawn.shape == (40_000, 2, 4)
    assert drawn[:, 0].std() == pytest.approx(0.3 * (30 / 28) ** 0.5, rel=0.03)
    assert np.exp(drawn[:, 0]).mean() == pytest.approx(1.0, abs=0.02)
    between = np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 3])[0, 1]
    assert between == pytest.approx(0.5, abs=0.03)
    assert (drawn[:, 1] == 0).all()
