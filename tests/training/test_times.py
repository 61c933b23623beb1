"""A date is read when it can mean one day, and never a number of something else."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

from training.errors import TableError
from training.tables.times import read_times

DAYS = np.array(["2024-01-31", "2023-12-01"], dtype="datetime64[us]")
TOKYO = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    "values",
    [
        [date(2024, 1, 31), date(2023, 12, 1)],
        [datetime(2024, 1, 31, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)],
        [datetime(2024, 1, 31, 9, tzinfo=TOKYO), datetime(2023, 12, 1, 9, tzinfo=TOKYO)],
        ["2024-01-31", "2023-12-01"],
        ["2024-01-31 00:00:00", "2023-12-01"],
        ["2024-01-31T00:00:00Z", "2023-12-01T09:00:00+09:00"],
        ["31.1.2024", "01.12.2023"],
        ["2024/01/31", "2023/12/1"],
        ["2024年1月31日", "2023年12月1日"],
        [20240131, 20231201],
    ],
)
def test_days_are_read(values: list) -> None:
    assert np.array_equal(read_times(pa.chunked_array([values]), name="day"), DAYS)


def test_categories_months_and_years_are_read() -> None:
    coded = pa.chunked_array([pa.array(["2024-01-31"]).dictionary_encode()])
    assert read_times(coded, name="day")[0] == DAYS[0]
    for values in (["2023-12"], [202312], ["2023年12月"]):
        assert read_times(pa.chunked_array([values]), name="month")[0] == DAYS[1]
    assert read_times(pa.chunked_array([[2024]]), name="year")[0] == np.datetime64("2024-01-01")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["01/02/2024"], "'01/02/2024', which cannot be read as a date in one way"),
        (["2024-01-31", "soon"], "'soon'"),
        (["31.13.2024"], "'31.13.2024'"),
        ([0, 1, 2], "'1'"),
        (["2024-01-31", "n/a"], "'n/a'"),
        ([1.5], "no dates but double"),
        ([True], "no dates but bool"),
    ],
)
def test_what_is_no_day_is_named(values: list, says: str) -> None:
    with pytest.raises(TableError, match=says):
        read_times(pa.chunked_array([values]), name="day")
