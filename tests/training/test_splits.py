"""Roles are disjoint, the embargo holds, and every entity keeps its side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.errors import NotEnoughError
from training.tables.splits import Split, overlap, split_by_entity, split_by_time

DAY = np.timedelta64(1, "D")


def panel(n_dates: int, n: int, step: int, seed: int):
    random = np.random.default_rng(seed)
    dates = np.datetime64("2022-01-03", "us") + np.arange(n_dates) * step * DAY
    time = np.repeat(dates, n)
    entity = np.tile([f"A{number}" for number in range(n)], n_dates)
    order = random.permutation(len(time))
    return time[order], entity[order], (random.random(len(time)) < 0.5).astype(float)


def assert_roles_cover_once(split: Split, n: int) -> None:
    together = np.concatenate([split.fit, split.embargo, split.test])
    assert np.array_equal(np.sort(together), np.arange(n))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    n_dates=st.integers(8, 30),
    step=st.sampled_from([7, 28, 30]),
    embargo=st.integers(1, 120),
    seed=st.integers(0, 99),
)
def test_by_time(n_dates: int, step: int, embargo: int, seed: int) -> None:
    time, entity, y = panel(n_dates, 80, step, seed)
    if (n_dates - 1) * step < embargo:
        with pytest.raises(NotEnoughError, match="more days needed"):
            split_by_time(time, entity, y, embargo_days=embargo)
        return
    split = split_by_time(time, entity, y, embargo_days=embargo)
    assert_roles_cover_once(split, len(time))
    assert time[split.test].min() - time[split.fit].max() >= embargo * DAY
    assert time[split.test].max() == time.max()
    checked = np.concatenate([fold.check for fold in split.folds])
    assert len(np.unique(checked)) == len(checked)
    for fold in split.folds:
        assert np.isin(np.concatenate([fold.learn, fold.check]), split.fit).all()
        assert not np.isin(fold.learn, fold.check).any()
        if split.forward:
            assert time[fold.check].min() - time[fold.learn].max() >= embargo * DAY
        else:
            assert not np.isin(entity[fold.learn], entity[fold.check]).any()


@pytest.mark.parametrize(("n", "forward"), [(250, False), (900, True)])
def test_folds_walk_in_time_when_many_entities_tell_of_the_event(n: int, forward: bool) -> None:
    time, entity, y = panel(20, n, 28, seed=1)
    split = split_by_time(time, entity, y, embargo_days=104)
    assert split.forward == forward
    for fold in split.folds:
        apart = time[fold.check].min() - time[fold.learn].max() >= 104 * DAY
        assert apart == forward
        assert np.isin(entity[fold.learn], entity[fold.check]).any() == forward


def test_the_worked_example_of_the_docstring() -> None:
    dates = np.datetime64("2023-08-28", "us") - np.arange(22) * 28 * DAY
    time = np.repeat(np.sort(dates), 30)
    entity = np.tile([f"A{number}" for number in range(30)], 22)
    split = split_by_time(time, entity, (np.arange(660) % 3 == 0) * 1.0, embargo_days=104)
    assert time[split.test].min() == np.datetime64("2023-05-08")
    assert time[split.fit].max() == np.datetime64("2023-01-16")


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_by_entity_keeps_all_rows_of_an_entity_together(seed: int) -> None:
    entity = np.repeat([f"C{number}" for number in range(400)], 3)
    y = (np.arange(1200) % 4 == 0).astype(float)
    split = split_by_entity(entity, y, seed=seed)
    assert_roles_cover_once(split, 1200)
    assert not np.isin(entity[split.fit], entity[split.test]).any()
    assert 0.1 < len(split.test) / 1200 < 0.35
    for fold in split.folds:
        assert not np.isin(entity[fold.learn], entity[fold.check]).any()


def test_a_new_row_moves_no_other_row() -> None:
    entity = np.array([f"C{number}" for number in range(500)])
    y = (np.arange(500) % 2).astype(float)
    before = set(entity[split_by_entity(entity, y, seed=3).test].tolist())
    more = np.append(entity, "newcomer")
    after = set(more[split_by_entity(more, np.append(y, 1.0), seed=3).test].tolist())
    assert after - {"newcomer"} == before


def test_too_few_events_are_counted() -> None:
    entity = np.array([f"C{number}" for number in range(500)])
    y = np.zeros(500)
    y[:6] = 1
    with pytest.raises(NotEnoughError, match="more needed"):
        split_by_entity(entity, y, seed=0)


@pytest.mark.parametrize("n", [2, 3])
def test_few_entities_make_no_empty_fold(n: int) -> None:
    time = np.repeat(np.arange("2020-01", "2024-01", dtype="datetime64[M]"), n)
    time = time.astype("datetime64[us]")
    entity = np.tile([f"A{number}" for number in range(n)], 48)
    y = (np.arange(len(time)) // n % 3 == 0).astype(float)
    split = split_by_time(time, entity, y, embargo_days=104)
    assert all(len(fold.check) and len(fold.learn) for fold in split.folds)
    with pytest.raises(NotEnoughError, match="too few entities"):
        split_by_time(time, np.full(len(time), "A0"), y, embargo_days=104)


def test_overlap_counts_the_label_windows_that_see_one_event() -> None:
    time, entity, _ = panel(10, 5, 28, 0)
    assert overlap(entity, time, horizon_days=90) == pytest.approx(90 / 28)
    assert overlap(entity, time, horizon_days=900) == 10
    assert overlap(entity, None, horizon_days=90) == 10
    assert overlap(entity, time, horizon_days=7) == 1


def test_events_of_one_entity_teach_nothing() -> None:
    start = np.datetime64("2020-01-01", "us")
    time = np.repeat(start + np.arange(40) * np.timedelta64(28, "D"), 50)
    entity = np.tile([f"A{number}" for number in range(50)], 40)
    y = (entity == "A7").astype(float)
    with pytest.raises(NotEnoughError, match="too few entities"):
        split_by_time(time, entity, y, embargo_days=104)
