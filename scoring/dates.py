"""Dates as a model reads them: days before the moment that their row is about.

So they stay true later. In a table without time they are days of the calendar, since 1970-01-01.
Columns of days that we made say in their field what they are counted to, so that no days are ever
taken for others.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from scoring.errors import RowProblem, nearest_name
from scoring.manifest import Column, Dated
from scoring.written_dates import MICROSECONDS, UTC_MICROSECONDS, moments_written

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Values: TypeAlias = "pa.ChunkedArray[Any]"
Floats = npt.NDArray[np.float64]
Moments = npt.NDArray[np.datetime64]

SECONDS_A_DAY = 86_400
MICROSECONDS_A_DAY = SECONDS_A_DAY * 1_000_000
EPOCH = np.datetime64(0, "us")
# Beyond these years dates stand for "always" and "not known": 9999-12-31, 0001-01-01.
FIRST_YEAR, LAST_YEAR = 1900, 2199
# Whole numbers from here on are dates such as 20240131.
FIRST_WHOLE = FIRST_YEAR * 10_000
DAYS_BEFORE = b"tierwise.days_before"
LONGEST_SHOWN = 40


def moments(values: Values, *, written: str = "", coarse: bool = False) -> Values | None:
    """Return dates and times as UTC timestamps without zone; None when one of them is none.

    Parameters
    ----------
    values : pyarrow.ChunkedArray (n,)
        Timestamps, dates, texts as `scoring.written_dates` reads them, or whole numbers such as
        20240131.
    written : str
        Which of two ways 02/03/2024 is written in; "" where that is not known.
    coarse : bool
        Whether 202401 and 2024 are dates too: so for the time of a row.
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    try:
        if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
            return _without_zone(values)
        if not _is_text(values.type):
            values = _whole(values)
        return moments_written(values.cast(pa.string()), written=written, coarse=coarse)
    except pa.ArrowException:
        return None


def in_reach(dates: Values) -> Values:
    """Return dates with null for those that stand for "always" or "not known"."""
    year = pc.year(dates)
    within = pc.and_(pc.greater_equal(year, FIRST_YEAR), pc.less_equal(year, LAST_YEAR))
    near: Values = pc.if_else(within, dates, pa.scalar(None, MICROSECONDS))
    return near


def as_days(dates: Values, times: Values | None) -> Values:
    """Return dates as days, float64: before each row's time, else since 1970-01-01.

    Parameters
    ----------
    dates : pyarrow.ChunkedArray of timestamp[us] (n,)
    times : pyarrow.ChunkedArray of timestamp[us] (n,) or None
        What comes after its row's time has fewer than no days.
    """
    passed = dates if times is None else pc.subtract(times, dates)
    microseconds = passed.cast(pa.int64()).cast(pa.float64(), safe=False)
    days: Values = pc.divide(microseconds, float(MICROSECONDS_A_DAY))
    return days


def as_dates(days: Floats, times: Moments | None) -> Moments:
    """Return the dates that days stand for, to the second: the way back from `as_days`."""
    passed = np.round(days * SECONDS_A_DAY)
    known = ~np.isnan(passed)
    steps = np.where(known, passed, 0).astype("timedelta64[s]")
    then = EPOCH + steps if times is None else times - steps
    return np.where(known, then, np.datetime64("NaT", "us"))


def days_field(name: str, dated: Dated) -> pa.Field[Any]:
    """Return the field of a column of days that says what they are counted to."""
    metadata = {DAYS_BEFORE: (dated.time or "").encode()}
    return pa.field(name, pa.float64(), metadata=metadata)


def told_days(field: pa.Field[Any]) -> str | None:
    """Return what a column of days is counted to, "" for the calendar; None for other columns."""
    told = (field.metadata or {}).get(DAYS_BEFORE)
    return None if told is None else told.decode()


def in_days(table: pa.Table, column: Column, dated: Dated) -> Values | RowProblem:
    """Return a column of dates as days, or say what is wrong with it.

    Parameters
    ----------
    table : pyarrow.Table
        Holds the column and, where its dates are counted to a row's own time, that.
    column : Column
    dated : Dated
        Of that column.
    """
    values = table.column(column.name)
    told = told_days(table.schema.field(column.name))
    if told is not None:
        return values if told == (dated.time or "") else RowProblem(column.name, other_days(told))
    if values.null_count == len(values):
        return pa.chunked_array([pa.nulls(len(values), pa.float64())])
    found = moments(values, written=dated.written) if first_small(values) is None else None
    if found is None:
        return _no_date(values, column.name, written=dated.written)
    dates = in_reach(found)
    times = None if dated.time is None else _times(table, dated.time, dates)
    return times if isinstance(times, RowProblem) else as_days(dates, times)


def other_days(told: str) -> str:
    """Say of a column of days that it is counted to something else than the model learnt."""
    counted = f"days before '{told}'" if told else "days since 1970-01-01"
    return f"is {counted}, which is not what this model learnt"


def first_odd(values: Values, *, written: str = "", coarse: bool = False) -> int | None:
    """Return the position of the first value that is no date; None when all are."""
    asked: dict[str, Any] = {"written": written, "coarse": coarse}
    if moments(values, **asked) is not None:
        return None
    start, end = 0, len(values)
    while end - start > 1:
        middle = (start + end) // 2
        whole = moments(values.slice(start, middle - start), **asked) is not None
        start, end = (middle, end) if whole else (start, middle)
    return start


def _times(table: pa.Table, name: str, dates: Values) -> Values | RowProblem:
    """Return the rows' own times, or say what is wrong with them."""
    if name not in table.column_names:
        near = nearest_name(name, table.column_names)
        return RowProblem(name, "is missing: dates are counted to it", nearest=near)
    times = moments(table.column(name), coarse=True)
    if times is None:
        return _no_date(table.column(name), name, coarse=True)
    blank = pc.index(pc.and_(pc.is_null(times), pc.is_valid(dates)), True).as_py()
    if blank >= 0:
        return RowProblem(name, "is blank: dates are counted to it", row=blank)
    return times


def first_small(values: Values) -> int | None:
    """Return the first number that is too small for a date such as 20240131, 0 aside.

    None where all are large enough, and for other types: days are never taken for dates.
    """
    if not is_number(values.type):
        return None
    numbers = values.cast(pa.float64(), safe=False)
    small = pc.and_(pc.less(numbers, FIRST_WHOLE), pc.not_equal(numbers, 0.0))
    row = int(pc.index(small, True).as_py())
    return row if row >= 0 else None


def is_number(kind: pa.DataType) -> bool:
    """Say whether a type is one of numbers."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _no_date(values: Values, name: str, *, written: str = "", coarse: bool = False) -> RowProblem:
    """Say what holds no date: the first such value, or the whole column."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _no_date(values.cast(kind.value_type), name, written=written, coarse=coarse)
    if not _is_text(kind) and not is_number(kind):
        return RowProblem(name, f"must be a date such as 2024-01-31, but is {kind}")
    row = None if coarse else first_small(values)
    if row is None:
        row = first_odd(values, written=written, coarse=coarse) or 0
    shown = str(values[row])
    shown = shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."
    return RowProblem(name, f"must be a date such as 2024-01-31, but is '{shown}'", row)


def _whole(values: Values) -> Values:
    """Return numbers as whole ones, NaN as null; raises where one is not whole."""
    if pa.types.is_boolean(values.type):
        raise pa.ArrowInvalid("a flag is no date")
    numbers = values.cast(pa.float64())
    known = pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    whole: Values = known.cast(pa.int64())
    return whole


def _without_zone(values: Values) -> Values:
    """Return timestamps or dates as microseconds of UTC; what is finer is cut off."""
    finer = pa.types.is_timestamp(values.type) and values.type.unit == "ns"
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = values.cast(UTC_MICROSECONDS, safe=not finer)
    return values.cast(MICROSECONDS, safe=not finer)
