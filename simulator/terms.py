"""Contract terms: anniversaries, notice dates and the weeks in which a term is decided.

Dates are whole days; a term of `months` months ends on the same day of a later month (day <= 28).
"""

import numpy as np

from simulator.arrays import DAYS_PER_WEEK, Bools, Days, Floats, Ints
from simulator.timeline import Timeline


def anchored(dates: Days) -> Days:
    """Return the dates moved back to the 28th where later, so that every month has the day."""
    month = dates.astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray(month + np.minimum(dates - month, np.timedelta64(27, "D")))


def months_later(dates: Days, months: Ints) -> Days:
    """Return anchored dates `months` months later."""
    month = dates.astype("datetime64[M]")
    within = dates - month.astype("datetime64[D]")
    later = (month + months.astype("timedelta64[M]")).astype("datetime64[D]")
    return np.asarray(later + within)


def term_end_after(start: Days, term_months: Ints, at: Days) -> Days:
    """Return the first term end strictly after `at`."""
    elapsed = (at.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(np.int64)
    terms = np.maximum(elapsed // term_months, 0)
    end = months_later(start, terms * term_months)
    late = end <= at
    return np.where(late, months_later(start, (terms + 1) * term_months), end)


def leaving_date(start: Days, term_months: Ints, notice_days: Ints, decided: Days) -> Days:
    """Return when a decision takes effect: the first term end whose notice date is not past."""
    notice = notice_days.astype("timedelta64[D]")
    return term_end_after(start, term_months, decided + notice - np.timedelta64(1, "D"))


def decision_clock(
    line: Timeline, start: Days, term_months: Ints, notice_days: Ints, *, quiet: float, weeks: int
) -> Floats:
    """Return the log-hazard of the contract's calendar per account and week.

    A yearly term is mostly decided in the `weeks` weeks up to its notice date; elsewhere the
    hazard is `quiet` times its mean; the mean over a year is 1. Monthly terms have no calendar.
    """
    busy = (52 - (52 - weeks) * quiet) / weeks
    at = line.first + DAYS_PER_WEEK * np.arange(line.n_weeks + 16)
    notice = notice_days[:, None].astype("timedelta64[D]")
    end = term_end_after(start[:, None], term_months[:, None], at[None, :] + notice)
    left = (end - notice - at[None, :]).astype(np.int64)
    near: Bools = left < DAYS_PER_WEEK * weeks
    clock = np.where(near, np.log(busy), np.log(quiet))
    return np.asarray(np.where((term_months == 1)[:, None], 0.0, clock))
