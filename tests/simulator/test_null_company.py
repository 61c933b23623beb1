"""The null company: every account that may decide has the same chances, whatever it does."""

import dataclasses
from collections.abc import Callable

import numpy as np

from simulator.config import Config
from simulator.foresight import all_foresight
from simulator.life import Life
from simulator.population import Population
from simulator.preset_files import load_preset
from simulator.timeline import Timeline
from simulator.true_hazards import day_hazards

Draw = Callable[[Config, int], tuple[Population, Timeline]]


def test_every_account_has_the_same_chance_of_leaving_on_every_day(draw: Draw) -> None:
    config = load_preset("null")
    config = dataclasses.replace(config, company=dataclasses.replace(config.company, months=12))
    people, line = draw(config, 300)
    history = Life(config, people, line, seed=5).live()
    sights = all_foresight(config, people, history, line, seed=5)
    found = day_hazards(config, people, history, line, sights)
    churn = found["churn"][~np.isnan(found["churn"])]
    assert churn.size > 10_000
    assert np.ptp(churn) < 1e-9
    assert abs(churn.mean() - -np.expm1(-0.13 * 90 / 365.25)) < 1e-4


def test_nothing_warns_of_the_decision(draw: Draw) -> None:
    """Those who will leave look, eight weeks before, like everybody else."""
    config = load_preset("null")
    people, line = draw(config, 4000)
    history = Life(config, people, line, seed=5).live()
    left, weekly = history.decisions, history.weekly
    week = (left.decided - line.first).astype(int) // 7 - 8
    kept = week > 0
    before = weekly.state[left.account[kept], week[kept]]
    everyone = weekly.state[weekly.open]
    z = (before.mean(axis=0) - everyone.mean(axis=0)) / (everyone.std(axis=0) / np.sqrt(kept.sum()))
    assert np.abs(z).max() < 4
