"""The CSM team at work: quarterly books, weekly touches and what is left of their effects.

Effects decay with a half-life and count from the week after the touch.
"""

import numpy as np

from simulator import policy
from simulator.arrays import DAYS_PER_WEEK, Bools, Floats, Ints, stream
from simulator.config import Config
from simulator.history import TouchLog
from simulator.population import Population
from simulator.timeline import Timeline


class Team:
    """Books, rates and boosts of one chunk's accounts."""

    def __init__(self, config: Config, people: Population, line: Timeline, *, seed: int) -> None:
        """Draw the true responses; nobody has been touched yet."""
        self.config, self.line = config, line
        self.rng = stream(seed, "team", people.chunk)
        self.responses = policy.draw_responses(self.rng, config.touches, people)
        self.book = np.zeros(len(people), dtype=np.int64)
        self.boost_churn, self.boost_expansion = np.zeros((2, len(people)))
        self._decay = policy.decay(config.touches)
        self._log: list[TouchLog] = []

    def plan(self, week: int, arr: Floats, state: Floats) -> None:
        """At the start of a quarter, deal the accounts out to books."""
        quarter = self.line.quarter_of_week
        if week == 0 or quarter[week] != quarter[week - 1]:
            self.book = policy.assign_books(self.rng, self.config.touches, arr=arr, state=state)

    def touch(self, week: int, served: Bools) -> None:
        """Draw the week's touches and let earlier ones fade."""
        touches = self.config.touches
        rates = policy.touch_rates(self.config, self.book)
        coin = served & (self.rng.random(len(served)) < touches.random_weekly)
        done = (self.rng.random(rates.shape) < rates) & (served & ~coin)[:, None]
        drawn = np.flatnonzero(coin)
        playbook = self.rng.integers(0, rates.shape[1], len(drawn))
        treated = self.rng.random(len(drawn)) < touches.random_propensity
        account, by_policy = np.nonzero(done)
        self._write(week, account, by_policy, rates)
        self._write(week, drawn, playbook, rates, treated)
        done[drawn[treated], playbook[treated]] = True
        self.boost_churn = self._decay * self.boost_churn + (done * self.responses.churn).sum(1)
        self.boost_expansion = self._decay * self.boost_expansion + (
            done * self.responses.expansion
        ).sum(1)

    def log(self) -> TouchLog:
        """Return all touches and those withheld, by account and day."""
        parts = [vars(part) for part in self._log]
        whole = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        order = np.lexsort((whole["playbook"], whole["day"], whole["account"]))
        inside = order[whole["day"][order] < self.line.n_days]
        return TouchLog(**{name: column[inside] for name, column in whole.items()})

    def _write(
        self, week: int, account: Ints, playbook: Ints, rates: Floats,
        treated: Bools | None = None,
    ) -> None:  # fmt: skip
        touches, random = self.config.touches, treated is not None
        weekday = self.rng.integers(0, 5, len(account))
        self._log.append(
            TouchLog(
                account=account,
                week=np.full(len(account), week),
                day=_working_day(self.line, week, weekday),
                playbook=playbook,
                random=np.full(len(account), random),
                treated=np.ones(len(account), np.bool_) if treated is None else treated,
                propensity=np.full(len(account), touches.random_propensity)
                if random
                else rates[account, playbook],
                book=self.book[account],
            )
        )


def _working_day(line: Timeline, week: int, weekday: Ints) -> Ints:
    """Return the day of the week that is the given weekday, 0 for Monday."""
    first = (int(line.first.astype(np.int64)) + 3) % DAYS_PER_WEEK
    return DAYS_PER_WEEK * week + (weekday - first) % DAYS_PER_WEEK
