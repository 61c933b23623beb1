"""The design of a period: deadlines seen from its start, and which columns stay true of it."""

import numpy as np

from scoring.manifest import Column
from training.horizons.period_design import design_columns, design_of, known_ahead
from training.horizons.periods import Periods

PERIODS = Periods(ends=(30, 90, 180))
COLUMNS = (
    Column("n_events_28d", "number"),
    Column("days_to_renewal", "number"),
    Column("term_days", "number"),
    Column("segment", "category", ("mid", "smb")),
)


def designed(matrix: np.ndarray, period: int) -> dict[str, np.ndarray]:
    """Return the design of one period by column."""
    rows = np.arange(len(matrix))
    design = design_of(matrix, COLUMNS, rows, np.full(len(matrix), period), PERIODS)
    return dict(zip([c.name for c in design_columns(COLUMNS)], design.T, strict=True))


def test_a_past_deadline_comes_again_after_a_term() -> None:
    matrix = np.array([[5.0, 40.0, 365.0, 0.0], [5.0, 200.0, 365.0, 0.0], [5.0, 20.0, 30.0, 1.0]])
    last = designed(matrix, 2)
    np.testing.assert_array_equal(last["period_starts_days"], 104.0)
    np.testing.assert_array_equal(last["days_to_renewal_from_period"], [-64.0, 96.0, -84.0])
    np.testing.assert_array_equal(last["days_to_renewal_next_in_period"], [301.0, 96.0, 6.0])


def test_a_deadline_lies_less_than_a_term_ahead_of_any_period() -> None:
    random = np.random.default_rng(0)
    days, term = random.integers(-400, 800, 500), random.choice([30.0, 90.0, 365.0], 500)
    matrix = np.column_stack([np.zeros(500), days, term, np.zeros(500)])
    for period in range(len(PERIODS.ends)):
        found = designed(matrix, period)
        ahead = found["days_to_renewal_next_in_period"]
        assert ((ahead >= 0) & (ahead < term)).all()
        np.testing.assert_allclose((found["days_to_renewal_from_period"] - ahead) % term, 0.0)


def test_without_a_term_the_next_deadline_is_not_known() -> None:
    matrix = np.array([[5.0, 40.0, np.nan, 0.0], [5.0, 40.0, 0.0, 0.0], [5.0, np.nan, 30.0, 0.0]])
    assert np.isnan(designed(matrix, 1)["days_to_renewal_next_in_period"]).all()
    names = [column.name for column in design_columns(COLUMNS[:2])]
    assert names[2:] == ["period_starts_days", "days_to_renewal_from_period"]


def test_use_tells_of_today_alone() -> None:
    columns = design_columns(COLUMNS)
    ahead = known_ahead(columns)
    assert [c.name for n, c in enumerate(columns) if n not in ahead] == ["n_events_28d"]
