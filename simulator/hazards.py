"""Weekly rates of the three decisions: log-linear in the latent state, by group of drivers.

log rate = base(segment) + Σ groups; the same function serves the weekly loop and the truth.
"""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import WEEKS_PER_YEAR, Bools, Floats
from simulator.config import Config, Effects
from simulator.dynamics import budget_shock, stationary_cov, vacancy, weights
from simulator.population import Population

OUTCOMES = ("churn", "expansion", "contraction")
GROUPS = (
    "segment", "value", "engagement", "sentiment", "seats", "people", "money", "touches",
    "contract", "season", "market", "tenure",
)  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """The state of accounts, in one week (accounts) or all weeks (accounts, weeks)."""

    state: Floats
    vacant: Bools
    shocked: Bools
    touched: Floats


@dataclass(frozen=True)
class Circumstance:
    """What is known about any week in advance, per account and week; `quarter` is common."""

    base: Floats
    clock: Floats
    season: Floats
    quarter: Floats
    tenure: Floats

    def at(self, week: int) -> "Circumstance":
        """Return one week's circumstances."""
        return Circumstance(
            self.base,
            self.clock[:, week],
            self.season[:, week],
            self.quarter[week],
            self.tenure[:, week],
        )

    def until(self, weeks: int) -> "Circumstance":
        """Return the first `weeks` weeks."""
        return Circumstance(
            self.base,
            self.clock[:, :weeks],
            self.season[:, :weeks],
            self.quarter[:weeks],
            self.tenure[:, :weeks],
        )


def driver_groups(
    effects: Effects, demand_mean: float, moment: Moment, around: Circumstance
) -> dict[str, Floats]:
    """Return each group's part of the log rate; the last axis of `moment.state` is x."""
    value, engagement, satisfaction, demand = np.moveaxis(moment.state, -1, 0)
    shape = value.shape
    base = around.base if value.ndim == 1 else around.base[:, None]
    parts = {
        "segment": base,
        "value": effects.value * value,
        "engagement": effects.engagement * engagement,
        "sentiment": effects.satisfaction * satisfaction,
        "seats": effects.demand * (demand - demand_mean),
        "people": effects.champion_absent * moment.vacant,
        "money": effects.budget_shock * moment.shocked,
        "touches": effects.touches * moment.touched,
        "contract": around.clock,
        "season": effects.season * around.season,
        "market": around.quarter,
        "tenure": around.tenure,
    }
    return {name: np.broadcast_to(part, shape) for name, part in parts.items()}


def log_rate(parts: dict[str, Floats]) -> Floats:
    """Return the log of the weekly rate."""
    return np.asarray(sum(parts.values()))


def base_rates(config: Config, people: Population, outcome: str) -> Floats:
    """Return log rates per week such that the mean over accounts is the segment's annual rate."""
    annual = np.array([getattr(s, f"annual_{outcome}") for s in config.segments.values()])
    effects: Effects = getattr(config.outcomes, outcome)
    mean = np.log(np.maximum(annual, 1e-12) / WEEKS_PER_YEAR) - _log_mean(config, effects)
    return np.asarray(mean[people.segment])


def _log_mean(config: Config, effects: Effects) -> float:
    """Log of the long-run mean of exp(effects), without clock, touches and tenure."""
    beta = weights(effects)
    spread = beta @ stationary_cov(config.state, across_accounts=True) @ beta
    spread += effects.quarter_shock**2 + effects.season**2 / 2
    people = 1 + vacancy(config.state).share * np.expm1(effects.champion_absent)
    money = 1 + budget_shock(config.state).share * np.expm1(effects.budget_shock)
    return float(spread / 2 + np.log(people) + np.log(money))


def tenure_effect(effects: Effects, weeks: Floats) -> Floats:
    """Return the log-hazard of an account's age: nothing is decided in the first weeks."""
    grown = weeks - effects.first_weeks
    fading = effects.early * np.exp(-np.maximum(grown, 0) / 26)
    return np.asarray(np.where(grown < 0, -30.0, fading))
