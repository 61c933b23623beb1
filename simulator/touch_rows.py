"""The table of touches: outbound ones by policy or by coin, and inbound contact.

A touch withheld by the coin is a row with arm `hold_out` and 0 minutes: nobody was contacted.
"""

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, stream
from simulator.config import Config
from simulator.contacts import Episodes
from simulator.history import History
from simulator.policy import BOOKS
from simulator.population import Population
from simulator.tables import maybe, numbered, table, words
from simulator.team_members import Staff
from simulator.timeline import Timeline

_INBOUND = ["call", "email"]


def touches_table(
    config: Config, people: Population, history: History, staff: Staff, episodes: Episodes,
    line: Timeline, *, seed: int,
) -> pa.Table:  # fmt: skip
    """Return all touches: first the outbound ones in the order of the log, then inbound."""
    rng = stream(seed, "touches", people.chunk)
    log, books = history.touches, list(config.touches.playbooks.values())
    asked = episodes.account[episodes.is_touch]
    n_out, n_in = len(log.account), len(asked)
    account = np.concatenate([log.account, asked])
    asked_on = episodes.day[episodes.is_touch]
    day = np.concatenate([log.day, asked_on])
    inbound = np.arange(n_out + n_in) >= n_out
    channels = sorted({b.channel for b in books} | set(_INBOUND))
    channel = np.array([channels.index(b.channel) for b in books])[log.playbook]
    answer = np.array([channels.index(c) for c in _INBOUND])[rng.integers(0, 2, n_in)]
    model = np.array([BOOKS.index(b.touch_model) for b in books])[log.playbook]
    minutes = np.array([b.minutes for b in books])[log.playbook] * log.treated
    random = np.concatenate([log.random, np.zeros(n_in, np.bool_)])
    treated = np.concatenate([log.treated, np.ones(n_in, np.bool_)])
    playbook = np.concatenate([log.playbook, np.full(n_in, -1)])
    chance = np.concatenate([log.propensity, np.zeros(n_in)])
    seconds = (rng.integers(0, 9 * 3600, len(day)) * 1_000_000).astype("timedelta64[us]")
    return table(
        "touches",
        {
            "touch_id": numbered("C", people.chunk, len(account)),
            "account_id": words(account, people.account_id),
            "happened_at": (line.first + day.astype("timedelta64[D]")).astype("datetime64[us]")
            + seconds,
            "touch_model": words(
                np.concatenate([model, history.weekly.book[asked, asked_on // DAYS_PER_WEEK]]),
                list(BOOKS),
            ),
            "channel": words(np.concatenate([channel, answer]), channels),
            "playbook": words(playbook, list(config.touches.playbooks)),
            "csm_id": words(staff.owner[account], staff.csm_id),
            "minutes": np.concatenate([minutes, rng.integers(3, 30, n_in)]),
            "inbound": inbound,
            "assignment": words(
                np.where(inbound, -1, random.astype(np.int64)), ["policy", "random"]
            ),
            "propensity": maybe(chance, ~inbound),
            "arm": words(np.where(random, (~treated).astype(np.int64), -1), ["treat", "hold_out"]),
        },
    )
