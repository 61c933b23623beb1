"""A model that is given the truth's drivers finds the truth's log-loss, and none finds a better."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from simulator.config import Config
from simulator.foresight import Foresight, all_foresight
from simulator.hazards import Moment, driver_groups
from simulator.history import History
from simulator.life import Life
from simulator.population import Population
from simulator.timeline import Timeline
from simulator.true_hazards import day_hazards

Draw = Callable[[Config, int], tuple[Population, Timeline]]
ACCOUNTS, FIRST_WEEK, EVERY = 12_000, 10, 9
MIDDLE = 8  # of the weeks ahead


def drivers(sight: Foresight, demand_mean: float, history: History, week: int) -> np.ndarray:
    """All that moves the rate: its parts now, the calendar of the window, and what pulls on it."""
    weekly, effects = history.weekly, sight.effects
    moment = Moment(
        weekly.state[:, week], weekly.vacant[:, week], weekly.shocked[:, week],
        weekly.touched_churn[:, week],
    )  # fmt: skip
    groups = driver_groups(effects, demand_mean, moment, sight.around.at(week))
    for of_the_calendar in ("contract", "market", "season", "tenure"):
        del groups[of_the_calendar]
    window = slice(week + 2, week + 15)
    season, tenure = sight.around.season[:, window], sight.around.tenure[:, window]
    rates = np.exp(sight.around.clock[:, window] + effects.season * season + tenure)
    groups["calendar"] = np.log(rates.mean(axis=1) + 1e-9)
    groups["timing"] = rates @ np.linspace(0, 1, rates.shape[1]) / rates.sum(axis=1)
    groups["drawn_to"] = sight.drift[:, MIDDLE]
    book = weekly.book[:, week]
    groups["touches_to_come"] = sight.coming[np.arange(len(book)), book, MIDDLE]
    return np.column_stack(list(groups.values()))


@pytest.fixture(scope="module")
def rows(steady: Config, draw: Draw) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Drivers, labels, true probabilities and accounts, for several snapshots of a year."""
    people, line = draw(steady, ACCOUNTS)
    people = dataclasses.replace(people, monthly=np.zeros(ACCOUNTS, dtype=bool))
    history = Life(steady, people, line, seed=5).live()
    sights = all_foresight(steady, people, history, line, seed=5)
    truth = day_hazards(steady, people, history, line, sights)["churn"]
    decided = np.full(ACCOUNTS, 10**6)
    left = history.decisions
    decided[left.account[::-1]] = (left.decided - line.first).astype(int)[::-1]
    parts = []
    for week in range(FIRST_WEEK, line.n_weeks - 15, EVERY):
        ahead = decided - 7 * week
        there = ~np.isnan(truth[:, 7 * week]) & ~((ahead >= 0) & (ahead < 14))
        x = drivers(sights["churn"], steady.state.demand_mean, history, week)
        y = (ahead >= 14) & (ahead < 104)
        parts.append((x[there], y[there], truth[there, 7 * week], np.flatnonzero(there)))
    found = [np.concatenate(part) for part in zip(*parts, strict=True)]
    return found[0], found[1], found[2], found[3]


def test_a_model_of_the_drivers_reaches_the_truths_log_loss(
    rows: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    x, y, truth, account = rows
    fitted = np.empty(len(y))
    for half in (account % 2 == 0, account % 2 == 1):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=10, max_iter=500))
        fitted[half] = model.fit(x[~half], y[~half]).predict_proba(x[half])[:, 1]
    reached, best = log_loss(y, fitted), log_loss(y, truth)
    chance = log_loss(y, np.full(len(y), y.mean()))
    assert best < chance * 0.9
    assert abs(reached - best) < 0.03 * (chance - best)


def test_true_probabilities_promise_their_own_log_loss(
    rows: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """The mean of -p log p - (1-p) log(1-p) is what a calibrated forecaster expects to lose."""
    _, y, truth, account = rows
    loss = np.where(y, -np.log(truth), -np.log1p(-truth))
    promised = -(truth * np.log(truth) + (1 - truth) * np.log1p(-truth))
    by_account = np.bincount(account, loss - promised, minlength=ACCOUNTS)
    error = by_account.std() * np.sqrt(ACCOUNTS)
    assert abs(by_account.sum()) < 3 * error
