"""Dates that a caller sends are read as the model learnt them, or refused by name."""

from types import SimpleNamespace
from typing import Any

import pytest

from features import CATALOGUE
from scoring.encoding import encode
from scoring.errors import RowError
from scoring.manifest import Column, Dated
from serving.errors import ApiError
from serving.feature_rows import check_rows, table_of

COLUMNS = (Column("since", "number", dated=Dated("day", "month/day/year")), Column("x", "number"))
MANIFEST = SimpleNamespace(columns=COLUMNS, entity="customer", time="day")
CHAMPION: Any = SimpleNamespace(bundle=SimpleNamespace(manifest=MANIFEST))
ROW = {"customer": "C1", "day": "2024-03-01", "since": "2/28/2024", "x": 1}


def test_dates_are_days_before_their_rows_own_time() -> None:
    rows = [ROW, ROW | {"since": "2024-02-29T12:00:00Z"}, ROW | {"since": None, "day": None}]
    check_rows(rows, {"churn": CHAMPION}, CATALOGUE)
    days = encode(table_of(rows, COLUMNS), COLUMNS)[:, 0].tolist()
    assert days[:2] == [2.0, 0.5]
    assert days[2] != days[2]


@pytest.mark.parametrize(
    "wrong", [{"since": 212}, {"since": True}, {"day": 20240301}, {"since": "\ud800"}]
)
def test_what_is_no_date_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        check_rows([ROW, ROW | wrong], {"churn": CHAMPION}, CATALOGUE)
    (detail,) = refused.value.details
    assert (detail["row"], [detail["field"]]) == (1, list(wrong))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"since": "soon"}, "'since' must be a date such as 2024-01-31, but is 'soon' in row 1"),
        ({"day": None}, "'day' is blank: dates are counted to it in row 1"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_row(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(RowError, match=says):
        encode(table_of([ROW, ROW | wrong], COLUMNS), COLUMNS)
