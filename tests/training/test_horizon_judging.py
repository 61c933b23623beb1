"""A horizon model is judged by an earlier one, on dates that it had not seen."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from mlflow import MlflowClient

from training.horizons.fitting import train_horizons
from training.horizons.judging import Judged, judge_horizons
from training.horizons.periods import Periods
from training.horizons.recording import record_horizons
from training.tracking.store import Tracking

sys.path.append(str(Path(__file__).parent))  # modules beside the tests

from drawn_horizons import PERIODS, START, UNTIL, drawn

MIDDLE = START + np.timedelta64(10 * 28, "D")


@pytest.fixture(scope="module")
def company() -> tuple[pa.Table, pa.Table]:
    return drawn()


@pytest.fixture(scope="module")
def judged(company: tuple[pa.Table, pa.Table]) -> Judged:
    return judge_horizons(*company, periods=PERIODS, until=UNTIL)


def test_it_beats_the_base_rate_of_what_it_foretold(judged: Judged) -> None:
    assert judged.made_on == MIDDLE
    assert judged.why_not is None
    assert {answer for answer, _ in judged.grades} == {"churn", "expansion"}
    for grade in judged.grades.values():
        assert grade.log_loss < grade.base_log_loss
    facts = judged.to_json()
    assert facts["made_on"] == "2022-10-10"
    assert {"outcome", "days", "rows", "events", "log_loss", "slope"} <= facts["grades"][0].keys()
    assert judged.metrics()["churn_90d_log_loss"] == judged.grades["churn", 90].log_loss


def test_a_recorded_run_shows_the_grades(judged: Judged, company, tracking: Tracking) -> None:
    model = train_horizons(*company, periods=PERIODS, until=UNTIL)
    run_id = record_horizons(model, tracking, judged)
    run = MlflowClient(tracking.uri).get_run(run_id)
    assert run.data.metrics == pytest.approx(judged.metrics())
    assert run.data.params["judged_from"] == judged.day


def test_only_rows_certain_by_then_are_graded(judged: Judged, company) -> None:
    as_of = np.asarray(company[0]["as_of"].to_numpy())
    for end in (30, 90):
        over = as_of + np.timedelta64(14 + end + 30, "D") <= UNTIL
        at_most = int(((as_of >= MIDDLE) & over).sum())
        assert 0 < judged.grades["churn", end].reliability.n <= at_most


def test_what_came_later_changes_no_grade(judged: Judged, company) -> None:
    panel, times = company
    late = np.asarray(panel["as_of"].to_numpy()) > UNTIL - np.timedelta64(14 + 30 + 30, "D")
    place = times.column_names.index("days_to_expansion")
    poison = pa.array(np.where(late, 15, 0), pa.int32(), mask=~late)
    old = times["days_to_expansion"].combine_chunks().cast(pa.int32())
    poisoned = times.set_column(
        place, "days_to_expansion", pa.compute.if_else(pa.array(late), poison, old)
    )
    again = judge_horizons(panel, poisoned, periods=PERIODS, until=UNTIL)
    assert again.to_json() == judged.to_json()


def test_it_says_why_nothing_can_be_told(company) -> None:
    short = judge_horizons(*company, periods=PERIODS, until=MIDDLE)
    assert not short.grades
    assert short.why_not == "too little is certain yet of what followed"
    long = judge_horizons(*company, periods=Periods(ends=(365,)), until=UNTIL)
    assert not long.grades
    assert long.why_not is not None
