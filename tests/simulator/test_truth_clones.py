"""The published probabilities against brute force: copy accounts at one week, count their fates."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simulator.config import Config
from simulator.foresight import all_foresight
from simulator.ledger import KINDS
from simulator.life import Life
from simulator.population import Population
from simulator.timeline import Timeline
from simulator.true_hazards import day_hazards

ACCOUNTS, CLONES, WEEK = 61, 250, 20
Draw = Callable[[Config, int], tuple[Population, Timeline]]
Rates = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]


def repeated(part: Any, size: int, times: int, seen: set[int]) -> Any:
    """Every array over accounts below `part` repeated, in place where `part` is ours."""
    if isinstance(part, np.ndarray):
        return np.repeat(part, times, axis=0) if part.shape[:1] == (size,) else part
    if isinstance(part, dict):
        return {key: repeated(value, size, times, seen) for key, value in part.items()}
    if not type(part).__module__.startswith("simulator") or id(part) in seen:
        return part
    seen.add(id(part))
    for name, value in vars(part).items():
        object.__setattr__(part, name, repeated(value, size, times, seen))
    return part


def cloned(life: Life, times: int) -> Life:
    """The same accounts `times` times each; what they have left of their luck is drawn anew."""
    many: Life = repeated(copy.deepcopy(life), len(life.people), times, set())
    many.luck = many.spent + many.rng.exponential(size=len(many.people))
    return many


def fates(many: Life, first: np.datetime64) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per outcome: whether each clone decided in the lead, and in the window."""
    history = many.history()
    changes, left = history.changes, history.decisions
    dated = {"churn": (left.account, left.decided)}
    for kind in ("expansion", "contraction"):
        mine = changes.kind == KINDS.index(kind)
        dated[kind] = changes.account[mine], changes.happened[mine]
    found = {}
    for outcome, (account, on) in dated.items():
        day = (on - first).astype(int)
        hits = [account[(day >= low) & (day < high)] for low, high in ((0, 14), (14, 104))]
        found[outcome] = tuple(np.isin(np.arange(len(many.people)), hit) for hit in hits)
    return found


@pytest.fixture(scope="module")
def rates(steady: Config, draw: Draw) -> Rates:
    """Per outcome: published probability, frequency among clones, clones that count."""
    people, line = draw(steady, ACCOUNTS)
    base = Life(steady, people, line, seed=5)
    for week in range(WEEK):
        base.step(week)
    many = cloned(base, CLONES)
    for week in range(WEEK, WEEK + 16):
        many.step(week)
    history = copy.deepcopy(base).live_from(WEEK)
    sights = all_foresight(steady, people, history, line, seed=5)
    published = day_hazards(steady, people, history, line, sights)
    fate = fates(many, line.first + 7 * WEEK)
    others = {"churn": (), "expansion": ("churn", "contraction")}
    others["contraction"] = ("churn", "expansion")
    found: Rates = {}
    for outcome, rivals in others.items():
        lead, window = fate[outcome]
        counts = ~lead & ~fate["churn"][0]
        happens = window & counts & ~np.any([fate[r][1] for r in rivals] or [~counts], axis=0)
        by_account = [part.reshape(ACCOUNTS, CLONES).sum(axis=1) for part in (happens, counts)]
        probability = published[outcome][:, 7 * WEEK]
        known = ~np.isnan(probability)
        frequency = by_account[0] / np.maximum(by_account[1], 1)
        found[outcome] = probability[known], frequency[known], by_account[1][known]
    return found


@pytest.mark.parametrize("outcome", ["churn", "expansion", "contraction"])
def test_each_account_meets_its_probability(rates: Rates, outcome: str) -> None:
    probability, frequency, clones = rates[outcome]
    spread = np.sqrt(np.maximum(probability * (1 - probability), 1e-3) / clones)
    z = (frequency - probability) / spread
    assert len(z) > ACCOUNTS / 3
    assert np.sqrt(np.mean(z**2)) < 1.4
    assert np.abs(z).max() < 5


@pytest.mark.parametrize("outcome", ["churn", "expansion"])
def test_the_mean_is_met_within_three_standard_errors(rates: Rates, outcome: str) -> None:
    probability, frequency, clones = rates[outcome]
    error = np.sqrt((probability * (1 - probability) / clones).sum()) / len(clones)
    assert abs(frequency.mean() - probability.mean()) < 3 * error + 0.02 * probability.mean()
