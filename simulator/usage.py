"""Usage per user, day and feature, with a weekly rhythm and a meaning that differs by use case.

Chance of an active day = 1 - exp(-zeal x level); the level follows engagement as strongly as the
use case says, so that a quiet vault is healthy and a quiet team space is not.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Floats, Ints, stream
from simulator.config import Config
from simulator.history import History
from simulator.late_arrivals import late_times
from simulator.modules import NAMES
from simulator.people import Users
from simulator.population import Population
from simulator.presence import presence
from simulator.tables import table, words
from simulator.timeline import Timeline, working_level

_USERS_AT_A_TIME = 2000
_COUNT_MEAN = {"api_call": 40.0, "workflow_run": 8.0, "document_view": 5.0, "search": 3.0}


def usage_tables(
    config: Config, people: Population, history: History, users: Users, line: Timeline, *, seed: int
) -> Iterator[pa.Table]:
    """Yield the usage rows of one chunk in parts of some users each, by account, user and day."""
    rng = stream(seed, "usage", people.chunk)
    level = _daily_level(config, people, history, line, rng)
    habits = _habits(config, people, history, rng)
    volume = _volume(config, people, history)
    for first in range(0, len(users.account), _USERS_AT_A_TIME):
        part = slice(first, first + _USERS_AT_A_TIME)
        yield _rows(config, people, users, part, line, rng, (level, habits, volume))


def _by_use(config: Config, people: Population, field: str) -> Floats:
    return np.array([getattr(u, field) for u in config.usage.use_cases.values()])[people.use_case]


def _daily_level(
    config: Config, people: Population, history: History, line: Timeline, rng: np.random.Generator
) -> Floats:
    """Return the level of activity per account and day."""
    weekly = history.weekly
    strength = _by_use(config, people, "engagement_on_days")[:, None]
    mood = weekly.state[:, :, 1] - 0.35 * weekly.touched_churn - 0.4 * weekly.vacant
    noise = config.usage.behaviour_noise * rng.standard_normal(mood.shape)
    drift = 0.35 * rng.standard_normal((len(people), 1))
    by_week = (
        np.exp(strength * mood + noise + drift) * _by_use(config, people, "daily_level")[:, None]
    )
    by_day = np.repeat(by_week, DAYS_PER_WEEK, axis=1)[:, : line.n_days]
    rhythm = working_level(line, people.country, _by_use(config, people, "weekend"))
    return by_day * rhythm * presence(config, history, line) * _adoption(history, line)


def _adoption(history: History, line: Timeline) -> Floats:
    """Return how far a new account has come, from 0.25 to 1 over its first months."""
    age = line.dates - history.first_start[:, None]
    weeks = np.maximum(age.astype(np.int64), 0) / DAYS_PER_WEEK
    return np.asarray(1 - 0.75 * np.exp(-weeks / 7))


def _habits(
    config: Config, people: Population, history: History, rng: np.random.Generator
) -> Floats:
    """Return the chance of each feature on an active day, shape (accounts, weeks, features).

    Features away from the core of the use case depend on realised value: breadth shows health.
    """
    cases = [[u.features.get(n, 0.004) for n in NAMES] for u in config.usage.use_cases.values()]
    usual = np.array(cases)[people.use_case] * np.exp(0.3 * rng.standard_normal((len(people), 13)))
    peripheral = np.where(usual < 0.4, 0.55, 0.0)
    value = np.clip(history.weekly.state[:, :, 0], -2.5, 2.5)
    tilt = np.exp(peripheral[:, None, :] * value[:, :, None])
    return np.asarray(np.clip(usual[:, None, :] * tilt, 0.0, 0.98))


def _volume(config: Config, people: Population, history: History) -> Floats:
    strength = _by_use(config, people, "engagement_on_counts")[:, None]
    return np.exp(strength * history.weekly.state[:, :, 1])


def _rows(
    config: Config, people: Population, users: Users, part: slice, line: Timeline,
    rng: np.random.Generator, behaviour: tuple[Floats, Floats, Floats],
) -> pa.Table:  # fmt: skip
    level, habits, volume = behaviour
    user, day = _active_days(users, part, line, rng, level)
    account, week = users.account[part][user], day // DAYS_PER_WEEK
    used = rng.random((len(user), len(NAMES)), dtype=np.float32) < habits[account, week]
    used[np.arange(len(user)), habits[account, week].argmax(axis=1)] |= ~used.any(axis=1)
    row, feature = np.nonzero(used)
    means = np.array([_COUNT_MEAN.get(name, 1.6) for name in NAMES])
    mean = means[feature] * volume[account[row], week[row]]
    count = 1 + np.floor(rng.standard_exponential(len(row)) * mean)
    on = line.first + day[row].astype("timedelta64[D]")
    ids = users.user_id[part]
    return table(
        "usage",
        {
            "account_id": words(account[row], people.account_id),
            "user_id": words(user[row], ids),
            "day": on,
            "feature": words(feature, NAMES),
            "count": count.astype(np.int64),
            "known_at": late_times(rng, on, config.late.usage, most_days=9),
        },
    )


def _active_days(
    users: Users, part: slice, line: Timeline, rng: np.random.Generator, level: Floats
) -> tuple[Ints, Ints]:
    """Draw the (user, day) pairs with any use."""
    day = np.arange(line.n_days)
    here = (day >= users.begin[part][:, None]) & (day < users.end[part][:, None])
    spent = users.zeal[part][:, None] * level[users.account[part]] * here
    luck = rng.standard_exponential(spent.shape, dtype=np.float32)
    user, active = np.nonzero(luck < spent)
    return user, active
