"""The truth beside the tables: hazards, drivers, effects and counterfactuals.

Every table of the truth is keyed by `account_id`; nothing of it is in the raw tables.
"""

from collections.abc import Iterator

import pyarrow as pa

from simulator.config import Config
from simulator.history import History
from simulator.population import Population
from simulator.timeline import Timeline
from simulator.true_hazards import day_hazards, hazards_table


def truth_tables(
    config: Config, people: Population, history: History, line: Timeline, *, seed: int
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables of the truth for one chunk."""
    found = day_hazards(config, people, history, line, seed=seed)
    yield "hazards", hazards_table(people, found, line)
