"""Payments that fail: a spell of some weeks that ends in recovery or in involuntary churn.

Only accounts that pay by the month (by card) fail; time in weeks from the first day.
"""

import numpy as np

from simulator.arrays import WEEKS_PER_YEAR, Bools, Floats, Ints, stream
from simulator.config import Config
from simulator.dynamics import budget_shock
from simulator.history import Failures
from simulator.population import Population

SPELL_WEEKS = 6
_SHOCK_EFFECT = 1.1


class Payments:
    """The failing payments of one chunk's accounts."""

    def __init__(self, config: Config, people: Population, *, seed: int) -> None:
        """Start with nobody failing."""
        self.rng = stream(seed, "payments", people.chunk)
        self.rate = failure_rates(config, people)
        self.loss_share = config.outcomes.payment_loss_share
        self.weeks_left = np.zeros(len(people), dtype=np.int64)
        self._began = np.zeros(len(people), dtype=np.int64)
        self._spells: list[tuple[Ints, Ints, Ints, Bools]] = []

    def step(self, week: int, paying: Bools, shocked: Bools) -> Ints:
        """Draw the week's failures and ends of spells; return the accounts lost."""
        self.forgive(np.flatnonzero((self.weeks_left > 0) & ~paying), week)
        ending = np.flatnonzero(self.weeks_left == 1)
        lost = self.rng.random(len(ending)) < self.loss_share
        self._close(ending, week, lost)
        self.weeks_left = np.maximum(self.weeks_left - 1, 0)
        chance = self.rate * np.where(shocked, np.exp(_SHOCK_EFFECT), 1.0)
        free = paying & (self.weeks_left == 0)
        free[ending] = False
        begins = free & (self.rng.random(len(chance)) < chance)
        self.weeks_left[begins] = SPELL_WEEKS
        self._began[begins] = week
        return ending[lost]

    def forgive(self, who: Ints, week: int) -> None:
        """End the spells of accounts that no longer pay for another reason."""
        open_spells = who[self.weeks_left[who] > 0]
        self._close(open_spells, week, np.zeros(len(open_spells), dtype=np.bool_))
        self.weeks_left[open_spells] = 0

    def failures(self) -> Failures:
        """Return all spells; one still open ends beyond the period."""
        open_spells = np.flatnonzero(self.weeks_left > 0)
        self._close(open_spells, 10**4, np.zeros(len(open_spells), dtype=np.bool_))
        account, began, ended, lost = (
            np.concatenate(part) for part in zip(*self._spells, strict=True)
        )
        return Failures(account, began, ended, lost)

    def _close(self, who: Ints, week: int, lost: Bools) -> None:
        self._spells.append((who, self._began[who], np.full(len(who), week), lost))


def failure_rates(config: Config, people: Population) -> Floats:
    """Return the weekly chance that a monthly payer without a budget shock begins to fail."""
    annual = np.array([s.annual_payment_failure for s in config.segments.values()])
    mean = 1 + budget_shock(config.state).share * np.expm1(_SHOCK_EFFECT)
    return np.asarray(annual[people.segment] / WEEKS_PER_YEAR / mean)


def expected_failure_rates(rate: Floats, shocked: Floats) -> Floats:
    """Return the expected chance given the chance `shocked` of a budget shock."""
    return np.asarray(rate * (1 + shocked * np.expm1(_SHOCK_EFFECT)))
