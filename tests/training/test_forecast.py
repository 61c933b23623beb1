"""A forecast of constant hazards against arithmetic; theorems of retention on every draw."""

import numpy as np
import pyarrow as pa
import pytest

from scoring.manifest import Column
from training.forecasting.forecast import Forecaster, forecast
from training.forecasting.levels import Levels
from training.forecasting.quarters import QUARTERS
from training.forecasting.shocks import Shock
from training.forecasting.sizes import Sizes
from training.horizons.hazards import OutcomeHazard
from training.horizons.model import HorizonModel
from training.horizons.periods import OUTCOMES

N = 400
PANEL = pa.table({"account_id": [f"A{n}" for n in range(N)], "f": np.ones(N)})
ARR = np.random.default_rng(0).lognormal(8.0, 1.0, N)
RATES = {"involuntary_churn": 2e-4, "voluntary_churn": 4e-4, "contraction": 3e-4, "expansion": 1e-3}


def forecaster(scale: float, *, lasting: float = 0.0, unknown: float = 0.0) -> Forecaster:
    """Return one without trees: everyone's hazards, growth by 20 %, shrinking by 30 %.

    Their level is known but for a standard deviation of `unknown`.
    """
    hazards = tuple(OutcomeHazard(o, None, RATES[o], {}) for o in OUTCOMES)
    model = HorizonModel(QUARTERS, hazards, (Column("f", "number"),))
    sizes = np.repeat(np.array([0.0, 0.0, 0.7, 1.2, 1.0])[np.newaxis, :, np.newaxis], 201, axis=2)
    root = np.tile(np.diag([unknown, 0.0, 0.0, 0.0]), (len(OUTCOMES), 1, 1))
    levels = Levels(np.zeros((len(OUTCOMES), 4)), root, 8.0)
    return Forecaster(model, levels, Shock((scale,), lasting), Sizes(np.empty(0), sizes))


def quarterly() -> dict[str, float]:
    """Return the hazards of one quarter: odds exp(rate x 91) - 1 against nothing."""
    odds = {name: np.expm1(rate * 91) for name, rate in RATES.items()}
    return {name: value / (1 + sum(odds.values())) for name, value in odds.items()}


def test_means_are_those_of_arithmetic() -> None:
    found = forecast(forecaster(0.0), PANEL, ARR, n_draws=1_000).draws
    hazard = quarterly()
    stays = 1 - hazard["involuntary_churn"] - hazard["voluntary_churn"]
    grows = stays + 0.2 * hazard["expansion"] - 0.3 * hazard["contraction"]
    quarters = np.arange(1, 5)
    np.testing.assert_allclose(found.logo.mean(axis=0), stays**quarters, atol=2e-3)
    np.testing.assert_allclose(found.nrr.mean(axis=0), grows**quarters, atol=6e-3)


def test_gross_never_grows_and_never_exceeds_net_or_one() -> None:
    draws = forecast(forecaster(0.3), PANEL, ARR, n_draws=300).draws
    assert draws.nrr.shape == draws.grr.shape == draws.logo.shape == (300, 4)
    assert (draws.grr <= np.minimum(draws.nrr, 1.0) + 1e-12).all()
    assert (np.diff(draws.logo, axis=1) <= 0).all()
    assert (draws.logo <= 1).all()


def test_without_shocks_draws_scatter_as_independent_accounts() -> None:
    logo = forecast(forecaster(0.0), PANEL, ARR, n_draws=1_000).draws.logo[:, 0]
    hazard = quarterly()
    p = hazard["involuntary_churn"] + hazard["voluntary_churn"]
    assert logo.std() == pytest.approx((p * (1 - p) / N) ** 0.5, rel=0.12)


def test_shocks_widen_intervals_and_lasting_ones_more() -> None:
    widths = []
    for shocked in (forecaster(0.0), forecaster(0.5), forecaster(0.5, lasting=1.0)):
        low, middle, high = forecast(shocked, PANEL, ARR, n_draws=400).interval("logo")
        assert (low <= middle).all()
        assert (middle <= high).all()
        widths.append((high - low)[-1])
    assert widths[0] < widths[1] < widths[2]


def test_what_is_not_known_of_the_level_widens_and_keeps_the_mean() -> None:
    known, unknown = (
        forecast(forecaster(0.0, unknown=scale), PANEL, ARR, n_draws=1_000).draws.logo[:, -1]
        for scale in (0.0, 0.4)
    )
    assert unknown.std() > 1.3 * known.std()
    assert unknown.mean() == pytest.approx(known.mean(), abs=8e-3)


def test_same_seed_same_draws() -> None:
    first, second, other = (
        forecast(forecaster(0.3), PANEL, ARR, n_draws=50, seed=seed).draws.nrr for seed in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
