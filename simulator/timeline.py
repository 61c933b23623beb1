"""The company's time: its first day, its weeks, seasons, weekends and holidays.

Days are numbered from the first simulated day; the last day is excluded. Weeks are whole.
"""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import DAYS_PER_WEEK, Bools, Days, Floats, Ints
from simulator.config import Company
from simulator.errors import PresetError

_JP_HOLIDAYS = [(101, 103), (1229, 1231), (429, 505), (811, 816), (1123, 1123), (211, 211)]
_OTHER_HOLIDAYS = [(1224, 1231), (101, 101), (501, 501), (704, 704)]


@dataclass(frozen=True)
class Timeline:
    """The simulated period `[first, first + n_days)`."""

    first: np.datetime64
    n_days: int

    @property
    def n_weeks(self) -> int:
        """Weeks that cover the period; the last may be cut."""
        return -(-self.n_days // DAYS_PER_WEEK)

    @property
    def dates(self) -> Days:
        """Every day of the period."""
        return np.arange(self.first, self.first + self.n_days)

    @property
    def quarter_of_week(self) -> Ints:
        """Calendar quarter, numbered from 1970, of each week and 16 weeks beyond."""
        starts = self.first + DAYS_PER_WEEK * np.arange(self.n_weeks + 16)
        quarter = starts.astype("datetime64[M]").astype(np.int64) // 3
        return np.asarray(quarter)


def timeline(company: Company) -> Timeline:
    """Return the period of `months` months that ends at `end_on` (excluded).

    Raises
    ------
    PresetError
        When the period is shorter than 6 or longer than 120 months.
    """
    if not 6 <= company.months <= 120:
        raise PresetError(f"months must be between 6 and 120, got {company.months}")
    end = np.datetime64(company.end_on, "D")
    within = (end - end.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    first = (end.astype("datetime64[M]") - company.months).astype("datetime64[D]") + within
    return Timeline(first=first, n_days=int((end - first).astype(np.int64)))


def season(line: Timeline, country: Ints, *, peak_month: tuple[int, int]) -> Floats:
    """Return a yearly cosine in [-1, 1] per account and week, 16 weeks beyond the end included.

    `peak_month` names the peak in Japan and abroad: budgets follow the fiscal year.
    """
    starts = line.first + DAYS_PER_WEEK * np.arange(line.n_weeks + 16)
    year_start = starts.astype("datetime64[Y]").astype("datetime64[D]")
    phase = (starts - year_start).astype(np.int64) / 365.25
    japan, abroad = (np.cos(2 * np.pi * (phase - (m - 0.5) / 12)) for m in peak_month)
    return np.asarray(np.where((country == 0)[:, None], japan, abroad))


def working_level(line: Timeline, country: Ints, weekend: Floats) -> Floats:
    """Return the level of work per account and day: 1 on a working day, `weekend` off work."""
    weekday = (line.dates.astype(np.int64) + 3) % DAYS_PER_WEEK
    rhythm = np.array([1.0, 1.06, 1.04, 1.0, 0.88, 0.0, 0.0])[weekday]
    off = weekday >= 5
    japan, abroad = (off | _within(line, h) for h in (_JP_HOLIDAYS, _OTHER_HOLIDAYS))
    is_off = np.where((country == 0)[:, None], japan, abroad)
    return np.asarray(np.where(is_off, weekend[:, None], rhythm))


def _within(line: Timeline, spans: list[tuple[int, int]]) -> Bools:
    months = line.dates.astype("datetime64[M]")
    day = (line.dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    code = (months.astype(np.int64) % 12 + 1) * 100 + day
    inside = [(code >= first) & (code <= last) for first, last in spans]
    return np.asarray(np.any(inside, axis=0))
