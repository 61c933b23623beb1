"""Dates become days: written in any way, they mean one moment; counted to a row, they stay true."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import Column, RowError
from scoring.dates import as_dates, as_days, days_field, first_odd, in_reach, moments
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
    "%d-%b-%Y %H:%M:%S": "",
    "%B %d, %Y %I:%M:%S %p": "",
    "%Y-%m-%d %H:%M:%S UTC": "",
    "%Y-%m-%d %H:%M:%S+00": "",
    "%Y-%m-%dT%H:%M:%S.0000000Z": "",
    "%d/%m/%Y %H:%M:%S": "day/month/year",
    "%m/%d/%Y %H:%M:%S": "month/day/year",
    "%d-%m-%Y %I:%M:%S %p": "day/month/year",
}
SINCE = Column("since", "number", dated=Dated("as_of"))


def read(texts: list, written: str = "") -> list:
    found = moments(pa.chunked_array([pa.array(texts, pa.string())]), written=written)
    assert found is not None
    return found.to_pylist()


@given(st.lists(MOMENTS, min_size=1, max_size=8), st.sampled_from(sorted(WAYS)))
def test_what_is_written_is_read(when: list[datetime], way: str) -> None:
    assert read([moment.strftime(way) for moment in when], WAYS[way]) == when


IN_ONE_WAY = st.sampled_from([way for way, written in WAYS.items() if not written])


@given(st.lists(st.tuples(MOMENTS, IN_ONE_WAY), min_size=1, max_size=8))
def test_what_a_text_means_does_not_depend_on_its_neighbours(rows: list) -> None:
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
        ("20240301", datetime(2024, 3, 1)),
        ("2024-3", datetime(2024, 3, 1)),
        ("31JAN2024", datetime(2024, 1, 31)),
        ("31-Jan-24", datetime(2024, 1, 31)),
        ("31-Jan-99", datetime(1999, 1, 31)),
        ("Wed, 31 Jan 2024 05:16:41 GMT", datetime(2024, 1, 31, 5, 16, 41)),
        ("2024年3月", datetime(2024, 3, 1)),
        ("2024年1月31日（水） 14時5分", datetime(2024, 1, 31, 14, 5)),
        ("２０２４/1/31", datetime(2024, 1, 31)),
        ("2024-01-31 05:16:41 +0900", datetime(2024, 1, 30, 20, 16, 41)),
        ("2024-01-31 12:30 AM", datetime(2024, 1, 31, 0, 30)),
        ("2024-01-31 12:30 pm", datetime(2024, 1, 31, 12, 30)),
        ("Sept. 5 2024", datetime(2024, 9, 5)),
    ],
)
def test_other_ways_to_write_them(text: str, meant: datetime) -> None:
    assert read([text, None]) == [meant, None]


NO_DATES = ("2023-02-29", "31.13.2024", "1/2/2024", "soon", "12", "1.5", "202403", "2024", "19358")


@pytest.mark.parametrize("text", [*NO_DATES, "Mark 13 2012", "17 Marlborough 2004", "May"])
def test_what_is_no_date_in_one_way_is_none(text: str) -> None:
    assert moments(pa.chunked_array([[text]])) is None


def test_the_end_of_a_year_is_read_where_the_order_is_known() -> None:
    assert read(["1/31/24", "1/31/99"], "month/day/year") == [
        datetime(2024, 1, 31),
        datetime(1999, 1, 31),
    ]


def test_a_rows_time_may_be_a_month_or_a_year() -> None:
    found = moments(pa.chunked_array([["202403", "2024"]]), coarse=True)
    assert found is not None
    assert found.to_pylist() == [datetime(2024, 3, 1), datetime(2024, 1, 1)]
    assert moments(pa.chunked_array([[19358, 19389]]), coarse=True) is None


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
    kind = pa.timestamp("us")
    dates = pa.chunked_array([pa.array(when, kind)])
    times = pa.chunked_array([pa.array([time] * len(when), kind)])
    for counted_to in (None, times):
        days = as_days(dates, counted_to).to_numpy()
        back = as_dates(days, None if counted_to is None else counted_to.to_numpy())
        assert pa.array(back).cast(kind).to_pylist() == when


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
    finest = pa.array([1_709_078_400_000_000_001] * 4, pa.timestamp("ns"))
    assert encode(rows.set_column(0, "since", finest), [SINCE])[:, 0].tolist() == [2.0] * 4
    whole = rows.set_column(0, "since", pa.array([20240228] * 4))
    assert encode(whole, [SINCE])[:, 0].tolist() == [2.0] * 4
    unknown = rows.set_column(0, "since", pa.nulls(4))
    assert np.isnan(encode(unknown, [SINCE])).all()


def test_a_time_may_be_a_whole_number() -> None:
    rows = pa.table({"since": ["2024-02-28"], "as_of": [202403]})
    assert encode(rows, [SINCE])[0, 0] == 2.0


def test_without_a_time_they_are_days_of_the_calendar() -> None:
    rows = pa.table({"since": ["1970-01-02", "2024-01-01"]})
    column = Column("since", "number", dated=Dated(None))
    assert encode(rows, [column])[:, 0].tolist() == [1.0, 19723.0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"as_of": None}, "'as_of' is missing: dates are counted to it"),
        ({"as_of": None, "As_Of": ["2024-01-01"] * 2}, "did you mean 'As_Of'"),
        ({"as_of": ["2024-03-01", "x"]}, "'as_of' must be a date such as 2024-01-31, but is 'x'"),
        ({"as_of": ["2024-03-01", None]}, "'as_of' is blank: dates are counted to it in row 1"),
        ({"since": ["2024-01-01", "soon"]}, "as 2024-01-31, but is 'soon' in row 1"),
        ({"since": ["2024-01-01", "1/2/2024"]}, "'1/2/2024' in row 1"),
        ({"since": [True, False]}, "'since' must be a date such as 2024-01-31, but is bool"),
        ({"since": [20240131, 45_001]}, "but is '45001' in row 1"),
        ({"since": [20240131.0, 212.0]}, "but is '212.0' in row 1"),
        ({"since": [20240131, 20230229]}, "but is '20230229' in row 1"),
        ({"since": ["2024-01-31", "y" * 5000]}, "but is '" + "y" * 40 + "...' in row 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(change: dict, says: str) -> None:
    rows = {"since": ["2024-01-01"] * 2, "as_of": ["2024-03-01"] * 2} | change
    rows = {name: values for name, values in rows.items() if values is not None}
    with pytest.raises(RowError) as refused:
        encode(pa.table(rows), [SINCE])
    assert says in str(refused.value)


@given(st.lists(MOMENTS.map(str), min_size=1, max_size=40), st.data())
def test_the_first_text_that_is_no_date_is_found(texts: list[str], data: st.DataObject) -> None:
    assert first_odd(pa.chunked_array([texts])) is None
    row = data.draw(st.integers(0, len(texts) - 1))
    spoilt = [text if k < row else "soon" if k == row else text for k, text in enumerate(texts)]
    assert first_odd(pa.chunked_array([spoilt])) == row


def test_what_stands_for_always_or_unknown_is_missing() -> None:
    far = [
        "9999-12-31",
        "99991231",
        "0001-01-01",
        "1899-12-30",
        "-",
        "n/a",
        "0000-00-00",
        "00.00.0000",
        "TBD",
    ]
    rows = pa.table({"since": [*far, "1900-01-01", "2199-12-31"]})
    days = encode(rows, [Column("since", "number", dated=Dated(None))])[:, 0]
    assert np.isnan(days).tolist() == [True] * len(far) + [False, False]
    dates = pa.chunked_array([pa.array([datetime(2200, 1, 1)], pa.timestamp("us"))])
    assert in_reach(dates).to_pylist() == [None]


def test_days_are_never_taken_for_other_days() -> None:
    days = pa.array([7.0, 8.0])
    to_row, to_calendar = Dated("as_of"), Dated(None)
    ours = pa.table([days], schema=pa.schema([days_field("since", to_row)]))
    assert encode(ours, [SINCE])[:, 0].tolist() == [7.0, 8.0]
    for column in (Column("since", "number", dated=to_calendar), Column("since", "number")):
        with pytest.raises(RowError, match="is days before 'as_of', which is not what this model"):
            encode(ours, [column])
    with pytest.raises(RowError, match=r"but is '7\.0' in row 0"):
        encode(pa.table({"since": days, "as_of": ["2024-01-01"] * 2}), [SINCE])


def test_a_time_that_several_dates_miss_is_named_once() -> None:
    columns = [Column(name, "number", dated=Dated("as_of")) for name in ("since", "seen")]
    with pytest.raises(RowError) as refused:
        encode(pa.table({"since": ["2024-01-01"], "seen": ["2024-01-01"]}), columns)
    assert [detail.column for detail in refused.value.details] == ["as_of"]


def test_a_column_is_read_as_it_was_written() -> None:
    for column in (SINCE, Column("since", "number", dated=Dated(None, "day/month/year"))):
        again = Column.from_json(column.to_json())
        assert (again, again.dated) == (column, column.dated)
    before = {"name": "n", "kind": "number", "levels": [], "low": 0.0, "high": 1.0}
    assert Column.from_json(before).to_json() == before
