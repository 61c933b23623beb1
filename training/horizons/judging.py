"""Judges a horizon model by an earlier one of the same recipe, on dates that one had not seen.

The earlier model is made on the middle date with what was certain then; it answers for that date
and those after it, and is graded by what is certain today. A horizon that nothing is certain of
yet, or too little, has no grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.errors import NotEnoughError
from training.horizons.fitting import in_order, train_horizons
from training.horizons.grades import Grade, certain_rows, grade, happened
from training.horizons.model import HorizonModel
from training.horizons.periods import CHURNS, OUTCOMES, Periods
from training.horizons.person_periods import Followed, follow
from training.measures.json_facts import as_json
from training.tables.splits import MIN_EVENTS
from training.tables.table import read_times

ANSWERS = {"churn": CHURNS, "expansion": ("expansion",), "contraction": ("contraction",)}


@dataclass(frozen=True)
class Judged:
    """How an earlier model of the same recipe did.

    Attributes
    ----------
    made_on : datetime64
        The day on which the earlier model was made.
    grades : mapping of (answer, horizon in days) to Grade
        Those that can be told.
    why_not : str or None
        Why there is none at all.
    """

    made_on: np.datetime64
    grades: Mapping[tuple[str, int], Grade]
    why_not: str | None = None

    @property
    def day(self) -> str:
        """The day on which the earlier model was made, as people write it."""
        return str(self.made_on.astype("datetime64[D]"))

    def metrics(self) -> dict[str, float]:
        """Return log-loss, that of the base rate, and slope by answer and horizon."""
        found: dict[str, float] = {}
        for (answer, end), one in self.grades.items():
            found |= {
                f"{answer}_{end}d_log_loss": one.log_loss,
                f"{answer}_{end}d_base_log_loss": one.base_log_loss,
                f"{answer}_{end}d_slope": one.reliability.slope.value,
            }
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def to_json(self) -> dict[str, Any]:
        """Return one object per grade, and why there is none."""
        grades = [
            {"outcome": answer, "days": end} | _facts(one)
            for (answer, end), one in self.grades.items()
        ]
        return {"made_on": self.day, "grades": grades, "why_not": self.why_not}


def _facts(one: Grade) -> dict[str, Any]:
    reliability = one.reliability
    facts: dict[str, Any] = {
        "rows": reliability.n,
        "events": reliability.n_events,
        "log_loss": one.log_loss,
        "base_log_loss": one.base_log_loss,
    }
    for name in ("slope", "observed_to_expected"):
        estimate = getattr(reliability, name)
        facts[name] = [estimate.value, estimate.low, estimate.high]
    return {name: as_json(value) for name, value in facts.items()}


def judge_horizons(
    panel: pa.Table,
    times: pa.Table,
    known_then: pa.Table | None = None,
    *,
    periods: Periods | None = None,
    until: np.datetime64 | None = None,
    seed: int = 0,
) -> Judged:
    """Train as `train_horizons` does, as of the panel's middle date, and grade what followed.

    Parameters
    ----------
    panel, times, periods, until, seed
        As for `train_horizons`; what was not certain by `until` grades nothing.
    known_then : pyarrow.Table (n rows), optional
        The times as they were known on the panel's `middle_date`: what the earlier model learns
        from. By default `times`.
    """
    periods = periods or Periods()
    middle = np.datetime64(middle_date(panel), "us")
    taught = times if known_then is None else known_then
    panel, times = in_order(panel), in_order(times)
    as_of = read_times(panel.column("as_of"), name="as_of")
    try:
        made = train_horizons(panel, taught, periods=periods, until=middle, seed=seed)
    except NotEnoughError as error:
        return Judged(middle, {}, str(error))
    later = as_of >= middle
    panel, times, as_of = panel.filter(later), times.filter(later), as_of[later]
    followed = follow(panel, times, periods)
    grades = _grades(made, panel, followed, _closed(as_of, periods, until))
    return Judged(middle, grades, None if grades else "too little is certain yet of what followed")


def middle_date(panel: pa.Table) -> datetime:
    """Return the date in the middle of a panel's dates, on which the earlier model is made.

    Raises
    ------
    NotEnoughError
        The panel has no row.
    """
    dates = np.unique(read_times(panel.column("as_of"), name="as_of"))
    if not len(dates):
        raise NotEnoughError("not enough outcomes yet: no account is there on any of the dates")
    middle: datetime = dates[len(dates) // 2].astype("datetime64[us]").item()
    return middle


def _closed(
    as_of: npt.NDArray[np.datetime64], periods: Periods, until: np.datetime64 | None
) -> npt.NDArray[np.bool_]:
    """Return which periods, and their grace, were over by then, (n, p)."""
    over = as_of[:, np.newaxis] + periods.certain_after
    return np.ones(over.shape, dtype=np.bool_) if until is None else over <= until


def _grades(
    made: HorizonModel, panel: pa.Table, followed: Followed, closed: npt.NDArray[np.bool_]
) -> dict[tuple[str, int], Grade]:
    cumulative = made.incidence(panel).cumulative
    entity = np.asarray(panel.column("account_id").to_pylist(), dtype=np.str_)
    found = {}
    for answer, parts in ANSWERS.items():
        positions = [OUTCOMES.index(part) for part in parts]
        for period, end in enumerate(made.periods.ends):
            rows = certain_rows(followed, made.periods, period) & closed[:, period]
            y = happened(followed, made.periods, period, positions)[rows]
            if min(y.sum(), len(y) - y.sum()) >= MIN_EVENTS:
                told = cumulative[:, positions, period].sum(axis=1)[rows]
                found[answer, end] = grade(y, told, entity=entity[rows])
    return found
