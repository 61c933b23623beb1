"""Terms on whole days: ends lie ahead, on anniversaries, and notice dates are respected."""

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.config import Company
from simulator.terms import anchored, decision_clock, leaving_date, months_later, term_end_after
from simulator.timeline import timeline

DATES = st.dates(date(2015, 1, 1), date(2030, 12, 31))
TERMS = st.sampled_from([1, 3, 12, 24])


def one(day: date) -> np.ndarray:
    return np.array([day], dtype="datetime64[D]")


@settings(derandomize=True, deadline=None, max_examples=200)
@given(DATES, TERMS, DATES)
def test_term_end_is_the_first_anniversary_after(start: date, term: int, at: date) -> None:
    begin, months = anchored(one(start)), np.array([term])
    at_day = np.maximum(one(at), begin)
    end = term_end_after(begin, months, at_day)
    turns = (end.astype("datetime64[M]") - begin.astype("datetime64[M]")).astype(int)
    assert end > at_day
    assert turns % term == 0
    assert months_later(begin, turns) == end
    assert months_later(begin, turns - term) <= at_day


@settings(derandomize=True, deadline=None, max_examples=200)
@given(DATES, TERMS, st.integers(0, 90), st.integers(0, 900))
def test_leaving_respects_notice_and_is_the_earliest_such_end(
    start: date, term: int, notice: int, after: int
) -> None:
    begin, months, days = anchored(one(start)), np.array([term]), np.array([notice])
    decided = begin + after
    end = leaving_date(begin, months, days, decided)
    assert end >= decided + notice
    before = (end.astype("datetime64[M]") - begin.astype("datetime64[M]")).astype(int) - term
    assert months_later(begin, before) < np.maximum(decided + notice, begin + 1)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(DATES)
def test_anchoring_moves_only_the_last_days_of_a_month(day: date) -> None:
    moved = anchored(one(day))[0].astype(date)
    assert moved == day.replace(day=min(day.day, 28))


def test_the_decision_clock_has_mean_one_over_a_year_and_is_busy_before_notice() -> None:
    company = Company(1, 24, date(2026, 10, 1), 1.0, 1, ())
    line = timeline(company)
    start, term, notice = one(date(2020, 4, 1)), np.array([12]), np.array([60])
    clock = decision_clock(line, start, term, notice, quiet=0.2, weeks=13)[0]
    rates = np.exp(clock[:52])
    assert abs(rates.mean() - 1) < 0.03
    week_of = line.first + 7 * np.arange(len(clock))
    ends = np.array(["2025-04-01", "2026-04-01"], dtype="datetime64[D]") - 60
    for notice_day in ends:
        left = (notice_day - week_of).astype(int)
        assert np.all(clock[(left >= 0) & (left < 91)] == clock.max())


def test_monthly_terms_have_no_calendar() -> None:
    line = timeline(Company(1, 12, date(2026, 10, 1), 1.0, 1, ()))
    start, term, notice = one(date(2020, 4, 1)), np.array([1]), np.array([10])
    assert not decision_clock(line, start, term, notice, quiet=0.2, weeks=13).any()
