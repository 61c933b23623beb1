"""Quarters by hand: who left, grew or shrank in which, and what was kept of the ARR."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features import LabelWindow, open_source
from training.forecasting.quarters import (
    QUARTERS,
    Quarters,
    kept_arr,
    make_quarters,
    quarter_rows,
    quarters_from_the_future,
    realised,
    retention,
)
from training.horizons.periods import OUTCOMES
from training.horizons.person_periods import Followed

AS_OF = datetime(2023, 1, 1)
# Per account, changes after 1,000 from 1 January 2022: (type, effect, decision, ARR, voluntary).
CHANGES = {
    "A stays": [],
    "B grows twice": [
        ("expansion", "2023-02-01", None, 1200.0, True),
        ("expansion", "2023-08-01", None, 1500.0, True),
    ],
    "C shrinks, then asks to leave": [
        ("contraction", "2023-05-01", None, 500.0, True),
        ("churn", "2023-12-01", "2023-08-01", 0.0, True),
    ],
    "D fails to pay": [("churn", "2023-03-01", None, 0.0, False)],
    "E grows and leaves at once": [
        ("expansion", "2023-01-10", None, 2000.0, True),
        ("churn", "2023-02-10", None, 0.0, True),
    ],
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    first = ("new", "2022-01-01", None, 1000.0, True)
    rows = [
        (name, f"{name} {number}", *change)
        for name, changes in CHANGES.items()
        for number, change in enumerate([first, *changes])
    ]
    names = ["account_id", "change_id", "type", "happened_at", "requested_at", "arr", "voluntary"]
    contracts = pd.DataFrame(rows, columns=names)
    for name in ("happened_at", "requested_at"):
        contracts[name] = pd.to_datetime(contracts[name])
    born = pd.Timestamp("2022-01-01")
    accounts = pd.DataFrame({"account_id": sorted(CHANGES), "created_at": born})
    usage = {"account_id": "A stays", "user_id": "u", "day": pd.Timestamp("2024-12-31")}
    usage_rows = pd.DataFrame([usage | {"feature": "f", "count": 1}])
    for name, frame in (("accounts", accounts), ("contracts", contracts), ("usage", usage_rows)):
        frame.to_parquet(folder / f"{name}.parquet", coerce_timestamps="us")
    return folder


def read(company: Path, window: LabelWindow | None = None) -> Quarters:
    as_of = pa.array([AS_OF] * len(CHANGES), pa.timestamp("us"))
    panel = pa.table({"account_id": list(CHANGES)[::-1], "as_of": as_of, "f": [1.0] * 5})
    with open_source(company) as source:
        return quarters_from_the_future(source, panel, window)


@pytest.fixture(scope="module")
def quarters(company: Path) -> Quarters:
    return read(company)


def told(quarters: Quarters) -> dict[int, list[str]]:
    rows = quarter_rows(quarters)
    found: dict[int, list[str]] = {}
    for snapshot, outcome in zip(rows.snapshot.tolist(), rows.outcome.tolist(), strict=True):
        found.setdefault(snapshot, []).append("-" if outcome < 0 else OUTCOMES[outcome])
    return found


def test_what_counts_as_growth_and_the_grace_are_those_of_the_window(
    company: Path, quarters: Quarters
) -> None:
    """20 % and 25 % more are no growth from 30 % on; half is lost either way."""
    other = read(company, LabelWindow(expansion_min=0.3, grace_days=60))
    assert told(other) == told(quarters) | {1: ["-", "-", "-", "-"]}
    assert (other.periods.grace_days, quarters.periods.grace_days) == (60, 30)
    np.testing.assert_array_equal(quarters.until - other.until, [30.0] * 5)


def test_one_row_per_quarter_begun_undecided(quarters: Quarters) -> None:
    assert told(quarters) == {
        0: ["-", "-", "-", "-"],
        1: ["expansion", "-", "expansion", "-"],
        2: ["-", "contraction", "voluntary_churn"],
        3: ["involuntary_churn"],
        4: ["voluntary_churn"],
    }


def test_what_is_kept_ends_with_the_decision(quarters: Quarters) -> None:
    assert kept_arr(quarters).tolist() == [
        [1000.0, 1000.0, 1000.0, 1000.0, 1000.0],
        [1000.0, 1200.0, 1200.0, 1500.0, 1500.0],
        [1000.0, 1000.0, 500.0, 0.0, 0.0],
        [1000.0, 0.0, 0.0, 0.0, 0.0],
        [1000.0, 0.0, 0.0, 0.0, 0.0],
    ]


def test_realised_retention(quarters: Quarters) -> None:
    found = realised(quarters, np.ones(5, dtype=bool))
    np.testing.assert_allclose(found.nrr, [0.64, 0.54, 0.5, 0.5])
    np.testing.assert_allclose(found.grr, [0.6, 0.5, 0.4, 0.4])
    np.testing.assert_allclose(found.logo, [0.6, 0.6, 0.4, 0.4])
    assert QUARTERS.ends == (91, 182, 273, 364)


def test_nobody_leaves_nobody_grows_is_one() -> None:
    start = np.array([3.0, 5.0])
    found = retention(start, np.repeat(start[:, np.newaxis], 4, axis=1), np.ones((2, 4), bool))
    for curve in (found.nrr, found.grr, found.logo):
        assert curve.tolist() == [1.0] * 4


def test_a_renewal_signed_late_is_no_loss() -> None:
    """Two contracts had ended on a quarter's last day: one is renewed days later, one is not."""
    followed = Followed(
        day=np.array([np.inf, 150.0]),
        outcome=np.array([-1, 1]),
        until=np.full(2, 400.0),
        at_risk=np.ones(2, dtype=bool),
    )
    panel = pa.table({"account_id": ["late", "gone"]})
    found = make_quarters(
        panel, followed, np.array([[900.0, 0, 900, 900, 0], [500.0, 500, 0, 0, 0]])
    )
    assert kept_arr(found).tolist() == [[900.0] * 5, [500.0, 500.0, 0.0, 0.0, 0.0]]
    assert quarter_rows(found).outcome.tolist() == [-1, -1, -1, -1, -1, 1]
    np.testing.assert_allclose(realised(found, followed.at_risk).grr, [1.0, *[900 / 1400] * 3])
