"""What people do today must not depend on what their account will decide tomorrow."""

import copy
from collections.abc import Callable

import numpy as np

from simulator.config import Config
from simulator.life import Life
from simulator.people import _kept_a_while
from simulator.population import Population
from simulator.presence import presence
from simulator.team_members import hire
from simulator.timeline import Timeline

Draw = Callable[[Config, int], tuple[Population, Timeline]]
NOW = 30


def test_seats_taken_until_now_do_not_know_who_leaves_later(steady: Config, draw: Draw) -> None:
    people, line = draw(steady, 200)
    history = Life(steady, people, line, seed=5).live()
    before = _kept_a_while(history)
    future = copy.deepcopy(history)
    future.weekly.seats[::2, NOW:] = 0
    future.weekly.seats[1::2, NOW:] *= 3
    after = _kept_a_while(future)
    assert np.array_equal(before[:, :NOW], after[:, :NOW])
    assert not np.array_equal(before[:, NOW:], after[:, NOW:])


def test_owners_do_not_know_who_leaves_later(steady: Config, draw: Draw) -> None:
    people, line = draw(steady, 200)
    history = Life(steady, people, line, seed=5).live()
    owner = hire(steady, people, history, seed=5).owner
    future = copy.deepcopy(history)
    started = future.weekly.open[:, :NOW].any(axis=1)
    future.weekly.book[:, NOW:] = 3
    future.weekly.open[:, NOW:] = False
    assert np.array_equal(owner[started], hire(steady, people, future, seed=5).owner[started])


def test_presence_is_full_until_the_decision(steady: Config, draw: Draw) -> None:
    people, line = draw(steady, 400)
    history = Life(steady, people, line, seed=5).live()
    level = presence(steady, history, line)
    day = np.arange(line.n_days)
    decided = np.full(400, line.n_days)
    left = history.decisions
    np.minimum.at(decided, left.account, (left.decided - line.first).astype(int))
    started = (history.first_start - line.first).astype(int)
    under_way = (day >= started[:, None]) & (day <= decided[:, None])
    assert (decided < line.n_days).any()
    assert (level[under_way] == 1).mean() > 0.999
