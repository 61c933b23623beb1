"""Dates become days: written in any way, they mean one moment; counted to a row, they stay true."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import Column, RowError
from scoring.dates import as_days, as_texts, moments
from scoring.encoding import encode
from scoring.manifest import Dated

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)
# The standard library writes them: another pair of eyes on the same calendar.
WAYS = {
    "%Y-%m-%d %H:%M:%S": "",
    "%Y-%m-%dT%H:%M:%SZ": "",
    "%d.%m.%Y %H:%M:%S": "",
    "%Y/%m/%d %H:%M:%S": "",
    "%Y年%m月%d日 %H:%M:%S": "",
    "%d/%m/%Y %H:%M:%S": "day/month/year",
    "%m/%d/%Y %H:%M:%S": "month/day/year",
}
SINCE = Column("since", "number", dated=Dated("as_of"))


def read(texts: list, written: str = "") -> list:
    found = moments(pa.chunked_array([pa.array(texts, pa.string())]), written=written)
    assert found is not None
    return found.to_pylist()


@given(st.lists(MOMENTS, min_size=1, max_size=8), st.sampled_from(sorted(WAYS)))
def test_what_is_written_is_read(when: list[datetime], way: str) -> None:
    assert read([moment.strftime(way) for moment in when], WAYS[way]) == when


@given(st.lists(st.tuples(MOMENTS, st.sampled_from(sorted(WAYS)[:5])), min_size=1, max_size=8))
def test_what_a_text_means_does_not_depend_on_its_neighbours(rows: list) -> None:
    rows = [(moment, way) for moment, way in rows if not WAYS[way]]
    together = read([moment.strftime(way) for moment, way in rows])
    assert together == [moment for moment, _ in rows]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2024-02-29", datetime(2024, 2, 29)),
        ("2024-1-3", datetime(2024, 1, 3)),
        (" 2024-01-31 5:16 ", datetime(2024, 1, 31, 5, 16)),
        ("2024-01-31T05:16:41+09:00", datetime(2024, 1, 30, 20, 16, 41)),
        ("1.3.2024 5:16", datetime(2024, 3, 1, 5, 16)),
        ("202403", datetime(2024, 3, 1)),
        ("2024年3月", datetime(2024, 3, 1)),
    ],
)
def test_other_ways_to_write_them(text: str, meant: datetime) -> None:
    assert read([text, None]) == [meant, None]


@pytest.mark.parametrize("text", ["2023-02-29", "31.13.2024", "1/2/2024", "soon", "12", "1.5"])
def test_what_is_no_date_in_one_way_is_none(text: str) -> None:
    assert moments(pa.chunked_array([[text]])) is None


@given(st.lists(st.tuples(MOMENTS, MOMENTS, st.integers(-9000, 9000)), min_size=1, max_size=8))
def test_moving_a_date_and_its_row_together_changes_nothing(rows: list) -> None:
    date, time, moved = (list(values) for values in zip(*rows, strict=True))
    kind = pa.timestamp("us")

    def days(dates: list, times: list) -> list:
        columns = (pa.chunked_array([pa.array(each, kind)]) for each in (dates, times))
        return as_days(*columns).to_pylist()

    by = [timedelta(days=step) for step in moved]
    expected = [(t - d) / timedelta(days=1) for d, t in zip(date, time, strict=True)]
    assert days(date, time) == pytest.approx(expected, abs=1e-9)
    after = [[d + b for d, b in zip(each, by, strict=True)] for each in (date, time)]
    assert days(*after) == days(date, time)


@given(st.lists(st.one_of(st.none(), MOMENTS), min_size=1, max_size=8), MOMENTS)
def test_days_lead_back_to_their_dates(when: list, time: datetime) -> None:
    dates = pa.chunked_array([pa.array(when, pa.timestamp("us"))])
    times = pa.chunked_array([pa.array([time] * len(when), pa.timestamp("us"))])
    for counted_to in (None, times):
        days = as_days(dates, counted_to).to_numpy()
        back = as_texts(days, None if counted_to is None else counted_to.to_numpy())
        assert read(back) == when


def test_rows_are_encoded_as_days_before_their_own_time() -> None:
    rows = pa.table(
        {
            "since": ["2024-02-28", "1.3.2024", None, "2024-03-02"],
            "as_of": ["2024-03-01"] * 4,
        }
    )
    assert np.array_equal(encode(rows, [SINCE])[:, 0], [2.0, 0.0, np.nan, -1.0], equal_nan=True)
    typed = rows.set_column(0, "since", pa.array([datetime(2024, 2, 28, 12, tzinfo=UTC)] * 4))
    assert encode(typed, [SINCE])[:, 0].tolist() == [1.5] * 4
    number = rows.set_column(0, "since", pa.array([7, 8, 9, 10]))
    assert encode(number, [SINCE])[:, 0].tolist() == [7, 8, 9, 10]
    unknown = rows.set_column(0, "since", pa.nulls(4))
    assert np.isnan(encode(unknown, [SINCE])).all()


def test_a_time_may_be_a_whole_number() -> None:
    rows = pa.table({"since": ["2024-02-28"], "as_of": [202403]})
    assert encode(rows, [SINCE])[0, 0] == 2.0


def test_without_a_time_they_are_days_of_the_calendar() -> None:
    rows = pa.table({"since": ["1970-01-02", "2024-01-01", "9999-12-31"]})
    column = Column("since", "number", dated=Dated(None))
    assert encode(rows, [column])[:, 0].tolist() == [1.0, 19723.0, 2932896.0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"as_of": None}, "'as_of' is missing: dates are counted to it"),
        ({"as_of": ["x", "y"]}, "'as_of' must be a date such as 2024-01-31"),
        ({"since": ["2024-01-01", "soon"]}, "'since' must be a date, but is 'soon' in row 1"),
        ({"since": ["2024-01-01", "1/2/2024"]}, "'1/2/2024' in row 1"),
        ({"since": [True, False]}, "'since' must be a date, but is bool"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(change: dict, says: str) -> None:
    rows = {"since": ["2024-01-01"] * 2, "as_of": ["2024-03-01"] * 2} | change
    rows = {name: values for name, values in rows.items() if values is not None}
    with pytest.raises(RowError) as refused:
        encode(pa.table(rows), [SINCE])
    assert says in str(refused.value)


def test_a_column_is_read_as_it_was_written() -> None:
    for column in (SINCE, Column("since", "number", dated=Dated(None, "day/month/year"))):
        again = Column.from_json(column.to_json())
        assert (again, again.dated) == (column, column.dated)
    before = {"name": "n", "kind": "number", "levels": [], "low": 0.0, "high": 1.0}
    assert Column.from_json(before).to_json() == before
