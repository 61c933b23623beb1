"""The truth beside the tables: hazards, drivers, effects and counterfactuals, by account.

Nothing of it is in the raw tables; `docs/simulator.md` says how to grade a method with it.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from simulator.config import Config
from simulator.foresight import all_foresight
from simulator.hazards import OUTCOMES
from simulator.history import History
from simulator.population import Population
from simulator.tables import typed, words
from simulator.timeline import Timeline
from simulator.true_drivers import drivers_table, states_table
from simulator.true_effects import (
    counterfactuals_table,
    responses_table,
    touch_effects_table,
)
from simulator.true_hazards import day_hazards, hazards_table


def truth_tables(
    config: Config, people: Population, history: History, line: Timeline, *, seed: int
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables of the truth for one chunk."""
    sights = all_foresight(config, people, history, line, seed=seed)
    found = day_hazards(config, people, history, line, sights)
    yield "hazards", hazards_table(people, found, line)
    yield "accounts", _accounts_table(people)
    yield "decisions", _decisions_table(people, history, line)
    yield "states", states_table(people, history, line)
    for outcome in OUTCOMES:
        table = drivers_table(config, people, history, line, sights[outcome])
        yield f"drivers_{outcome}", table
    yield "responses", responses_table(config, people, history)
    yield "touch_effects", touch_effects_table(config, people, history, sights)
    yield "counterfactuals", counterfactuals_table(people, history, line)


def _accounts_table(people: Population) -> pa.Table:
    """Return what is latent and does not change: fit, temperament, contact per day."""
    return typed(
        {
            "account_id": words(np.arange(len(people)), people.account_id),
            "fit": people.fit,
            "loud": people.loud,
            "contact_rate": people.contact_rate,
        }
    )


def _decisions_table(people: Population, history: History, line: Timeline) -> pa.Table:
    """Return the decisions to leave that take effect after the first day, by time."""
    left = history.decisions
    order = np.lexsort((left.account, left.decided))
    order = order[left.effective[order] >= line.first]
    return typed(
        {
            "account_id": words(left.account[order], people.account_id),
            "decided_on": left.decided[order],
            "effective_on": left.effective[order],
            "voluntary": left.voluntary[order],
        }
    )
