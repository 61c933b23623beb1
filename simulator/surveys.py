"""Survey answers: NPS every quarter, sentiment every year; who answers is not random.

The engaged answer more, and so do the very pleased and the very angry; nobody asks the gone.
"""

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Floats, Ints, stream
from simulator.config import Config
from simulator.history import History
from simulator.late_arrivals import late_times
from simulator.people import Users
from simulator.population import Population
from simulator.tables import table, words
from simulator.timeline import Timeline

SENTIMENTS = ["productivity", "fewer_emails", "fewer_meetings", "culture"]
QUESTIONS = ["nps", *SENTIMENTS]


def surveys_table(
    config: Config, people: Population, history: History, users: Users, line: Timeline, *, seed: int
) -> pa.Table:
    """Return the answers of one chunk by round."""
    rng = stream(seed, "surveys", people.chunk)
    rounds = range(40, line.n_days - 30, 91)
    parts = [_round(rng, config, history, users, day, n) for n, day in enumerate(rounds)]
    user, day, question, score = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((question, day, user))
    user, day = user[order], day[order]
    on = line.first + day.astype("timedelta64[D]")
    return table(
        "surveys",
        {
            "account_id": words(users.account[user], people.account_id),
            "user_id": words(user, users.user_id),
            "answered_at": on,
            "question": words(question[order], QUESTIONS),
            "score": score[order],
            "known_at": late_times(rng, on, config.late.surveys, most_days=20),
        },
    )


def _round(
    rng: np.random.Generator, config: Config, history: History, users: Users, day: int, turn: int
) -> tuple[Ints, Ints, Ints, Ints]:
    """Draw one round: who is asked, who answers, what they say."""
    surveys, week = config.surveys, day // DAYS_PER_WEEK
    here = (users.begin <= day) & (users.end > day) & (history.weekly.arr[users.account, week] > 0)
    user = np.flatnonzero(here & (rng.random(len(users.account)) < surveys.asked_share))
    engagement, satisfaction = history.weekly.state[users.account[user], week, 1:3].T
    felt = satisfaction + 0.7 * rng.standard_normal(len(user))
    odds = np.log(surveys.answer_share / (1 - surveys.answer_share))
    odds = odds + surveys.answer_engagement * engagement + 0.25 * (felt**2 - 1)
    answers = rng.random(len(user)) < 1 / (1 + np.exp(-odds))
    user, felt = user[answers], felt[answers]
    on = day + rng.integers(0, 14, len(user))
    nps = surveys.nps_mean + surveys.nps_per_satisfaction * felt
    score = _rounded(nps + surveys.nps_noise * rng.standard_normal(len(user)), 0, 10)
    nothing = np.zeros(len(user), np.int64)
    if turn % 4 != 2:
        return user, on, nothing, score
    more = [
        _rounded(3.5 + 0.6 * felt + 0.8 * rng.standard_normal(len(user)), 1, 5) for _ in range(4)
    ]
    question = np.repeat(np.arange(5), len(user))
    return np.tile(user, 5), np.tile(on, 5), question, np.concatenate([score, *more])


def _rounded(value: Floats, low: int, high: int) -> Ints:
    return np.clip(np.rint(value), low, high).astype(np.int64)
