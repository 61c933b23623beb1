"""The latent state x = (value, engagement, satisfaction, demand) and its law from week to week.

x' = A x + b + e, e ~ N(0, Q) with Q diagonal; b differs by account (its fit, its wanted seats).
Two more states are on-off chains: the champion's post is vacant, the budget is under shock.
"""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import WEEKS_PER_YEAR, Bools, Floats
from simulator.config import Effects, State
from simulator.population import Population


@dataclass(frozen=True)
class Law:
    """Matrices of the weekly law; `intercept` has one row per account."""

    step: Floats
    noise: Floats
    intercept: Floats


@dataclass(frozen=True)
class Switch:
    """An on-off chain: weekly chances to go on and to go off."""

    on: float
    off: float

    @property
    def share(self) -> float:
        """Long-run share of time spent on."""
        return self.on / (self.on + self.off)

    def later(self, weeks: int) -> Floats:
        """Chance to be on after 0..weeks-1 weeks; row 0 when off now, row 1 when on now."""
        memory = (1 - self.on - self.off) ** np.arange(weeks)
        return np.asarray(self.share + np.array([[0 - self.share], [1 - self.share]]) * memory)

    def moved(self, rng: np.random.Generator, now: Bools) -> Bools:
        """Draw the next week's state."""
        chance = np.where(now, 1 - self.off, self.on)
        return np.asarray(rng.random(len(now)) < chance)


def vacancy(state: State) -> Switch:
    """Return the chain of the champion's empty post."""
    return Switch(on=state.champion_leaves / WEEKS_PER_YEAR, off=1 / state.champion_vacant_weeks)


def budget_shock(state: State) -> Switch:
    """Return the chain of budget shocks."""
    return Switch(on=state.budget_shocks / WEEKS_PER_YEAR, off=1 / state.budget_shock_weeks)


def law(state: State, people: Population) -> Law:
    """Return the weekly law of the latent state for these accounts."""
    memory = _memory(state)
    intercept = np.zeros((len(people), 4))
    intercept[:, 0] = (1 - memory[0]) * state.fit_to_value * people.fit
    intercept[:, 3] = (1 - memory[3]) * people.demand_mean
    return Law(step=_step(state), noise=_noise(state), intercept=intercept)


def stationary_mean(rule: Law) -> Floats:
    """Return the long-run mean per account, shape (accounts, 4)."""
    return np.asarray(np.linalg.solve(np.eye(4) - rule.step, rule.intercept.T).T, np.float64)


def stationary_cov(state: State, *, across_accounts: bool) -> Floats:
    """Return the long-run covariance of x, within an account or over all accounts."""
    step, cov = _step(state), np.diag(_noise(state) ** 2)
    total = cov.copy()
    for _ in range(600):
        total = step @ total @ step.T + cov
    if across_accounts:
        pull = np.linalg.inv(np.eye(4) - step) * (1 - _memory(state))
        spread = np.diag([state.fit_to_value**2, 0, 0, state.demand_spread**2])
        total = total + pull @ spread @ pull.T
    return np.asarray(total)


def weights(effects: Effects) -> Floats:
    """Return the log-hazard weights of x."""
    return np.array([effects.value, effects.engagement, effects.satisfaction, effects.demand])


def forecast(rule: Law, beta: Floats, *, weeks: int) -> tuple[Floats, Floats, Floats]:
    """Return what is needed to forecast beta'x for 0..weeks-1 weeks ahead.

    Returns
    -------
    (gain, drift, cov)
        beta'x in k weeks has mean `x @ gain[:, k] + drift[:, k]` and covariance `cov[j, k]`;
        shapes (4, weeks), (accounts, weeks), (weeks, weeks).
    """
    powers = [np.eye(4)]
    for _ in range(weeks - 1):
        powers.append(powers[-1] @ rule.step)
    gain = np.stack([p.T @ beta for p in powers], axis=1)
    past = np.concatenate([np.zeros((4, 1)), np.cumsum(gain, axis=1)[:, :-1]], axis=1)
    loads = gain[:, :, None] * rule.noise[:, None, None]
    lag = np.subtract.outer(np.arange(weeks), np.arange(weeks) + 1)
    steps = np.where(lag >= 0, loads[:, np.maximum(lag, 0), 0], 0.0)
    return gain, rule.intercept @ past, np.asarray(np.einsum("ajs,aks->jk", steps, steps))


def _memory(state: State) -> Floats:
    return np.array(
        [
            state.value_memory,
            state.engagement_memory,
            state.satisfaction_memory,
            state.demand_memory,
        ]
    )


def _noise(state: State) -> Floats:
    return np.array(
        [state.value_noise, state.engagement_noise, state.satisfaction_noise, state.demand_noise]
    )


def _step(state: State) -> Floats:
    memory = _memory(state)
    step = np.diag(memory)
    pulls = [0.0, state.value_to_engagement, state.value_to_satisfaction, state.value_to_demand]
    step[:, 0] += (1 - memory) * np.array(pulls)
    return step
