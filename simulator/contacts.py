"""What customers say of their own accord: episodes of contact, as tickets or as inbound touches.

Episodes come by temperament alone, never by risk: who complains is not who leaves.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Bools, Days, Floats, Ints, stream
from simulator.config import Config
from simulator.history import History
from simulator.late_arrivals import late_times
from simulator.population import Population
from simulator.tables import maybe, numbered, table, words
from simulator.timeline import Timeline

SEVERITIES = ["low", "normal", "high", "urgent"]


@dataclass(frozen=True)
class Episodes:
    """Contacts of one chunk, by account and day; `is_touch` came by call or mail."""

    account: Ints
    day: Ints
    is_touch: Bools


def draw_episodes(
    config: Config, people: Population, history: History, line: Timeline, *, seed: int
) -> Episodes:
    """Draw the episodes of accounts under contract; larger accounts open more tickets in each."""
    rng = stream(seed, "contacts", people.chunk)
    known = _under_contract(history, line)
    calm = rng.random(known.shape) < np.exp(-people.contact_rate)[:, None]
    account, day = np.nonzero(known & ~calm)
    size = np.log2(np.maximum(people.seats[account], 4) / 4)
    more = 1 + rng.poisson(0.25 * size)
    account, day = np.repeat(account, more), np.repeat(day, more)
    is_touch = rng.random(len(account)) < config.contact.inbound_touch_share
    return Episodes(account, day, is_touch)


def tickets_table(
    config: Config, people: Population, history: History, episodes: Episodes, line: Timeline, *,
    seed: int,
) -> pa.Table:  # fmt: skip
    """Return the tickets; their severity and score follow satisfaction, their number does not."""
    rng = stream(seed, "tickets", people.chunk)
    account, day = episodes.account[~episodes.is_touch], episodes.day[~episodes.is_touch]
    mood = history.weekly.state[account, day // DAYS_PER_WEEK, 2]
    severity = np.clip(np.rint(1.0 - 0.45 * mood + 0.8 * rng.standard_normal(len(day))), 0, 3)
    hours = np.exp(2.6 - 0.3 * severity + 0.9 * rng.standard_normal(len(day)))
    opened = _moment(rng, line, day)
    resolved = opened + (hours * 3600).astype("timedelta64[s]")
    end = (line.first + line.n_days).astype("datetime64[us]")
    csat, answered = _csat(rng, mood, hours)
    done = resolved < end
    return table(
        "tickets",
        {
            "ticket_id": numbered("T", people.chunk, len(day)),
            "account_id": words(account, people.account_id),
            "opened_at": opened,
            "resolved_at": maybe(resolved, done),
            "severity": words(severity.astype(np.int64), SEVERITIES),
            "csat": maybe(csat, answered & done),
            "known_at": late_times(rng, opened, config.late.tickets, most_days=5),
        },
    )


def _csat(rng: np.random.Generator, mood: Floats, hours: Floats) -> tuple[Ints, Bools]:
    """Return scores 1-5 and who answers: the pleased and the angry more than the lukewarm."""
    felt = 3.9 + 0.55 * mood - 0.25 * (np.log(hours) - 2.5) + 0.8 * rng.standard_normal(len(mood))
    score = np.clip(np.rint(felt), 1, 5).astype(np.int64)
    return score, rng.random(len(mood)) < 0.25 + 0.12 * np.abs(felt - 3.5)


def _under_contract(history: History, line: Timeline) -> Bools:
    weeks = history.weekly.arr > 0
    days = np.repeat(weeks, DAYS_PER_WEEK, axis=1)[:, : line.n_days]
    started = line.dates >= history.first_start[:, None]
    return np.asarray(days & started)


def _moment(rng: np.random.Generator, line: Timeline, day: Ints) -> Days:
    """Return a time in working hours of Tokyo to Berlin on the given days."""
    seconds = rng.integers(0, 16 * 3600, len(day))
    start = (line.first + day.astype("timedelta64[D]")).astype("datetime64[us]")
    return np.asarray(start + (seconds * 1_000_000).astype("timedelta64[us]"))
