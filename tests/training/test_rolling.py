"""Origins walk back without overlap, learn only what was known, and say what is missing."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import Roles
from training.backtests.rolling import rolling_origins
from training.errors import NotEnoughError, TableError
from training.tables.table import Examples, read_examples

DAY = np.timedelta64(1, "D")


def examples(n: int = 60, dates: int = 20, step: int = 28, rate: float = 0.3) -> Examples:
    start = np.datetime64("2022-01-29", "us")
    random = np.random.default_rng(0)
    as_of = np.repeat(start + np.arange(dates) * step * DAY, n)
    table = pa.table(
        {
            "account_id": np.tile([f"A{number:03d}" for number in range(n)], dates).tolist(),
            "as_of": as_of,
            "idle": random.random(n * dates),
            "churned": (random.random(n * dates) < rate).astype("int8"),
        }
    )
    return read_examples(table, Roles("churn"))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(8, 30), st.sampled_from([7, 28, 30, 91]), st.integers(1, 6), st.integers(0, 40))
def test_no_origin_knows_a_label_from_its_future(dates, step, wanted, grace) -> None:
    found = examples(dates=dates, step=step)
    time = found.time
    try:
        origins = rolling_origins(found, wanted=wanted, grace_days=grace)
    except NotEnoughError:
        return
    assert origins.embargo_days == 104 + grace
    seen: set[int] = set()
    for origin in origins.found:
        split = origin.split
        assert time[split.fit].max() + origins.embargo_days * DAY <= origin.at
        assert time[split.test].min() == origin.at
        assert seen.isdisjoint(split.test.tolist())
        seen |= set(split.test.tolist())
        for fold in split.folds:
            assert set(fold.learn.tolist()) | set(fold.check.tolist()) <= set(split.fit.tolist())
    assert time[sorted(seen)].max() == time.max()
    scored = np.unique(time[sorted(seen)])
    assert scored.tolist() == np.unique(time)[-len(scored) :].tolist()
    assert [o.at for o in origins.found] == sorted(o.at for o in origins.found)


def test_a_block_is_the_dates_of_one_horizon() -> None:
    origins = rolling_origins(examples(), wanted=3, grace_days=30)
    assert [len(np.unique(origin.split.test)) for origin in origins.found] == [180, 180, 180]
    assert origins.why_not_more == ""


def test_history_that_ends_early_is_said_and_counted() -> None:
    origins = rolling_origins(examples(n=200), wanted=99, grace_days=30)
    assert 2 <= len(origins.found) < 99
    assert "more days needed" in origins.why_not_more
    with pytest.raises(NotEnoughError, match=r"not enough history.* (\d+) more days needed"):
        rolling_origins(examples(dates=6), wanted=4, grace_days=30)


def test_the_days_it_asks_for_are_enough() -> None:
    with pytest.raises(NotEnoughError) as refusal:
        rolling_origins(examples(dates=8), wanted=2, grace_days=0)
    missing = int(str(refusal.value).split("; ")[1].split()[0])
    more = 8 + -(-missing // 28)
    assert len(rolling_origins(examples(dates=more), wanted=2, grace_days=0).found) == 2
    with pytest.raises(NotEnoughError):
        rolling_origins(examples(dates=more - 1), wanted=2, grace_days=0)


def test_too_few_events_are_counted() -> None:
    with pytest.raises(NotEnoughError, match=r"has \d+ events known then, 20 are needed"):
        rolling_origins(examples(n=12, rate=0.05), wanted=2, grace_days=0)


def with_labels(found: Examples, events: np.ndarray) -> Examples:
    return replace(found, y=events.astype(float))


def test_a_quiet_block_is_left_out_and_said() -> None:
    found = examples(dates=26)
    dates = np.unique(found.time)
    for quiet in (dates[-3:], dates[-6:-3]):
        origins = rolling_origins(
            with_labels(found, (found.y == 1) & ~np.isin(found.time, quiet)),
            wanted=3,
            grace_days=0,
        )
        assert len(origins.found) == 3
        assert quiet[0] not in [origin.at for origin in origins.found]
        (said,) = origins.left_out
        assert f"the origin at {str(quiet[0])[:10]} has 0 events in its block" in said


def test_events_of_one_fold_alone_are_no_origin() -> None:
    found = examples(dates=50)
    early = found.time < np.unique(found.time)[36]
    one = early & (found.entity == "A000")
    origins = rolling_origins(
        with_labels(found, one | (~early & (found.y == 1))), wanted=9, grace_days=0
    )
    assert len(origins.found) >= 2
    assert "too few entities have an event known then" in origins.why_not_more


def test_a_table_without_time_is_sent_to_train(make_customers) -> None:
    customers = read_examples(make_customers(60), Roles("churn", label="left", entity="customer"))
    with pytest.raises(TableError, match="needs a time column"):
        rolling_origins(customers, wanted=2, grace_days=0)
