"""Censored snapshots tell of their observed periods alone; one window gives the labels back."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LabelWindow
from features.outcome_times import churned_within
from training.errors import HorizonError
from training.horizons.periods import CHURNS, OUTCOMES, Periods
from training.horizons.person_periods import follow, person_periods

PERIODS = Periods()
NAMES = [f"days_to_{outcome}" for outcome in OUTCOMES]
some_day = st.none() | st.integers(-50, 500)
snapshot = st.fixed_dictionaries(
    dict.fromkeys([*NAMES, "days_to_doubt"], some_day)
    | {"days_observed": st.integers(0, 600), "arr": st.sampled_from([0.0, 100.0])}
    | {"eligible": st.sampled_from([True, True, False, None])}
)


def tables(rows: list[dict]) -> tuple[pa.Table, pa.Table]:
    """Return a panel and its outcome times; what lies after the watermark is not known."""
    seen = [
        {k: None if k in NAMES and (v or 0) >= row["days_observed"] else v for k, v in row.items()}
        for row in rows
    ]
    for row in seen:  # a departure in doubt is the newest, so decided after the certain ones
        churns = [row[f"days_to_{name}"] for name in CHURNS]
        if any(day is not None and day > (row["days_to_doubt"] or 0) for day in churns):
            row["days_to_doubt"] = None
    keys = {"account_id": [f"A{n}" for n in range(len(rows))], "as_of": [0] * len(rows)}
    panel = pa.table(keys | {"eligible": pa.array([row["eligible"] for row in rows], pa.bool_())})
    days = {
        name: pa.array([row[name] for row in seen], pa.int32())
        for name in [*NAMES, "days_to_doubt", "days_observed"]
    }
    return panel, pa.table(keys | days | {"arr": [row["arr"] for row in rows]})


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(snapshot, min_size=1, max_size=8))
def test_only_observed_periods_up_to_the_first_outcome(rows: list[dict]) -> None:
    followed = follow(*tables(rows), PERIODS)
    found = person_periods(followed, PERIODS)
    for number, row in enumerate(rows):
        mine = found.snapshot == number
        periods, outcomes = found.period[mine], found.outcome[mine]
        assert periods.tolist() == list(range(len(periods)))  # the first ones, none left out
        assert (outcomes[:-1] == -1).all()  # an outcome ends the row
        if len(periods):
            assert row["eligible"] is True
            assert row["arr"] > 0
            assert PERIODS.closes[periods[-1]] + 30 <= row["days_observed"]
            if outcomes[-1] >= 0:
                day = row[NAMES[outcomes[-1]]]
                start, close = PERIODS.starts[periods[-1]], PERIODS.closes[periods[-1]]
                assert start <= day < close
                assert all(row[n] is None or row[n] >= day for n in NAMES)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(snapshot, min_size=1, max_size=8), st.sampled_from([30, 90, 365]))
def test_one_period_of_churns_gives_the_label_of_that_window(rows, horizon: int) -> None:
    panel, times = tables(rows)
    one = Periods(ends=(horizon,))
    found = person_periods(follow(panel, times, one, CHURNS), one)
    eligible = np.array([row["eligible"] is True for row in rows])
    window = LabelWindow(horizon_days=horizon)
    label = churned_within(times, eligible, window)
    settled = np.array([row["days_observed"] >= window.reach_days + 30 for row in rows])
    expected = np.flatnonzero(settled & ~np.isnan(label))
    assert found.snapshot.tolist() == expected.tolist()
    assert (found.outcome >= 0).tolist() == (label[expected] == 1).tolist()


def test_the_day_before_the_first_period_is_too_late_and_its_first_day_is_not() -> None:
    row = dict.fromkeys([*NAMES, "days_to_doubt"])
    row |= {"days_observed": 600, "arr": 1.0, "eligible": True}
    rows = [row | {"days_to_expansion": day} for day in (13, 14, 43, 44)]
    found = person_periods(follow(*tables(rows), PERIODS), PERIODS)
    ended = found.outcome >= 0
    assert found.snapshot[ended].tolist() == [1, 2, 3]
    assert found.period[ended].tolist() == [0, 0, 1]
    assert OUTCOMES[found.outcome[ended][0]] == "expansion"


def test_on_one_day_the_end_of_the_contract_counts_first() -> None:
    row = dict.fromkeys(NAMES, 20)
    row |= {"days_to_doubt": None, "days_observed": 600, "arr": 1.0, "eligible": True}
    panel, times = tables([row])
    assert follow(panel, times, PERIODS).outcome.tolist() == [OUTCOMES.index("involuntary_churn")]
    two = ("expansion", "contraction")
    assert follow(panel, times, PERIODS, two).outcome.tolist() == [0]


def test_other_rows_and_unknown_outcomes_are_refused() -> None:
    row = dict.fromkeys([*NAMES, "days_to_doubt"])
    row |= {"days_observed": 600, "arr": 1.0, "eligible": True}
    panel, times = tables([row, row])
    with pytest.raises(HorizonError, match="same rows"):
        follow(panel, times.take([1, 0]), PERIODS)
    with pytest.raises(HorizonError, match="days_to_death"):
        follow(panel, times, PERIODS, ("death",))


@pytest.mark.parametrize(
    "wrong", [{"ends": ()}, {"ends": (30, 30)}, {"ends": (0,)}, {"lead_days": -1}]
)
def test_periods_without_meaning_are_refused(wrong: dict) -> None:
    with pytest.raises(HorizonError):
        Periods(**wrong)
