"""The table of contracts, from the ledger of changes.

Every decision to leave has a `notice` row on its day and a `churn` row dated when it takes effect,
known from the day of the decision.
"""

import numpy as np
import pyarrow as pa

from simulator.arrays import stream
from simulator.config import Config
from simulator.history import History
from simulator.late_arrivals import late_times
from simulator.ledger import KINDS, Changes
from simulator.population import ADDONS, Population
from simulator.tables import Column, maybe, numbered, table, words

REASONS = [
    "price",
    "missing_feature",
    "competitor",
    "low_usage",
    "business_change",
    "payment_failed",
]
_LATE_KINDS = [KINDS.index(kind) for kind in ("renewal", "expansion", "contraction")]


def contracts_table(config: Config, people: Population, history: History, *, seed: int) -> pa.Table:
    """Return the table of contracts of one chunk, by account and time."""
    rng = stream(seed, "contracts", people.chunk)
    rows = history.changes
    account = rows.account
    yearly = (history.term_months[account] == 12).astype(np.int64)
    return table(
        "contracts",
        {
            "change_id": numbered("K", people.chunk, len(account)),
            "account_id": words(account, people.account_id),
            "product_id": words(rows.product, ["core", *ADDONS]),
            "type": words(rows.kind, list(KINDS)),
            "happened_at": rows.happened,
            "requested_at": rows.requested,
            "arr": rows.arr,
            "seats": rows.seats,
            "term_end": rows.term_end,
            "auto_renew": people.auto_renew[account],
            "notice_days": people.notice_days[account],
            "plan": words(yearly, ["monthly", "annual"]),
            "voluntary": maybe(rows.voluntary == 1, rows.voluntary >= 0),
            "reason": words(rows.reason, REASONS),
            "known_at": _known_at(rng, config, rows),
        },
    )


def _known_at(rng: np.random.Generator, config: Config, rows: Changes) -> Column:
    """Return when rows were known: cancellations ahead of their effect, some bookings late."""
    late = np.isin(rows.kind, _LATE_KINDS)
    known = late_times(rng, rows.happened, config.late.contracts, most_days=12, may=late)
    asked = (rows.kind == KINDS.index("churn")) & ~np.isnat(rows.requested)
    return pa.array(np.where(asked, rows.requested.astype(known.dtype), known))
