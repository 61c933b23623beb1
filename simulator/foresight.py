"""What can be known today of an outcome's hazard in the coming weeks: expected rates.

The rate of a week k ahead is log-normal in the state, times two on-off factors, times touches yet
to come, times quarterly shocks yet unknown; its mean is in closed form.
"""

from dataclasses import dataclass, field

import numpy as np

from simulator import dynamics, policy
from simulator.arrays import Floats, Ints
from simulator.circumstances import circumstance, set_clock
from simulator.config import Config, Effects
from simulator.dynamics import Switch
from simulator.hazards import OUTCOMES, Circumstance
from simulator.history import History, Weekly
from simulator.population import Population
from simulator.timeline import Timeline

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
    touched: Floats
    loads: dict[tuple[int, ...], Floats] = field(default_factory=dict)


def all_foresight(
    config: Config, people: Population, history: History, line: Timeline, *, seed: int
) -> dict[str, Foresight]:
    """Return the constant parts of every outcome's forecast."""
    around = {o: circumstance(config, people, line, o, seed=seed) for o in OUTCOMES}
    _set_clocks(config, people, history, line, around)
    quarter = line.quarter_of_week
    return {o: _foresight(config, people, history, o, around[o], quarter) for o in OUTCOMES}


def _set_clocks(
    config: Config, people: Population, history: History, line: Timeline,
    around: dict[str, Circumstance],
) -> None:  # fmt: skip
    """Write each account's calendar: that of its first contract until it came back, if it did."""
    set_clock(config, people, line, history.start, history.term_months, around)
    latest = {outcome: there.clock.copy() for outcome, there in around.items()}
    set_clock(config, people, line, history.first_start, history.term_months, around)
    for account, day in zip(*history.returns, strict=True):
        for outcome, there in around.items():
            there.clock[account, day // 7 :] = latest[outcome][account, day // 7 :]


def _foresight(
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
        fading=np.power(policy.decay(config.touches), np.arange(WEEKS_AHEAD)),
        coming=_coming_touches(config, effects.touches * felt),
        demand_mean=config.state.demand_mean,
        around=around,
        quarter=quarter,
        touched=history.weekly.touched_expansion
        if outcome == "expansion"
        else history.weekly.touched_churn,
    )


def expected_rates(sight: Foresight, weekly: Weekly, who: Ints, week: int) -> Floats:
    """Return the expected weekly rates 0..15 weeks after `week`, shape (len(who), 16)."""
    effects, ahead = sight.effects, slice(week, week + WEEKS_AHEAD)
    around = sight.around
    state = weekly.state[who, week] @ sight.gain + sight.drift[who] + np.diag(sight.cov) / 2
    vacant = _factor_means(sight.vacancy, effects.champion_absent)[weekly.vacant[who, week] * 1]
    shocked = _factor_means(sight.shock, effects.budget_shock)[weekly.shocked[who, week] * 1]
    touches = effects.touches * sight.touched[who, week, None] * sight.fading
    touches = touches + sight.coming[who, weekly.book[who, week]]
    known = sight.quarter[ahead] == sight.quarter[week]
    quarter = np.where(known, around.quarter[ahead], effects.quarter_shock**2 / 2)
    calendar = around.clock[who, ahead] + around.tenure[who, ahead]
    calendar = calendar + effects.season * around.season[who, ahead]
    fixed = around.base[who, None] - effects.demand * sight.demand_mean
    return np.asarray(np.exp(state + touches + quarter + calendar + fixed) * vacant * shocked)


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
    return np.asarray(np.cumsum(np.stack(parts, axis=2), axis=2))


def _factor_means(switch: Switch, effect: float) -> Floats:
    return np.asarray(1 + np.expm1(effect) * switch.later(WEEKS_AHEAD))
