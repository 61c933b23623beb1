"""Milestones of onboarding: technical, operational and user readiness, goals and ambassadors.

How fast they come follows fit; some accounts never reach the later ones.
"""

import numpy as np
import pyarrow as pa

from simulator.arrays import stream
from simulator.history import History
from simulator.population import Population
from simulator.tables import table, words
from simulator.timeline import Timeline

MILESTONES = ["technical_ready", "goal_set", "operational_ready", "user_ready", "ambassador_named"]
_MEDIAN_DAYS = np.array([16.0, 24.0, 28.0, 45.0, 60.0])
_REACHED = np.array([0.98, 0.75, 0.93, 0.85, 0.45])


def milestones_table(
    people: Population, history: History, line: Timeline, *, seed: int
) -> pa.Table:
    """Return the milestones of one chunk by account and step."""
    rng = stream(seed, "milestones", people.chunk)
    shape = (len(people), len(MILESTONES))
    pace = np.exp(0.5 * rng.standard_normal(shape) - 0.25 * people.fit[:, None])
    steps = np.floor(_MEDIAN_DAYS * pace)
    steps[:, 2:4] = np.cumsum(steps[:, [0, 2, 3]], axis=1)[:, 1:]
    odds = np.log(_REACHED / (1 - _REACHED)) + 0.5 * people.fit[:, None]
    reached = rng.random(shape) < 1 / (1 + np.exp(-odds))
    reached[:, 2] &= reached[:, 0]
    reached[:, 3] &= reached[:, 2]
    on = history.first_start[:, None] + steps.astype("timedelta64[D]")
    account, step = np.nonzero(reached & (on < line.first + line.n_days) & _still_here(history, on))
    return table(
        "milestones",
        {
            "account_id": words(account, people.account_id),
            "happened_at": on[account, step],
            "milestone": words(step, MILESTONES),
        },
    )


def _still_here(history: History, on: np.ndarray) -> np.ndarray:
    left = np.full(len(on), np.datetime64("9999-01-01", "D"))
    np.minimum.at(left, history.decisions.account, history.decisions.effective)
    return np.asarray(on < left[:, None])
