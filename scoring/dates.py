"""Dates as a model reads them: days before the moment that their row is about.

So they stay true later. In a table without time they are days of the calendar, since 1970-01-01.
What one text means never depends on its neighbours: 02/03/2024 is read only where the model
remembers which of its numbers is the day.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from scoring.errors import RowProblem
from scoring.manifest import Column, Dated

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Values: TypeAlias = "pa.ChunkedArray[Any]"
Floats = npt.NDArray[np.float64]
Moments = npt.NDArray[np.datetime64]

MICROSECONDS = pa.timestamp("us")
UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
SECONDS_A_DAY = 86_400
MICROSECONDS_A_DAY = SECONDS_A_DAY * 1_000_000
EPOCH = np.datetime64(0, "us")
# Ways to write year, month and day beside ISO's, each as what to find and what to read instead.
TIME = r"([ T].*)?$"
DAY_FIRST = (rf"^(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}){TIME}", r"\3-\2-\1\4")
YEAR_FIRST = (rf"^(\d{{4}})[-/.年](\d{{1,2}})[-/.月](\d{{1,2}})日?{TIME}", r"\1-\2-\3\4")
COMPACT = (r"^((?:19|20)\d\d)(\d\d)(\d\d)$", r"\1-\2-\3")
MONTH = (r"^((?:19|20)\d\d)[-/年]?(\d\d?)月?$", r"\1-\2-01")
YEAR = (r"^((?:19|20)\d\d)$", r"\1-01-01")
ONE_WAY = (DAY_FIRST, YEAR_FIRST, COMPACT, MONTH, YEAR)
# What may be read in two ways, by what is remembered of it.
TWO_WAYS = {
    "day/month/year": (rf"^(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}){TIME}", r"\3-\2-\1\4"),
    "month/day/year": (rf"^(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}){TIME}", r"\3-\1-\2\4"),
}
ONE_DIGIT = (r"([-T ])(\d)([-:T ]|$)", r"\10\2\3")
ZONED = r":.*(Z|[+-]\d\d:?\d\d)$"


def moments(values: Values, *, written: str = "") -> Values | None:
    """Return dates and times as UTC timestamps without zone; None when one of them is none.

    Parameters
    ----------
    values : pyarrow.ChunkedArray (n,)
        Timestamps, dates, or texts: ISO, with zone or without, or in one of the ways above.
    written : str
        Which of two ways 02/03/2024 is written in; "" where that is not known.
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    try:
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            return _moments_written(values.cast(pa.string()), written)
        if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
            return _without_zone(values)
    except pa.ArrowException:
        pass
    return None


def as_days(dates: Values, times: Values | None) -> Values:
    """Return dates as days, float64: before each row's time, else since 1970-01-01.

    Parameters
    ----------
    dates : pyarrow.ChunkedArray of timestamp[us] (n,)
    times : pyarrow.ChunkedArray of timestamp[us] (n,) or None
        What comes after its row's time has fewer than no days.
    """
    passed = dates if times is None else pc.subtract(times, dates)
    # No date is so far away that a rounded microsecond would matter.
    microseconds = passed.cast(pa.int64()).cast(pa.float64(), safe=False)
    days: Values = pc.divide(microseconds, float(MICROSECONDS_A_DAY))
    return days


def as_texts(days: Floats, times: Moments | None) -> list[str | None]:
    """Return days as the ISO texts of the dates they stand for: the way back from `as_days`."""
    passed = np.round(days * SECONDS_A_DAY)
    known = ~np.isnan(passed)
    steps = np.where(known, passed, 0).astype("timedelta64[s]")
    then = EPOCH + steps if times is None else times - steps
    texts = np.datetime_as_string(then.astype("datetime64[s]"))
    return [str(text) if is_known else None for text, is_known in zip(texts, known, strict=True)]


def in_days(table: pa.Table, column: Column, dated: Dated) -> Values | RowProblem:
    """Return a column of dates as days, or say what is wrong with it; numbers are days already.

    Parameters
    ----------
    table : pyarrow.Table
        Holds the column and, where its dates are counted to a row's own time, that.
    column : Column
    dated : Dated
        Of that column.
    """
    values = table.column(column.name)
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
        return values.cast(pa.float64(), safe=False)
    if values.null_count == len(values):
        return pa.chunked_array([pa.nulls(len(values), pa.float64())])
    dates = moments(values, written=dated.written)
    if dates is None:
        return _no_date(values, column, dated)
    times = None if dated.time is None else _times(table, dated.time)
    return times if isinstance(times, RowProblem) else as_days(dates, times)


def _times(table: pa.Table, name: str) -> Values | RowProblem:
    """Return the rows' own times, or say what is wrong with them."""
    if name not in table.column_names:
        return RowProblem(name, "is missing: dates are counted to it")
    given = table.column(name)
    times = moments(given.cast(pa.string()) if pa.types.is_integer(given.type) else given)
    return RowProblem(name, "must be a date such as 2024-01-31") if times is None else times


def _no_date(values: Values, column: Column, dated: Dated) -> RowProblem:
    """Say what holds no date: the first such text, or the whole column."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        for row, text in enumerate(values.to_pylist()):
            if text and moments(pa.chunked_array([[text]]), written=dated.written) is None:
                return RowProblem(column.name, f"must be a date, but is '{text}'", row=row)
    return RowProblem(column.name, f"must be a date, but is {values.type}")


def _moments_written(texts: Values, written: str) -> Values:
    """Read texts in every way that can mean one moment; raises where one is in none of them."""
    iso = pc.utf8_trim_whitespace(texts)
    for found, instead in (*ONE_WAY, *([TWO_WAYS[written]] if written else [])):
        iso = pc.replace_substring_regex(iso, found, instead)
    for _ in range(2):
        iso = pc.replace_substring_regex(iso, *ONE_DIGIT)
    zoned = pc.match_substring_regex(iso, ZONED)
    nothing = pa.scalar(None, pa.string())
    local = pc.if_else(zoned, nothing, iso).cast(MICROSECONDS)
    utc = pc.if_else(zoned, iso, nothing).cast(UTC_MICROSECONDS)
    read: Values = pc.coalesce(local, _without_zone(utc))
    return read


def _without_zone(values: Values) -> Values:
    """Return timestamps or dates as microseconds of UTC."""
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = values.cast(UTC_MICROSECONDS)
    return values.cast(MICROSECONDS)
