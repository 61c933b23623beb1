"""Outcome times against the labels of any window, and as a table of cases around 1 June."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features import LabelWindow, Source, open_source
from features.errors import PanelError
from features.labels import arr_timeline, judge, tables_from_the_future
from features.outcome_times import churned_within, days_of, outcome_times_from_the_future
from simulator import simulate

CRM = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "crm"
AS_OF = datetime(2024, 6, 1)
Frames = dict[str, pd.DataFrame]
WINDOWS = [
    LabelWindow(),
    LabelWindow(lead_days=0, horizon_days=30),
    LabelWindow(lead_days=14, horizon_days=365, grace_days=0),
    LabelWindow(lead_days=45, horizon_days=180, grace_days=60),
]


def grid(source: Source) -> pa.Table:
    """Return every account at every fourth week before the watermark."""
    assert source.newest is not None
    accounts = sorted(set(source.read(source.tables["accounts"])["account_id"].to_pylist()))
    last = datetime(source.newest.year, source.newest.month, source.newest.day)
    dates = [last - timedelta(days=28 * n) for n in range(24)]
    keys = [(account, date) for date in dates for account in accounts]
    return pa.table({"account_id": [k[0] for k in keys], "as_of": [k[1] for k in keys]})


def labels(source: Source, rows: pa.Table, window: LabelWindow) -> np.ndarray:
    """Return ``churned`` by the labels module, every row taken as eligible, in the rows' order."""
    newest = pa.array([source.newest] * len(rows), pa.timestamp("us"))
    placed = rows.append_column("newest", newest).append_column("n", pa.array(range(len(rows))))
    source.backend.place("wanted", placed.append_column("eligible", pa.array([True] * len(rows))))
    types = {"account_id": "string", "as_of": "timestamp", "newest": "timestamp"}
    panel = ibis.table({**types, "n": "int64", "eligible": "boolean"}, name="wanted")
    judged = judge(panel, arr_timeline(tables_from_the_future(source.tables)), window)
    joined = panel.select("account_id", "as_of", "n").inner_join(judged, ["account_id", "as_of"])
    found = source.read(joined.select("n", "churned")).sort_by("n")
    assert len(found) == len(rows)
    return days_of(found, "churned")


def assert_same_labels(folder: Path) -> None:
    with open_source(folder) as source:
        rows = grid(source)
        for window in WINDOWS:
            times = outcome_times_from_the_future(source, rows, window)
            found = churned_within(times, np.ones(len(rows), dtype=bool), window)
            expected = labels(source, rows, window)
            assert np.nansum(expected) > 5
            assert np.isnan(expected).any()
            np.testing.assert_array_equal(found, expected)


def test_labels_of_a_simulated_company(tmp_path: Path) -> None:
    simulate(tmp_path / "company", accounts=150, months=24, seed=5, omit=("surveys", "touches"))
    assert_same_labels(tmp_path / "company")


def test_labels_of_a_drawn_company(
    company: Frames, write: Callable[..., Path], tmp_path: Path
) -> None:
    assert_same_labels(write(company, tmp_path / "drawn"))


@pytest.mark.skipif(not CRM.is_dir(), reason="the shared crm tables are not here")
def test_labels_of_crm() -> None:
    assert_same_labels(CRM)


class Change(NamedTuple):
    """One change after the contract of 1,000 that began on 1 January."""

    type: str
    on: str
    arr: float
    asked: str | None = None
    voluntary: bool = True


# Days to: voluntary churn, involuntary churn, expansion, contraction, doubt.
NEWEST = "2024-12-31"
CASES = {
    "nothing happens": ([], (None, None, None, None, None)),
    "asked on 20 June, gone on 30 September": (
        [Change("churn", "2024-09-30", 0, asked="2024-06-20")], (19, None, None, None, None)),
    "payment failed": (
        [Change("churn", "2024-07-01", 0, voluntary=False)], (None, 30, None, None, None)),
    "back within the grace": (
        [Change("churn", "2024-07-01", 0), Change("renewal", "2024-07-20", 1000)],
        (None, None, None, None, None)),
    "gone, back after the grace, gone for good": (
        [Change("churn", "2024-07-01", 0), Change("reactivation", "2024-09-01", 1000),
         Change("churn", "2024-10-01", 0, voluntary=False)], (30, 122, None, None, None)),
    "decided before as_of, in effect after": (
        [Change("churn", "2024-07-01", 0, asked="2024-05-30")], (-2, None, None, None, None)),
    "the grace runs still": (
        [Change("churn", "2024-12-20", 0, asked="2024-11-01")], (None, None, None, None, 153)),
    "decided, in effect after the watermark": (
        [Change("churn", "2025-03-01", 0, asked="2024-11-01")], (153, None, None, None, None)),
    "asked after the watermark": (
        [Change("churn", "2025-03-01", 0, asked="2025-01-10")], (None, None, None, None, None)),
    "grows by steps": (
        [Change("expansion", "2024-06-11", 1030), Change("expansion", "2024-06-21", 1050)],
        (None, None, 20, None, None)),
    "grows and shrinks, then leaves": (
        [Change("expansion", "2024-06-11", 1100), Change("contraction", "2024-06-21", 950),
         Change("churn", "2024-07-01", 0)], (30, None, 10, 20, None)),
    "a change before as_of is past": (
        [Change("expansion", "2024-05-31", 2000)], (None, None, None, None, None)),
    "a change at as_of is ahead": (
        [Change("expansion", "2024-06-01", 2000)], (None, None, 0, None, None)),
}  # fmt: skip
NAMES = (
    "days_to_voluntary_churn",
    "days_to_involuntary_churn",
    "days_to_expansion",
    "days_to_contraction",
    "days_to_doubt",
)


@pytest.fixture
def cases(tiny: Frames, write: Callable[..., Path], tmp_path: Path) -> Path:
    rows = [
        (case, f"{case} {number}", *change)
        for case, (changes, _) in CASES.items()
        for number, change in enumerate([Change("new", "2024-01-01", 1000), *changes])
    ]
    names = ["account_id", "change_id", "type", "happened_at", "arr", "requested_at", "voluntary"]
    contracts = pd.DataFrame(rows, columns=names).astype({"arr": float})
    for name in ("happened_at", "requested_at"):
        contracts[name] = pd.to_datetime(contracts[name])
    born = pd.Timestamp("2024-01-01")
    accounts = pd.DataFrame({"account_id": sorted(CASES), "created_at": born})
    usage = tiny["usage"].assign(account_id=accounts.account_id[0], day=pd.Timestamp(NEWEST))
    return write({"accounts": accounts, "contracts": contracts, "usage": usage}, tmp_path / "cases")


def asked_for(names: list[str]) -> pa.Table:
    as_of = pa.array([AS_OF] * len(names), pa.timestamp("us"))
    return pa.table({"account_id": names, "as_of": as_of})


def test_cases(cases: Path) -> None:
    with open_source(cases) as source:
        found = outcome_times_from_the_future(source, asked_for(list(CASES))).to_pylist()
    got = {row["account_id"]: tuple(row[name] for name in NAMES) for row in found}
    assert got == {case: expected for case, (_, expected) in CASES.items()}
    assert {row["days_observed"] for row in found} == {213}
    assert {row["arr"] for row in found} == {1000.0, 2000.0}


def test_rows_keep_their_order_and_their_days(cases: Path) -> None:
    with open_source(cases) as source:
        plain = outcome_times_from_the_future(source, asked_for(list(CASES)))
        turned = outcome_times_from_the_future(source, asked_for(list(CASES)[::-1]))
    assert turned.take(list(range(len(CASES)))[::-1]).equals(plain)


def test_an_account_without_contracts_has_no_arr_and_no_days(cases: Path) -> None:
    with open_source(cases) as source:
        row = outcome_times_from_the_future(source, asked_for(["stranger"])).to_pylist()[0]
    assert (row["arr"], row["days_observed"]) == (0.0, 213)
    assert [row[name] for name in NAMES] == [None] * 5


def test_a_pair_given_twice_is_refused(cases: Path) -> None:
    twice = asked_for(["nothing happens"] * 2)
    with open_source(cases) as source, pytest.raises(PanelError, match="1 rows repeat"):
        outcome_times_from_the_future(source, twice)
