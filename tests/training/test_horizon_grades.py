"""Grading: only what is certain counts, and it counts as what came first."""

import numpy as np

from training.horizons.grades import certain_rows, grade, happened
from training.horizons.periods import Periods
from training.horizons.person_periods import Followed

PERIODS = Periods(ends=(30, 90))  # closes after 44 and 104 days
FOLLOWED = Followed(
    day=np.array([20.0, 50.0, np.inf, 20.0, 104.0, 20.0]),
    outcome=np.array([0, 1, -1, 1, 0, 0]),
    until=np.array([400.0, 400.0, 400.0, 60.0, 400.0, 400.0]),
    at_risk=np.array([True, True, True, True, True, False]),
)


def test_a_row_is_graded_where_the_whole_horizon_is_certain() -> None:
    assert certain_rows(FOLLOWED, PERIODS, 0).tolist() == [True, True, True, True, True, False]
    assert certain_rows(FOLLOWED, PERIODS, 1).tolist() == [True, True, True, False, True, False]


def test_an_outcome_counts_up_to_the_end_excluded() -> None:
    assert happened(FOLLOWED, PERIODS, 0, [0]).tolist() == [1, 0, 0, 0, 0, 1]
    assert happened(FOLLOWED, PERIODS, 1, [1]).tolist() == [0, 1, 0, 1, 0, 0]
    assert happened(FOLLOWED, PERIODS, 1, [0, 1]).tolist() == [1, 1, 0, 1, 0, 1]


def test_true_probabilities_have_slope_one_and_beat_the_base_rate() -> None:
    random = np.random.default_rng(0)
    probability = random.beta(1.0, 5.0, 4_000)
    y = (random.random(4_000) < probability).astype(float)
    entity = np.array([f"A{n % 500}" for n in range(4_000)])
    found = grade(y, probability, entity=entity)
    assert found.reliability.slope.low <= 1 <= found.reliability.slope.high
    assert found.log_loss < found.base_log_loss
    assert "slope" in str(found)
