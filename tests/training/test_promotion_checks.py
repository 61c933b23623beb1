"""What a promotion changes for people: value at capacity, reasons, and who would move."""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tiering.policy import DEFAULT_POLICY, policy_at
from training.checks.capacity_value import found_at_capacity, held_out_portfolio, value_at_capacity
from training.checks.shadow_tiers import Shadow, shadow_tiers
from training.checks.stability import group_effects, overlap_of_main, stable_reasons
from training.measures.team import Team
from training.tables.roles import Roles
from training.tables.splits import split_by_entity, split_by_time
from training.tables.table import read_examples

sys.path.append(str(Path(__file__).parent))  # modules beside the tests

from lived import lived, with_column

POLICY = policy_at(DEFAULT_POLICY, date(2024, 1, 1))


@pytest.fixture(scope="module")
def portfolio():
    """A panel with ARR, its split, and the truth and noise as probabilities of the test rows."""
    table = lived(600)
    random = np.random.default_rng(0)
    table = with_column(table, "arr", random.lognormal(9, 1, table.num_rows))
    examples = read_examples(table, Roles("churn"))
    split = split_by_time(examples.time, examples.entity, examples.y, embargo_days=104)
    y = examples.y[split.test]
    truth = np.clip(0.1 + 0.6 * y + random.normal(0, 0.1, len(y)), 0.01, 0.99)
    return examples, split, truth, random.random(len(y))


def test_a_model_that_finds_less_than_a_simple_way_is_blocked(portfolio) -> None:
    examples, split, truth, noise = portfolio
    good = value_at_capacity(examples, split, truth, {"logistic": noise})
    assert good.result == "pass"
    assert "ARR of the events" in good.why
    bad = value_at_capacity(examples, split, 1 - truth, {"logistic": truth})
    assert bad.result == "fail"
    assert "by the logistic regression" in bad.why
    same = value_at_capacity(examples, split, truth, {"logistic": truth})
    assert same.result == "pass"


def test_without_arr_every_event_counts_the_same(portfolio) -> None:
    examples, split, truth, noise = portfolio
    without = replace(examples, table=examples.table.drop_columns(["arr"]))
    found = value_at_capacity(without, split, truth, {"other": noise})
    assert "% of the events among" in found.why
    assert "ARR alone" not in found.why


def test_capacity_is_that_of_the_policy_in_force(portfolio) -> None:
    """Seats as the policy has them, their part where accounts are held out, n/a with too many."""
    examples, split, truth, noise = portfolio
    others = {"logistic": noise}
    few = Team(capacity=7, capacity_from="the seats of high", policy="2026-10-01")
    why = value_at_capacity(examples, split, truth, others, few).why
    assert "among 7 accounts a date (the seats of high);" in why
    quarter = split_by_entity(examples.entity, examples.y, seed=0)
    scores = np.resize(truth, len(quarter.test))
    last = examples.time[quarter.test] == examples.time[quarter.test].max()
    of_all = examples.time == examples.time[quarter.test].max()
    found = held_out_portfolio(examples, quarter, replace(few, capacity=100))
    assert found.capacity == round(100 * last.sum() / of_all.sum()) < 40
    why = value_at_capacity(examples, quarter, scores, others={"x": scores}, team=few).why
    assert "(the seats of high, the held-out accounts' part)" in why
    many = value_at_capacity(examples, split, truth, others, replace(few, capacity=5_000))
    assert (many.result, "everyone can be acted on" in many.why) == ("n/a", True)


def test_what_is_found_is_a_share_and_all_of_it_without_a_limit(portfolio) -> None:
    examples, split, truth, noise = portfolio
    rows = held_out_portfolio(examples, split)
    ones = np.ones((1, len(truth)))
    everyone = found_at_capacity(replace(rows, capacity=10_000), noise, ones)
    assert everyone[0] == pytest.approx(1)
    best, chance = (found_at_capacity(rows, scores, ones)[0] for scores in (truth, noise))
    assert 0 <= chance < best <= 1


def effects(seed: int, n_groups: int = 10, rows: int = 200) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {f"g{k}": random.normal(size=rows) for k in range(n_groups)}


def test_the_same_reasons_are_stable_and_others_are_not() -> None:
    first, other = effects(0), effects(1)
    groups = sorted(first)
    assert overlap_of_main(first, first, groups) == pytest.approx(1)
    scaled = {name: 0.1 * effect for name, effect in first.items()}
    assert overlap_of_main(first, scaled, groups) == pytest.approx(1)
    assert overlap_of_main(first, other, groups) == pytest.approx(0.3, abs=0.05)
    assert stable_reasons(first, scaled, "champion 1").result == "pass"
    changed = stable_reasons(first, other, "champion 1")
    assert changed.result == "fail"
    assert "of champion 1, wanted 40%" in changed.why
    few = effects(0, n_groups=4)
    assert stable_reasons(few, few, "champion 1").result == "n/a"


def test_groups_keep_the_sum_of_effects() -> None:
    pp = np.random.default_rng(0).normal(size=(7, 4))
    grouped = group_effects(pp, ["a", "b", "a", "c"])
    assert sum(grouped.values()) == pytest.approx(pp.sum(axis=1))
    assert grouped["a"] == pytest.approx(pp[:, 0] + pp[:, 2])


def shadow(n: int, *, share: float) -> Shadow:
    """Two models that agree but for a share of the accounts, whose risks change places."""
    random = np.random.default_rng(0)
    arr, before = random.lognormal(9, 1, n), random.beta(1, 12, n)
    after = before.copy()
    touched = np.flatnonzero(random.random(n) < share)
    after[touched] = before[random.permutation(touched)]
    expansion = random.beta(1, 9, n)
    return Shadow(
        arr,
        {"churn": before, "expansion": expansion},
        {"churn": after, "expansion": expansion},
    )


def test_nobody_moves_under_the_same_model() -> None:
    same = shadow_tiers(shadow(500, share=0), POLICY, "champion 1")
    assert same.result == "pass"
    assert same.why.endswith("in all 0: nobody")
    assert "0 of 190 accounts" in same.why


@pytest.mark.parametrize(("n", "share", "result"), [(800, 0.05, "pass"), (5000, 1.0, "fail")])
def test_too_many_moves_are_a_decision_for_people(n: int, share: float, result: str) -> None:
    found = shadow_tiers(shadow(n, share=share), POLICY, "champion 1")
    assert found.result == result
    assert "low to tech" in found.why
