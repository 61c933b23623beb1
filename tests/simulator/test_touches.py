"""Touches: some useless, one harmful, the coin fair, the hours finite, the effects as published."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from simulator.config import Config
from simulator.history import NEVER
from simulator.life import Life
from simulator.policy import assign_books, decay
from simulator.population import Population
from simulator.preset_files import load_preset
from simulator.timeline import Timeline

Draw = Callable[[Config, int], tuple[Population, Timeline]]
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def effects(tables: Tables) -> pd.DataFrame:
    rows = tables["truth/touch_effects"].astype({"playbook": str, "response": str})
    return rows.assign(churn=rows.churn_with - rows.churn_without)


@pytest.mark.parametrize("playbook", ["newsletter", "community_event"])
def test_useless_touches_change_nothing(effects: pd.DataFrame, playbook: str) -> None:
    mine = effects[effects.playbook == playbook]
    assert len(mine) > 0
    assert (mine.churn == 0).all()


def test_the_harmful_touch_helps_nobody_and_hurts_many(effects: pd.DataFrame) -> None:
    mine = effects[effects.playbook == "upsell_blast"]
    assert (mine.churn >= 0).all()
    assert (mine.churn > 0).mean() > 0.3


def test_response_classes_say_the_sign(effects: pd.DataFrame) -> None:
    moved = effects[effects.playbook.isin(["executive_review", "adoption_workshop"])]
    assert (moved.churn[moved.response == "persuadable"] <= 0).all()
    assert (moved.churn[moved.response == "sleeping_dog"] >= 0).all()
    assert (moved.churn[moved.response == "indifferent"] == 0).all()


def test_the_coin_is_fair_and_blind_to_risk(effects: pd.DataFrame) -> None:
    drawn = effects[effects.random]
    error = 0.5 / np.sqrt(len(drawn))
    assert abs(drawn.treated.mean() - 0.5) < 3.5 * error
    risk = np.log(drawn.churn_without.clip(lower=1e-6))
    arms = [risk[drawn.treated], risk[~drawn.treated]]
    spread = np.sqrt(sum(arm.var() / len(arm) for arm in arms))
    assert abs(arms[0].mean() - arms[1].mean()) < 3.5 * spread


def test_every_outbound_touch_has_its_truth(tables: Tables, effects: pd.DataFrame) -> None:
    touches = tables["touches"]
    outbound = touches[~touches.inbound]
    assert outbound.touch_id.tolist() == effects.touch_id.tolist()
    assert ((outbound.arm.astype(str) == "hold_out").to_numpy() == ~effects.treated).all()


def test_books_fit_the_hours_and_go_to_revenue_and_observed_risk() -> None:
    config = load_preset("default")
    rng = np.random.default_rng(1)
    revenue = np.exp(rng.normal(9, 1, 5000))
    state = rng.standard_normal((5000, 4))
    book = assign_books(rng, config.touches, arr=revenue, state=state)
    touches = config.touches
    hours = 5 * touches.high_csms_per_1000 * touches.hours_per_quarter
    assert (book == 0).sum() <= hours / touches.high_hours_per_account + 1
    assert np.log(revenue[book == 0]).mean() > np.log(revenue).mean() + 0.5
    assert state[book == 0, 1:3].mean() < state[:, 1:3].mean()


def test_a_touch_is_half_forgotten_after_its_half_life() -> None:
    touches = load_preset("default").touches
    assert decay(touches) ** touches.half_life_weeks == pytest.approx(0.5)


def test_touches_without_effect_leave_every_decision_where_it_was(
    steady: Config, draw: Draw
) -> None:
    """Same luck: the counterfactual week of an account no touch could move is its own."""
    churn = dataclasses.replace(steady.outcomes.churn, touches=0.0)
    outcomes = dataclasses.replace(steady.outcomes, churn=churn, late_renewal_share=0.0)
    people, line = draw(dataclasses.replace(steady, outcomes=outcomes), 1000)
    people = dataclasses.replace(people, monthly=np.zeros(1000, dtype=bool))
    history = Life(dataclasses.replace(steady, outcomes=outcomes), people, line, seed=5).live()
    left = history.decisions
    week = np.full(1000, NEVER)
    week[left.account[::-1]] = ((left.decided - line.first).astype(int) // 7)[::-1]
    moved = np.flatnonzero(week != history.untouched_week)
    assert (week != NEVER).sum() > 50
    assert set(moved) <= set(np.flatnonzero(np.bincount(left.account, minlength=1000) > 1))


def test_touches_move_some_decisions_both_ways(tables: Tables) -> None:
    found = tables["truth/counterfactuals"]
    decided = pd.to_datetime(found.decided_on)
    untouched = pd.to_datetime(found.untouched_decided_in_week_of)
    assert (decided.isna() & untouched.notna()).any() or (decided > untouched).any()
    assert (decided.notna() & untouched.isna()).any() or (decided < untouched).any()
