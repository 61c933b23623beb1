"""Columns of dates are learnt from as days, and a model answers alike for dates and for days."""

import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import mlflow
import numpy as np
import pyarrow as pa
import pytest

from scoring.calibration import Calibrator
from scoring.encoding import encode
from scoring.errors import RowError
from scoring.manifest import Dated, Manifest
from scoring.matching import match_types
from training import Roles, Tracking, promote, score_table, train, train_when_needed
from training.tables import large
from training.tables.columns import prepare_columns
from training.tables.newest import newest_rows
from training.tables.table import Examples, read_examples

sys.path.append(str(Path(__file__).parent))  # modules beside the tests

from lived import lived
from test_leak_alarms import ringing

LEFT = Roles("churn", label="left", entity="customer")
DAY = date(2024, 6, 1)


@pytest.fixture
def using() -> Iterator[Callable[[str], None]]:
    """Name the store that MLflow asks, for one test."""
    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    yield mlflow.set_tracking_uri
    mlflow.set_tracking_uri(before)


def with_dates(table: pa.Table, write: Callable[[date], object], name: str = "since") -> pa.Table:
    """A day per row: ages from 1 to 400 days on the first of June."""
    days = [DAY - timedelta(days=1 + 7 * k % 400) for k in range(table.num_rows)]
    return table.append_column(name, pa.array([write(day) for day in days]))


def column_of(found: Examples, name: str = "since") -> np.ndarray:
    return found.matrix[:, [column.name for column in found.columns].index(name)]


def note_on(found: Examples, name: str) -> str:
    return next(note for note in found.notes if note.startswith(f"{name}: "))


@pytest.mark.parametrize(
    ("write", "written"),
    [
        (lambda day: day, ""),
        (lambda day: f" {day} ", ""),
        (lambda day: f"{day}T00:00:00Z", ""),
        (lambda day: f"{day:%d.%m.%Y}", ""),
        (lambda day: f"{day:%Y年%m月%d日}", ""),
        (lambda day: f"{day.month}/{day.day}/{day.year}", "month/day/year"),
        (lambda day: f"{day.day}/{day.month}/{day.year} 0:00", "day/month/year"),
    ],
)
def test_a_column_that_can_be_read_in_one_way_is_days(
    write: Callable[[date], object], written: str, make_customers: Callable[..., pa.Table]
) -> None:
    table = make_customers(300)
    found = read_examples(with_dates(table, write), LEFT)
    (column,) = (each for each in found.columns if each.name == "since")
    assert column.dated == Dated(None, written)
    assert column_of(found)[0] == (DAY - timedelta(days=1) - date(1970, 1, 1)).days
    assert "name it with --time" in note_on(found, "since")
    timed = with_dates(table, write).append_column("as_of", pa.array([DAY] * 300))
    found = read_examples(timed, LEFT)
    assert column_of(found).tolist() == [1 + 7 * k % 400 for k in range(300)]
    assert note_on(found, "since") == "since: dates read as days before as_of"
    manifest = Manifest("churn", "left", "customer", "as_of", found.columns, Calibrator(), None)
    for row in (0, 5, 41):
        alone = encode(match_types(timed.slice(row, 1), manifest), found.columns)
        assert np.array_equal(alone[0], found.matrix[row], equal_nan=True)
    batch = timed.select(large.names_read(found.columns))
    assert np.array_equal(large.as_matrix(batch, found.columns), found.matrix, equal_nan=True)


MANY = [f"2024-01-{1 + k % 28:02}T{k % 24:02}:00" for k in range(200)]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            [f"{1 + k % 9}/{1 + k % 11}/2024" for k in range(99)],
            "'1/1/2024' may be one of two days",
        ),
        ([*MANY, "soon"], "'soon' is no date that can be read in one way: write 2024-01-31, or"),
        ([*MANY, "2023-02-29"], "'2023-02-29' is no date that can be read in one way"),
        (["2024-01-31"] * 90, "left out, it never changes"),
        ([date(2024, 1, 31)] * 90, "left out, it never changes"),
        (["2024-01-31", "2024-04-30", "legacy"] * 30, "read as kinds, since 'legacy' is no date"),
        (
            [20240101 + k % 28 for k in range(99)] + [20230229],
            "no dates, since '20230229' is no day",
        ),
    ],
)
def test_what_is_no_column_of_dates_is_said(
    values: list, says: str, make_customers: Callable[..., pa.Table]
) -> None:
    found = read_examples(
        make_customers(len(values)).append_column("since", pa.array(values)), LEFT
    )
    assert says in note_on(found, "since")
    assert all(column.dated is None for column in found.columns)


@pytest.mark.parametrize(
    "kinds",
    [
        ["1.2.3", "1.0.4"],
        ["10.0.0.1", "10.0.0.2"],
        ["12-34-56", "10-20-30", "8-16-24"],
        ["2024.1.0", "2024.2.0"],
        ["2024-W05", "2024Q1"],
        ["Decile 1", "Market 2", "Sales 3"],
        ["5 decision makers", "7 Market Street"],
        ["Mark 13 2012", "May Lee"],
        ["08:00", "9:00 AM"],
        ["03-1234-5678", "555-1004"],
    ],
)
def test_what_looks_a_little_like_dates_stays_a_kind(
    kinds: list[str], make_customers: Callable[..., pa.Table]
) -> None:
    values = pa.array([kinds[k % len(kinds)] for k in range(90)])
    found = read_examples(make_customers(90).append_column("code", values), LEFT)
    assert [c.kind for c in found.columns if c.name == "code"] == ["category"]
    assert not any(note.startswith("code") for note in found.notes)


def test_numbers_that_are_no_dates_are_never_days(make_customers: Callable[..., pa.Table]) -> None:
    table = with_dates(make_customers(300), str).append_column("as_of", pa.array([DAY] * 300))
    found = read_examples(table, LEFT)
    manifest = Manifest("churn", "left", "customer", "as_of", found.columns, Calibrator(), None)
    for wrong in (44_927.0, 212.0, 1.6e9):
        spoilt = pa.array([20240101.0, wrong])
        rows = table.slice(0, 2).set_column(5, "since", spoilt)
        with pytest.raises(RowError, match="'since' must be a date such as 2024-01-31, but is"):
            encode(match_types(rows, manifest), found.columns)


def test_words_for_unknown_are_missing(make_customers: Callable[..., pa.Table]) -> None:
    unknown = ["", "-", "n/a", "0000-00-00", None]
    texts = [unknown[k % 5] if k % 3 == 0 else f"2024-01-{1 + k % 28:02}" for k in range(90)]
    table = make_customers(90).append_column("since", pa.array(texts))
    found = read_examples(table, LEFT)
    assert np.isnan(column_of(found)).sum() == 30
    manifest = Manifest("churn", "left", "customer", None, found.columns, Calibrator(), None)
    again = encode(match_types(table, manifest), found.columns)
    assert np.array_equal(again, found.matrix, equal_nan=True)


def test_a_model_of_dates_is_the_model_of_their_days(
    make_snapshots: Callable[..., pa.Table], tracking: Tracking, using: Callable[[str], None]
) -> None:
    using(tracking.uri)
    table = make_snapshots(120, 12)
    idle = np.round(table["idle"].to_numpy()).astype("timedelta64[D]")
    as_of = table["as_of"].to_numpy()
    rest = table.drop_columns(["idle"])
    dates = rest.append_column("last_use", pa.array(as_of - idle))
    days = rest.append_column("last_use", pa.array(idle.astype(float)))
    answers = []
    for given in (days, dates):
        report = train(given, Roles("churn"), tracking=tracking)
        asked = {"outcome": "churn", "tracking": tracking, "run_id": report.run_id}
        answers.append(score_table(given, **asked)["probability"].to_numpy())
        served = mlflow.pyfunc.load_model(f"models:/churn/{report.version}")
        frame = given.slice(0, 3).to_pandas()
        frame["as_of"] = frame["as_of"].astype(str)
        for _ in ("typed", "written"):
            assert served.predict(frame)["probability"].tolist() == answers[-1][:3].tolist()
            frame["last_use"] = frame["last_use"].astype(str if given is dates else float)
    assert np.array_equal(*answers)
    a_year = np.timedelta64(365, "D")
    later = dates.set_column(1, "as_of", pa.array(as_of + a_year))
    later = later.set_column(4, "last_use", pa.array(as_of - idle + a_year))
    again = score_table(later, outcome="churn", tracking=tracking, run_id=report.run_id)
    assert np.array_equal(again["probability"].to_numpy(), answers[1])


def test_the_day_somebody_left_rings_an_alarm() -> None:
    panel = lived()
    left = panel["churned"].to_numpy() == 1
    then = panel["as_of"].to_numpy() + np.timedelta64(40, "D")
    cancelled = pa.array(then, mask=~left)
    assert ringing(panel.append_column("cancelled", cancelled)) & {"TW05", "TW09"}


def test_a_champion_that_counts_otherwise_is_not_compared(
    make_snapshots: Callable[..., pa.Table], tracking: Tracking
) -> None:
    table = make_snapshots(120, 14)
    idle = np.round(table["idle"].to_numpy()).astype("timedelta64[D]")
    table = table.append_column("last_use", pa.array(table["as_of"].to_numpy() - idle))
    table = table.append_column("row", pa.array([f"r{k}" for k in range(table.num_rows)]))
    roles = Roles("churn", label="churned", entity="row", drop=("account_id", "idle"))
    train(table.drop_columns(["as_of"]), roles, tracking=tracking)
    promote(outcome="churn", tracking=tracking, force=True, why="the first")
    report = train_when_needed(table, roles, tracking=tracking)
    assert [(reason.kind, reason.rings) for reason in report.reasons] == [("champion", True)]
    assert "counts the dates of 'last_use' otherwise" in report.reasons[0].why
    assert report.report is not None
    results = {check.code: check.result for check in report.report.checks}
    assert {results[code] for code in ("TW07", "TW14", "TW15")} == {"n/a"}


def test_a_date_that_cannot_be_read_is_named_by_its_row_in_the_table(
    make_customers: Callable[..., pa.Table],
) -> None:
    table = with_dates(make_customers(60), str)
    found = read_examples(table, LEFT)
    manifest = Manifest("churn", "left", "customer", None, found.columns, Calibrator(), None)
    spoilt = pa.array([*table["since"].to_pylist()[:57], "soon", "2024-01-01", "-"])
    waiting = pa.array([*table["left"].to_pylist()[:50], *[None] * 10])
    table = table.set_column(4, "left", waiting).set_column(5, "since", spoilt)
    with pytest.raises(RowError, match="is 'soon' in row 57"):
        newest_rows(table, found, manifest)


def test_what_tells_only_the_time_is_left_out(make_snapshots: Callable[..., pa.Table]) -> None:
    table = make_snapshots(60, 4)
    once = pa.array([date(2021, 1, 1) if k % 3 else None for k in range(240)])
    ends = [date(9999, 12, 31) if k % 9 else date(2021, 1, k % 28 + 1) for k in range(240)]
    table = table.append_column("launched", once).append_column("ends", pa.array(ends))
    found = read_examples(table, Roles("churn"))
    assert note_on(found, "launched") == "launched: left out, it never changes"
    assert np.isnan(column_of(found, "ends")).sum() == 213
    assert "213 before 1900 or after 2199 as missing" in note_on(found, "ends")


def test_a_panel_of_ours_keeps_what_its_catalogue_declares() -> None:
    months = pa.table({"cohort": ["2024-01", "2024-02"] * 20, "n_at": [20240101, 20240102] * 20})
    columns = prepare_columns(months, months.column_names, keep_all=True).columns
    assert [(column.kind, column.dated) for column in columns] == [
        ("category", None),
        ("number", None),
    ]


def test_whole_numbers_may_be_dates(make_customers: Callable[..., pa.Table]) -> None:
    table = with_dates(make_customers(300), lambda day: int(f"{day:%Y%m%d}"))
    texts = with_dates(table, lambda day: f"{day:%Y%m%d}", "until")
    found = read_examples(texts, LEFT)
    assert column_of(found)[0] == (DAY - timedelta(days=1) - date(1970, 1, 1)).days
    assert np.array_equal(column_of(found), column_of(found, "until"))
    far = pa.array([20240101 + k % 28 if k % 3 else (0, 99991231)[k % 2] for k in range(300)])
    ends = read_examples(table.append_column("ends", far), LEFT)
    assert np.isnan(column_of(ends, "ends")).sum() == 100
    revenue = pa.array([20_000_101 + 7 * k for k in range(300)])
    plain = read_examples(table.append_column("revenue", revenue), LEFT)
    assert column_of(plain, "revenue")[0] == 20_000_101
