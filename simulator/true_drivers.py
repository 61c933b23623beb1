"""The true state and the true drivers of each account's risk, by group, at the start of each week.

log(weekly rate) = sum of the groups; weeks in which the account may decide.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Ints
from simulator.config import Config
from simulator.foresight import Foresight
from simulator.hazards import Moment, driver_groups
from simulator.history import History
from simulator.policy import BOOKS
from simulator.population import Population
from simulator.tables import typed, words
from simulator.timeline import Timeline


def states_table(people: Population, history: History, line: Timeline) -> pa.Table:
    """Return the latent state of every account under contract, one row per account and week."""
    weekly = history.weekly
    account, week = np.nonzero(weekly.open)
    names = ("value", "engagement", "satisfaction", "demand")
    columns = dict(zip(names, weekly.state[account, week].T, strict=True))
    columns["touched_churn"] = weekly.touched_churn[account, week]
    columns["touched_expansion"] = weekly.touched_expansion[account, week]
    return typed(
        {
            **_keys(people, line, account, week),
            **columns,
            "champion_absent": weekly.vacant[account, week],
            "budget_shock": weekly.shocked[account, week],
            "failing_weeks_left": weekly.failing_left[account, week],
            "book": words(weekly.book[account, week], list(BOOKS)),
        }
    )


def drivers_table(
    config: Config, people: Population, history: History, line: Timeline, sight: Foresight
) -> pa.Table:
    """Return each group's part of the log rate of one outcome, one row per account and week."""
    weekly, weeks = history.weekly, line.n_weeks
    moment = Moment(weekly.state, weekly.vacant, weekly.shocked, sight.touched)
    parts = driver_groups(
        sight.effects, config.state.demand_mean, moment, sight.around.until(weeks)
    )
    account, week = np.nonzero(weekly.open)
    columns = {name: part[account, week] for name, part in parts.items()}
    return typed({**_keys(people, line, account, week), **columns})


def _keys(people: Population, line: Timeline, account: Ints, week: Ints) -> dict[str, Any]:
    day = line.first + (DAYS_PER_WEEK * week).astype("timedelta64[D]")
    return {"account_id": words(account, people.account_id), "week_of": day}
