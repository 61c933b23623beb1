"""Loud and silent: who speaks has nothing to do with who leaves, and the share is as set."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from simulator.config import Config
from simulator.contacts import draw_episodes
from simulator.life import Life
from simulator.population import Population
from simulator.report import Tally
from simulator.timeline import Timeline

Draw = Callable[[Config, int], tuple[Population, Timeline]]


def with_silence(config: Config, share: float) -> Config:
    return dataclasses.replace(
        config, contact=dataclasses.replace(config.contact, silent_share=share)
    )


@pytest.mark.parametrize("share", [0.2, 0.55, 0.85])
def test_the_share_of_silent_churns_comes_out_as_set(
    steady: Config, draw: Draw, share: float
) -> None:
    config = with_silence(steady, share)
    people, line = draw(config, 3000)
    history = Life(config, people, line, seed=5).live()
    episodes = draw_episodes(config, people, history, line, seed=5)
    tally = Tally()
    tally.add(history, episodes, line)
    assert tally.judged > 150
    error = np.sqrt(share * (1 - share) / tally.judged)
    assert abs(tally.silent / tally.judged - share) < 3.5 * error


def test_loud_accounts_leave_no_more_often_than_silent_ones(steady: Config, draw: Draw) -> None:
    people, line = draw(steady, 4000)
    left = Life(steady, people, line, seed=5).live().decisions.account
    churned = np.isin(np.arange(len(people)), left)
    loud, silent = churned[people.loud], churned[~people.loud]
    pooled = churned.mean() * (1 - churned.mean())
    error = np.sqrt(pooled / len(loud) + pooled / len(silent))
    assert abs(loud.mean() - silent.mean()) < 3.5 * error
