"""The table of accounts, with a few corrections that arrived later.

A correction is a second row of the same account with its own `known_at`.
"""

import numpy as np
import pyarrow as pa

from simulator.arrays import Ints, stream
from simulator.config import Config
from simulator.history import History
from simulator.population import COUNTRIES, INDUSTRIES, PARTNERS, Population
from simulator.tables import maybe, table, words
from simulator.team_members import Staff
from simulator.timeline import Timeline


def accounts_table(
    config: Config, people: Population, history: History, staff: Staff, line: Timeline, *, seed: int
) -> pa.Table:
    """Return the table of accounts of one chunk; corrected accounts have two rows."""
    rng = stream(seed, "accounts", people.chunk)
    ever = np.flatnonzero(history.first_start < line.first + line.n_days)
    wrong = ever[rng.random(len(ever)) < config.late.account_corrections]
    row = np.sort(np.concatenate([ever, wrong]))
    corrected = np.concatenate([[False], row[1:] == row[:-1]])
    spoilt = np.isin(row, wrong) & ~corrected
    employees = people.employees[row]
    employees[spoilt] = employees[spoilt] * 10
    created = history.first_start[row]
    return table(
        "accounts",
        {
            "account_id": people.account_id[row],
            "name": people.name[row],
            "created_at": created,
            "segment": words(people.segment[row], list(config.segments)),
            "industry": words(people.industry[row], INDUSTRIES),
            "country": words(people.country[row], COUNTRIES),
            "language": words((people.country[row] != 0).astype(np.int64), ["ja", "en"]),
            "employees": employees,
            "use_case": words(people.use_case[row], list(config.usage.use_cases)),
            "parent_id": maybe(
                np.array(people.account_id[people.parent[row]], dtype=object),
                people.parent[row] >= 0,
            ),
            "partner_id": words(people.partner[row], PARTNERS),
            "csm_id": words(staff.owner[row], staff.csm_id),
            "known_at": maybe(created + _delay(rng, len(row)), corrected),
        },
    )


def _delay(rng: np.random.Generator, rows: int) -> Ints:
    return np.asarray(rng.integers(20, 200, rows).astype("timedelta64[D]"))
