"""The users of an account: seats in use over time, who sits there, who leaves.

Slot 0 of an account is its champion; a new person takes the post after each vacancy.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Floats, Ints, Words, stream
from simulator.config import Config
from simulator.history import History
from simulator.population import Population
from simulator.tables import maybe, table, words
from simulator.timeline import Timeline

ROLES = ["member", "admin", "champion", "sponsor"]
_MEMBER, _ADMIN, _CHAMPION, _SPONSOR = range(4)
_OPEN = 10**6
_KEPT_WEEKS = 10


@dataclass(frozen=True)
class Users:
    """Users of one chunk by account; days count from the first day, `end` is excluded."""

    account: Ints
    role: Ints
    begin: Ints
    end: Ints
    zeal: Floats
    user_id: Words


def draw_users(
    config: Config, people: Population, history: History, line: Timeline, *, seed: int
) -> Users:
    """Draw the users of every account from its seats and its demand."""
    rng = stream(seed, "people", people.chunk)
    spells = [_slots(rng, config, history, line), _champions(history, line)]
    account, slot, begin, end = (np.concatenate(part) for part in zip(*spells, strict=True))
    order = np.lexsort((begin, slot, account))
    account, slot, begin, end = account[order], slot[order], begin[order], end[order]
    role = np.select([slot == 0, slot == 1], [_CHAMPION, _ADMIN], _MEMBER)
    role[(slot == 2) & (people.segment[account] > 0)] = _SPONSOR
    zeal = np.exp(config.usage.user_spread * rng.standard_normal(len(account)))
    zeal[role == _CHAMPION] = config.usage.champion_lift
    zeal[role == _SPONSOR] *= 0.3
    first = np.searchsorted(account, account)
    number = np.char.zfill((np.arange(len(account)) - first).astype(str), 4)
    ids = np.char.add(np.char.add(people.account_id[account], "-u"), number)
    return Users(account, role, begin, end, zeal, ids)


def users_table(people: Population, users: Users, line: Timeline) -> pa.Table:
    """Return the table of users; those who would join after the last day are left out."""
    there = users.begin < line.n_days
    begin, end = users.begin[there], users.end[there]
    return table(
        "users",
        {
            "user_id": users.user_id[there],
            "account_id": words(users.account[there], people.account_id),
            "role": words(users.role[there], ROLES),
            "created_at": line.first + begin.astype("timedelta64[D]"),
            "deactivated_at": maybe(
                line.first + np.minimum(end, line.n_days).astype("timedelta64[D]"),
                end < line.n_days,
            ),
        },
    )


def seats_in_use(history: History) -> Ints:
    """Return how many seats are assigned per account and week."""
    demand = np.exp(np.minimum(history.weekly.state[:, :, 3], 0.0))
    return np.ceil(history.weekly.seats * demand).astype(np.int64)


def _slots(
    rng: np.random.Generator, config: Config, history: History, line: Timeline
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return spells (account, slot, begin, end) of all slots but the champion's."""
    taken = _kept_a_while(history)
    most = taken.max(axis=1)
    owner = np.repeat(np.arange(len(most)), np.maximum(most - 1, 0))
    number = 1 + np.arange(len(owner)) - np.searchsorted(owner, owner)
    filled = np.pad(taken[owner] > number[:, None], ((0, 0), (1, 1)))
    row, begin_week = np.nonzero(filled[:, 1:-1] & ~filled[:, :-2])
    _, last_week = np.nonzero(filled[:, 1:-1] & ~filled[:, 2:])
    account, slot = owner[row], number[row]
    start = (history.first_start - line.first).astype(np.int64)[account]
    jitter = rng.integers(0, DAYS_PER_WEEK, (2, len(account)))
    early = np.maximum(start, -rng.integers(0, 900, len(account)))
    begin = np.where(begin_week == 0, early, DAYS_PER_WEEK * begin_week + jitter[0])
    still = last_week == taken.shape[1] - 1
    end = np.where(still, _OPEN, DAYS_PER_WEEK * (last_week + 1) + jitter[1])
    return _turned_over(
        rng, config.usage.user_turnover, account, slot, np.maximum(begin, start), end
    )


def _kept_a_while(history: History) -> Ints:
    """Return the seats taken per account and week: one no longer needed is kept some weeks.

    Only the past counts: a seat must not be given up because the account will leave.
    """
    wanted = seats_in_use(history)
    taken = wanted.copy()
    for week in range(1, _KEPT_WEEKS):
        np.maximum(taken[:, week:], wanted[:, :-week], out=taken[:, week:])
    return np.where(history.weekly.seats > 0, taken, 0)


def _turned_over(
    rng: np.random.Generator, turnover: float, account: Ints, slot: Ints, begin: Ints, end: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Split each slot's time among successive people."""
    stays = rng.exponential(365 / turnover, (3, len(begin))).astype(np.int64) + 30
    cuts = np.maximum(begin, 0) + np.cumsum(stays, axis=0)
    begins = np.stack([begin, cuts[0] + 9, cuts[1] + 9])
    ends = np.stack([np.minimum(cuts[0], end), np.minimum(cuts[1], end), end])
    real = begins < ends
    tiled = [np.broadcast_to(part, real.shape)[real] for part in (account, slot, begins, ends)]
    return tiled[0], tiled[1], tiled[2], tiled[3]


def _champions(history: History, line: Timeline) -> tuple[Ints, Ints, Ints, Ints]:
    """Return one spell per champion: the runs of weeks in which the post is filled."""
    here = history.weekly.seats > 0
    filled = ~history.weekly.vacant & here
    padded = np.pad(filled, ((0, 0), (1, 1)))
    account, begin = np.nonzero(padded[:, 1:-1] & ~padded[:, :-2])
    _, last = np.nonzero(padded[:, 1:-1] & ~padded[:, 2:])
    start = (history.first_start - line.first).astype(np.int64)[account]
    first_week = here.argmax(axis=1)[account]
    begins = np.where(begin == first_week, start, DAYS_PER_WEEK * begin)
    final = filled.shape[1] - 1
    ends = np.where(last == final, _OPEN, DAYS_PER_WEEK * (last + 1))
    return account, np.zeros(len(account), np.int64), begins, ends
