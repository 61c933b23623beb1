"""The true probability of each outcome as of each day, given all that is latent on that day.

Label window `[t + 14, t + 104)` days, among accounts without a decision in the lead, as the
contract defines outcomes: p = 1 - E[exp(-H over lead and window)] / E[exp(-H over lead)].
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Bools, Floats
from simulator.circumstances import circumstance, set_clock
from simulator.config import Config
from simulator.dynamics import budget_shock
from simulator.foresight import (
    WEEKS_AHEAD,
    Foresight,
    expected_rates,
    foresight,
    relative_moments,
)
from simulator.hazards import OUTCOMES, Circumstance
from simulator.history import History
from simulator.payments import SPELL_WEEKS, expected_failure_rates, failure_rates
from simulator.population import Population
from simulator.resizing import FEWEST_TO_SHRINK
from simulator.tables import words
from simulator.timeline import Timeline

LEAD_DAYS, HORIZON_DAYS = 14, 90
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(7)


@dataclass(frozen=True)
class Survival:
    """Chance of no decision in the lead, and in lead and window; (accounts, weeks, weekdays)."""

    lead: Floats
    whole: Floats

    @property
    def event(self) -> Floats:
        """Chance of a decision in the window, given none in the lead."""
        return 1 - self.whole / self.lead


def true_survivals(
    config: Config, people: Population, history: History, line: Timeline, *, seed: int
) -> dict[str, Survival]:
    """Return the survival of voluntary churn, expansion and contraction."""
    around = {o: circumstance(config, people, line, o, seed=seed) for o in OUTCOMES}
    _set_clocks(config, people, history, line, around)
    quarter = line.quarter_of_week
    sights = {o: foresight(config, people, history, o, around[o], quarter) for o in OUTCOMES}
    return {o: _survival(sight, history, o, line.n_weeks) for o, sight in sights.items()}


def day_hazards(
    config: Config, people: Population, history: History, line: Timeline, *, seed: int
) -> dict[str, Floats]:
    """Return the true probability of each outcome, shape (accounts, days); NaN when undefined."""
    survival = true_survivals(config, people, history, line, seed=seed)
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
    decided = (left.decided - line.first).astype(np.int64)
    for account, day in zip(left.account, decided, strict=True):
        days[account, day + 1 : DAYS_PER_WEEK * (day // DAYS_PER_WEEK + 1)] = False
    return days


def window_weights(first: int, last: int) -> Floats:
    """Return how much of each week ahead lies in `[first, last)` days after each weekday."""
    offset = np.arange(DAYS_PER_WEEK)[:, None]
    begin = DAYS_PER_WEEK * np.arange(WEEKS_AHEAD)
    low, high = np.maximum(begin, offset + first), np.minimum(begin + 7, offset + last)
    return np.asarray(np.maximum(high - low, 0) / DAYS_PER_WEEK)


def _set_clocks(
    config: Config, people: Population, history: History, line: Timeline,
    around: dict[str, Circumstance],
) -> None:  # fmt: skip
    """Write each account's calendar: that of its first contract until it came back, if it did."""
    set_clock(config, people, line, history.start, history.term_months, around)
    latest = {outcome: there.clock.copy() for outcome, there in around.items()}
    set_clock(config, people, line, history.first_start, history.term_months, around)
    for account, day in zip(*history.returns, strict=True):
        for outcome, there in around.items():
            there.clock[account, day // 7 :] = latest[outcome][account, day // 7 :]


def _survival(sight: Foresight, history: History, outcome: str, weeks: int) -> Survival:
    weekly = history.weekly
    touched = weekly.touched_expansion if outcome == "expansion" else weekly.touched_churn
    spans = [window_weights(0, LEAD_DAYS), window_weights(0, LEAD_DAYS + HORIZON_DAYS)]
    weights = np.concatenate(spans)
    pairs = weights[:, :, None] * weights[:, None, :]
    mean, variance = np.empty((2, len(touched), weeks, len(weights)))
    for week in range(weeks):
        rates = expected_rates(sight, weekly, touched, week)
        mean[:, week] = rates @ weights.T
        variance[:, week] = _variance(sight, history, week, rates, pairs)
    alive = _laplace(mean, variance)
    return Survival(alive[:, :, :DAYS_PER_WEEK], alive[:, :, DAYS_PER_WEEK:])


def _variance(
    sight: Foresight, history: History, week: int, rates: Floats, pairs: Floats
) -> Floats:
    """Return the variance of the hazard over each span: sum of w_j w_k r_j r_k (moment - 1)."""
    weekly = history.weekly
    kind = 2 * weekly.vacant[:, week] + weekly.shocked[:, week]
    found = np.empty((len(rates), len(pairs)))
    for vacant, shocked in ((0, 0), (0, 1), (1, 0), (1, 1)):
        who = kind == 2 * vacant + shocked
        moment = relative_moments(sight, week, vacant=vacant, shocked=shocked)
        products = rates[who][:, :, None] * rates[who][:, None, :]
        flat = (pairs * moment).reshape(len(pairs), -1)
        found[who] = products.reshape(who.sum(), WEEKS_AHEAD**2) @ flat.T
    return found


def _laplace(mean: Floats, variance: Floats) -> Floats:
    """Return E[exp(-H)] for H log-normal with this mean and variance (Gauss-Hermite, 7 nodes)."""
    mean = np.maximum(mean, 1e-300)
    spread = np.log1p(np.maximum(variance, 0) / mean**2)
    middle, width = np.log(mean) - spread / 2, np.sqrt(spread)
    total = np.zeros_like(mean)
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        total += weight * np.exp(-np.exp(middle + width * node))
    return np.asarray(total / _NODE_WEIGHTS.sum())


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
