"""The half year before the first day, lived but not written: the first day is like any other.

Some customers are then already leaving, touches still work, seats have been used up or added.
"""

import dataclasses

import numpy as np

from simulator.arrays import DAYS_PER_WEEK, Ints
from simulator.config import Config
from simulator.history import EARLIER, NEVER, Failures, History, TouchLog, Weekly
from simulator.life import Life
from simulator.population import Population
from simulator.timeline import Timeline

WEEKS = 26
_DAYS = WEEKS * DAYS_PER_WEEK


def life_with_burn_in(config: Config, people: Population, line: Timeline, *, seed: int) -> History:
    """Live from half a year before the first day; return what belongs to the period."""
    early = Timeline(first=line.first - np.timedelta64(_DAYS, "D"), n_days=line.n_days + _DAYS)
    younger = dataclasses.replace(people, started=people.started + _DAYS)
    return since_first_day(Life(config, younger, early, seed=seed).live())


def since_first_day(history: History) -> History:
    """Return the history counted from the first day; changes and decisions keep their past."""
    who, back = history.returns
    failures = history.failures
    return dataclasses.replace(
        history,
        weekly=_weekly(history.weekly),
        returns=(who[back >= _DAYS], back[back >= _DAYS] - _DAYS),
        touches=_touches(history.touches),
        failures=Failures(
            failures.account, failures.began - WEEKS, failures.ended - WEEKS, failures.lost
        ),
        untouched_week=_week(history.untouched_week),
    )


def _weekly(weekly: Weekly) -> Weekly:
    return Weekly(**{name: column[:, WEEKS:] for name, column in vars(weekly).items()})


def _week(week: Ints) -> Ints:
    """Return weeks from the first day: NEVER stays, those before it are EARLIER."""
    later = np.where(week < WEEKS, EARLIER, week - WEEKS)
    return np.where(week == NEVER, NEVER, later)


def _touches(log: TouchLog) -> TouchLog:
    kept = log.day >= _DAYS
    later = {name: column[kept] for name, column in vars(log).items()}
    later["week"], later["day"] = later["week"] - WEEKS, later["day"] - _DAYS
    return TouchLog(**later)
