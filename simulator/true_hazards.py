"""The true probability of each outcome as of each day, given all that is latent on that day.

Label window `[t + 14, t + 104)` days, among accounts without a decision in the lead, as the
contract defines outcomes: p = 1 - E[exp(-H over lead and window)] / E[exp(-H over lead)].
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Bools, Floats
from simulator.config import Config
from simulator.dynamics import budget_shock
from simulator.foresight import WEEKS_AHEAD, Foresight, expected_rates
from simulator.history import History
from simulator.payments import SPELL_WEEKS, expected_failure_rates, failure_rates
from simulator.population import Population
from simulator.resizing import FEWEST_TO_SHRINK
from simulator.spent_hazard import chance_of_none
from simulator.tables import words
from simulator.timeline import Timeline

LEAD_DAYS, HORIZON_DAYS = 14, 90


@dataclass(frozen=True)
class Survival:
    """Chance of no decision in the lead, and in lead and window; (accounts, weeks, weekdays)."""

    lead: Floats
    whole: Floats

    @property
    def event(self) -> Floats:
        """Chance of a decision in the window, given none in the lead."""
        return 1 - self.whole / self.lead


def day_hazards(
    config: Config,
    people: Population,
    history: History,
    line: Timeline,
    sights: dict[str, Foresight],
) -> dict[str, Floats]:
    """Return the true probability of each outcome, shape (accounts, days); NaN when undefined."""
    survival = {o: _survival(sight, history, line.n_weeks) for o, sight in sights.items()}
    lead, whole = _payment_survival(config, people, history, line.n_weeks)
    churn = 1 - survival["churn"].whole * whole / (survival["churn"].lead * lead)
    shrinks = survival["contraction"].event * (history.weekly.seats >= FEWEST_TO_SHRINK)[:, :, None]
    grows = survival["expansion"].event * (1 - churn) * (1 - shrinks)
    shrinks = shrinks * (1 - churn) * (1 - survival["expansion"].event)
    found = {"churn": churn, "expansion": grows, "contraction": shrinks}
    known = eligible_days(history, line)
    return {o: np.where(known, _by_day(p, line), np.nan) for o, p in found.items()}


def hazards_table(people: Population, found: dict[str, Floats], line: Timeline) -> pa.Table:
    """Return one row per account and day on which its churn is still open."""
    account, day = np.nonzero(~np.isnan(found["churn"]))
    columns = {name: pa.array(p[account, day], pa.float32(), from_pandas=True)
               for name, p in found.items()}  # fmt: skip
    on = pa.array(line.dates[day], pa.date32())
    return pa.table({"account_id": words(account, people.account_id), "day": on, **columns})


def eligible_days(history: History, line: Timeline) -> Bools:
    """Whether each account is under contract and undecided at the start of each day."""
    days = np.repeat(history.weekly.open, DAYS_PER_WEEK, axis=1)[:, : line.n_days].copy()
    left = history.decisions
    inside = left.decided >= line.first
    decided = (left.decided[inside] - line.first).astype(np.int64)
    for account, day in zip(left.account[inside], decided, strict=True):
        days[account, day + 1 : DAYS_PER_WEEK * (day // DAYS_PER_WEEK + 1)] = False
    return days


def window_weights(first: int, last: int) -> Floats:
    """Return how much of each week ahead lies in `[first, last)` days after each weekday."""
    offset = np.arange(DAYS_PER_WEEK)[:, None]
    begin = DAYS_PER_WEEK * np.arange(WEEKS_AHEAD)
    low, high = np.maximum(begin, offset + first), np.minimum(begin + 7, offset + last)
    return np.asarray(np.maximum(high - low, 0) / DAYS_PER_WEEK)


def _survival(sight: Foresight, history: History, weeks: int) -> Survival:
    spans = [window_weights(0, LEAD_DAYS), window_weights(0, LEAD_DAYS + HORIZON_DAYS)]
    weights = np.concatenate(spans)
    alive = np.empty((len(history.weekly.arr), weeks, len(weights)))
    everyone = np.arange(len(alive))
    for week in range(weeks):
        rates = expected_rates(sight, history.weekly, everyone, week)
        alive[:, week] = chance_of_none(sight, history.weekly, everyone, week, rates, weights)
    return Survival(alive[:, :, :DAYS_PER_WEEK], alive[:, :, DAYS_PER_WEEK:])


def _payment_survival(
    config: Config, people: Population, history: History, weeks: int
) -> tuple[Floats, Floats]:
    """Return the chance of no loss by failed payments, in the lead and in lead and window."""
    weekly, loss = history.weekly, config.outcomes.payment_loss_share
    later = budget_shock(config.state).later(WEEKS_AHEAD)[weekly.shocked * 1]
    rate = expected_failure_rates(failure_rates(config, people)[:, None, None], later)
    rate = rate * weekly.monthly[:, :, None] * loss
    left = weekly.failing_left[:, :weeks]
    ahead = np.arange(WEEKS_AHEAD)
    free = ahead[None, None, :] >= SPELL_WEEKS + left[:, :, None]
    coming = np.where(free, np.roll(rate, SPELL_WEEKS, axis=2), 0.0)
    ends_now = (ahead == left[:, :, None] - 1) & (left[:, :, None] > 0)
    found = []
    for last in (LEAD_DAYS, LEAD_DAYS + HORIZON_DAYS):
        span = window_weights(0, last).T
        found.append(np.exp(-coming @ span) * (1 - loss * (ends_now @ span)))
    return found[0], found[1]


def _by_day(weekly: Floats, line: Timeline) -> Floats:
    return weekly.reshape(len(weekly), -1)[:, : line.n_days]
