"""The CSMs by name, their books, hours and languages, and who owns which account.

Each chunk of accounts has its own people, so that teams grow with the company.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.arrays import Ints, Words, stream
from simulator.config import Config
from simulator.history import History
from simulator.policy import BOOKS
from simulator.population import PARTNERS, Population
from simulator.tables import maybe, table
from simulator.timeline import Timeline
from simulator.words import person_names

_PARTNER_CODE = 9


@dataclass(frozen=True)
class Staff:
    """CSMs of one chunk; `book` is their place in BOOKS, `owner` the CSM of each account."""

    csm_id: Words
    name: Words
    book: Ints
    partner: Ints
    japanese: Ints
    owner: Ints


def hire(config: Config, people: Population, history: History, *, seed: int) -> Staff:
    """Return the chunk's CSMs and deal the accounts out: by book, language and partner."""
    rng = stream(seed, "staff", people.chunk)
    share = len(people) / 1000
    touches = config.touches
    per_1000 = (
        touches.high_csms_per_1000,
        touches.low_csms_per_1000,
        touches.tech_csms_per_1000,
    )
    counts = [max(2, round(share * n)) for n in per_1000]
    book = np.concatenate([np.repeat(np.arange(3), counts), np.ones(len(PARTNERS), np.int64)])
    partner = np.concatenate([np.full(sum(counts), -1), np.arange(len(PARTNERS))])
    japanese = np.concatenate([np.arange(n) % 2 == 0 for n in counts] + [[True] * len(PARTNERS)])
    ids = [f"M-{people.chunk:03d}-{n:02d}" for n in range(len(book))]
    spoken = japanese.astype(np.int64)
    owner = _owners(rng, people, history, book, partner, spoken)
    return Staff(np.array(ids), person_names(rng, spoken), book, partner, spoken, owner)


def _owners(
    rng: np.random.Generator, people: Population, history: History, book: Ints, partner: Ints,
    japanese: Ints,
) -> Ints:  # fmt: skip
    """Return each account's CSM, by its first book; the community has none.

    The last book would tell who has left.
    """
    weekly = history.weekly
    first = weekly.book[np.arange(len(people)), weekly.open.argmax(axis=1)]
    owner = np.full(len(people), -1)
    for place in range(len(book)):
        if partner[place] >= 0:
            owner[people.partner == partner[place]] = place
    for level in range(3):
        for language in (0, 1):
            team = np.flatnonzero((book == level) & (partner < 0) & (japanese == language))
            mine = (first == level) & (people.japanese == language) & (people.partner < 0)
            owner[mine] = rng.choice(team, mine.sum()) if len(team) else -1
    return owner


def csms_table(config: Config, staff: Staff, line: Timeline) -> pa.Table:
    """Return the table of CSMs."""
    n = len(staff.csm_id)
    return table(
        "csms",
        {
            "csm_id": staff.csm_id,
            "name": staff.name,
            "tier": np.array(BOOKS)[staff.book],
            "hours_per_quarter": np.full(n, config.touches.hours_per_quarter),
            "languages": np.where(staff.japanese == 1, "ja,en", "en"),
            "partner_id": maybe(PARTNERS[staff.partner].astype(object), staff.partner >= 0),
            "from": np.full(n, line.first),
            "to": np.full(n, np.datetime64("NaT", "us")),
        },
    )
