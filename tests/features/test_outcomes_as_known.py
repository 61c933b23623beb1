"""Outcome times as they were known on a day: what came to be known later is as if it were not."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import open_source
from features.outcome_times import outcome_times_from_the_future
from simulator import simulate

DAY = datetime(2026, 3, 1)
AS_OF = datetime(2024, 6, 1)
Frames = dict[str, pd.DataFrame]
Told = Callable[..., list[dict[str, Any]]]


def known_at(contracts: pd.DataFrame) -> pd.Series:
    return contracts.known_at.fillna(contracts.requested_at).fillna(contracts.happened_at)


def times(folder: Path, known_by: datetime | None) -> pa.Table:
    with open_source(folder) as source:
        accounts = sorted(set(source.read(source.tables["accounts"])["account_id"].to_pylist()))
        dates = [datetime(2025, month, 1) for month in range(1, 13)]
        keys = [(account, date) for date in dates for account in accounts]
        rows = pa.table({"account_id": [k[0] for k in keys], "as_of": [k[1] for k in keys]})
        return outcome_times_from_the_future(source, rows, known_by=known_by)


def test_what_was_known_later_changes_no_byte(tmp_path: Path) -> None:
    """Half of the changes are entered up to 200 days late; without those not known, the same."""
    simulate(tmp_path, accounts=150, months=24, seed=5, omit=("surveys", "touches", "tickets"))
    file = tmp_path / "contracts.parquet"
    contracts = pq.read_table(file).to_pandas()
    rng = np.random.default_rng(0)
    late = contracts.happened_at + pd.to_timedelta(rng.integers(0, 200, len(contracts)), "D")
    contracts["known_at"] = late.where(rng.random(len(contracts)) < 0.5, contracts.known_at)
    schema = pq.read_schema(file)
    pq.write_table(pa.Table.from_pandas(contracts, schema, preserve_index=False), file)
    whole, all_known = times(tmp_path, DAY), times(tmp_path, None)
    known = contracts[known_at(contracts) < DAY]
    assert 100 < len(known) < len(contracts)
    pq.write_table(pa.Table.from_pandas(known, schema, preserve_index=False), file)
    assert times(tmp_path, DAY).equals(whole)
    assert not all_known.equals(whole)


# Who leaves on 1 July, how that is told, and from which day on it is known how.
CASES = {
    "known on the day": (None, None, {"2024-07-01": None, "2024-07-31": 30}),
    "entered in September": (None, "2024-09-01", {"2024-09-01": None, "2024-09-02": 30}),
    "asked on 11 June": ("2024-06-11", None, {"2024-06-11": None, "2024-06-12": 10}),
    "asked on 11 June, entered on 20 June": (
        "2024-06-11", "2024-06-20", {"2024-06-20": None, "2024-06-21": 10}),
}  # fmt: skip


@pytest.fixture
def told(tiny: Frames, write: Callable[..., Path], tmp_path: Path) -> Told:
    """Return ``told(changes, *days)``: one account's outcome times as known by each day."""

    def looked_back(changes: pd.DataFrame, *days: datetime | None) -> list[dict[str, Any]]:
        contracts = changes.assign(account_id="a", change_id=changes.index.map(str), voluntary=True)
        accounts = pd.DataFrame({"account_id": ["a"], "created_at": pd.Timestamp("2024-01-01")})
        usage = tiny["usage"].assign(account_id="a", day=pd.Timestamp("2024-12-31"))
        tables = {"accounts": accounts, "contracts": contracts, "usage": usage}
        rows = pa.table({"account_id": ["a"], "as_of": pa.array([AS_OF], pa.timestamp("us"))})
        with open_source(write(tables, tmp_path / "one")) as source:
            return [
                outcome_times_from_the_future(source, rows, known_by=day).to_pylist()[0]
                for day in days
            ]

    return looked_back


@pytest.mark.parametrize("case", list(CASES))
def test_from_which_day_on_a_departure_is_known(case: str, told: Told) -> None:
    asked, entered, expected = CASES[case]
    changes = pd.DataFrame(
        {
            "type": ["new", "churn"],
            "happened_at": pd.to_datetime(["2024-01-01", "2024-07-01"]),
            "requested_at": pd.to_datetime([None, asked]),
            "known_at": pd.to_datetime([None, entered]),
            "arr": [1000.0, 0.0],
        }
    )
    days = [datetime.fromisoformat(day) for day in expected]
    found = told(changes, *days)
    assert [each["days_to_voluntary_churn"] for each in found] == list(expected.values())
    assert [each["days_observed"] for each in found] == [(day - AS_OF).days for day in days]


def test_a_departure_whose_grace_runs_that_day_is_in_doubt(told: Told) -> None:
    """A renewal later than the day settles it today, and not on the day."""
    changes = pd.DataFrame(
        {
            "type": ["new", "churn", "renewal"],
            "happened_at": pd.to_datetime(["2024-01-01", "2024-07-01", "2024-07-20"]),
            "arr": [1000.0, 0.0, 1000.0],
        }
    )
    then, today = told(changes, datetime(2024, 7, 15), None)
    assert (then["days_to_doubt"], today["days_to_doubt"]) == (30, None)
    assert then["days_to_voluntary_churn"] is today["days_to_voluntary_churn"] is None
