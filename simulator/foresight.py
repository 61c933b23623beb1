"""What can be known today of an outcome's hazard in the coming weeks: means and second moments.

The rate of a week k ahead is log-normal in the state, times two on-off factors, times touches yet
to come, times quarterly shocks yet unknown; all moments are in closed form.
"""

from dataclasses import dataclass

import numpy as np

from simulator import dynamics, policy
from simulator.arrays import Floats, Ints
from simulator.config import Config, Effects
from simulator.dynamics import Switch
from simulator.hazards import Circumstance
from simulator.history import History, Weekly
from simulator.population import Population

WEEKS_AHEAD = 16


@dataclass(frozen=True)
class Foresight:
    """Constant parts of the forecast of one outcome for the accounts of one chunk."""

    effects: Effects
    gain: Floats
    drift: Floats
    cov: Floats
    vacancy: Switch
    shock: Switch
    fading: Floats
    coming: Floats
    demand_mean: float
    around: Circumstance
    quarter: Ints


def foresight(
    config: Config, people: Population, history: History, outcome: str, around: Circumstance,
    quarter: Ints,
) -> Foresight:  # fmt: skip
    """Return the constant parts of one outcome's forecast."""
    effects: Effects = getattr(config.outcomes, outcome)
    gain, drift, cov = dynamics.forecast(
        dynamics.law(config.state, people), dynamics.weights(effects), weeks=WEEKS_AHEAD
    )
    responses = history.responses
    felt = responses.expansion if outcome == "expansion" else responses.churn
    return Foresight(
        effects=effects,
        gain=gain,
        drift=drift,
        cov=cov,
        vacancy=dynamics.vacancy(config.state),
        shock=dynamics.budget_shock(config.state),
        fading=policy.decay(config.touches) ** np.arange(WEEKS_AHEAD),
        coming=_coming_touches(config, effects.touches * felt),
        demand_mean=config.state.demand_mean,
        around=around,
        quarter=quarter,
    )


def expected_rates(sight: Foresight, weekly: Weekly, touched: Floats, week: int) -> Floats:
    """Return the expected weekly rates 0..15 weeks after `week`, shape (accounts, 16)."""
    effects, ahead = sight.effects, slice(week, week + WEEKS_AHEAD)
    state = weekly.state[:, week] @ sight.gain + sight.drift + np.diag(sight.cov) / 2
    vacant = _factor_means(sight.vacancy, effects.champion_absent)[weekly.vacant[:, week] * 1]
    shocked = _factor_means(sight.shock, effects.budget_shock)[weekly.shocked[:, week] * 1]
    touches = effects.touches * touched[:, week, None] * sight.fading
    touches = touches + sight.coming[np.arange(len(state)), weekly.book[:, week]]
    known = sight.quarter[ahead] == sight.quarter[week]
    quarter = np.where(known, sight.around.quarter[ahead], effects.quarter_shock**2 / 2)
    calendar = sight.around.clock[:, ahead] + sight.around.tenure[:, ahead]
    calendar = calendar + effects.season * sight.around.season[:, ahead]
    fixed = sight.around.base[:, None] - effects.demand * sight.demand_mean
    return np.asarray(np.exp(state + touches + quarter + calendar + fixed) * vacant * shocked)


def relative_moments(sight: Foresight, week: int, *, vacant: int, shocked: int) -> Floats:
    """Return E[r_j r_k] / (E[r_j] E[r_k]) - 1 over the weeks ahead, shape (16, 16).

    It depends on the account only through its two on-off states.
    """
    effects = sight.effects
    quarter = sight.quarter[week : week + WEEKS_AHEAD]
    unknown = (quarter[:, None] == quarter) & (quarter != quarter[0])
    market = np.where(unknown, np.exp(effects.quarter_shock**2), 1.0)
    people = _factor_moments(sight.vacancy, effects.champion_absent, vacant)
    money = _factor_moments(sight.shock, effects.budget_shock, shocked)
    return np.asarray(np.exp(sight.cov) * people * money * market - 1)


def _coming_touches(config: Config, felt: Floats) -> Floats:
    """Return the log-mean effect of touches yet to come, shape (accounts, books, weeks ahead).

    A touch j weeks old, given with chance r, multiplies the mean by 1 + r (exp(d^j felt) - 1).
    """
    books = np.arange(len(policy.BOOKS))
    rates = policy.all_rates(config, policy.touch_rates(config, books))
    parts = [np.zeros((len(felt), len(books)))]
    for age in range(WEEKS_AHEAD - 1):
        left = np.expm1(felt * policy.decay(config.touches) ** age)
        parts.append(np.log1p(rates[None] * left[:, None]).sum(axis=2))
    return np.cumsum(np.stack(parts, axis=2), axis=2)


def _factor_means(switch: Switch, effect: float) -> Floats:
    return 1 + np.expm1(effect) * switch.later(WEEKS_AHEAD)


def _factor_moments(switch: Switch, effect: float, now: int) -> Floats:
    """Return E[f_j f_k] / (E[f_j] E[f_k]) for f = exp(effect) while on, else 1."""
    jump = np.expm1(effect)
    later = switch.later(WEEKS_AHEAD)
    week = np.arange(WEEKS_AHEAD)
    first = np.minimum.outer(week, week)
    both = later[now][first] * later[1][np.abs(np.subtract.outer(week, week))]
    on = later[now]
    mean = 1 + jump * on
    raw = 1 + jump * np.add.outer(on, on) + jump**2 * both
    return np.asarray(raw / np.outer(mean, mean))
