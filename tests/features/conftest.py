"""Drawn companies with every table, and ways to write them and build their panels."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import LabelWindow, build_panel, open_source

sys.path.append(str(Path(__file__).parent))  # modules beside the tests

from drawn_company import make_company

Frames = dict[str, pd.DataFrame]


def write_tables(frames: Mapping[str, pd.DataFrame], folder: Path) -> Path:
    """Write the tables as Parquet and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, folder / f"{name}.parquet", coerce_timestamps="us")
    return folder


@pytest.fixture(scope="session")
def company() -> Frames:
    """Every table of a company of 260 accounts."""
    return make_company(7, n_accounts=260, n_usage=60_000)


@pytest.fixture(scope="session")
def large_company() -> Frames:
    """Every table of a company of so many accounts that one date has ten thousand of them."""
    return make_company(13, n_accounts=11_500, n_usage=150_000)


@pytest.fixture(scope="session")
def small_company() -> Frames:
    """Every table of a company of 30 accounts."""
    return make_company(3, n_accounts=30, n_usage=40_000)


@pytest.fixture(scope="session")
def write() -> Callable[[Mapping[str, pd.DataFrame], Path], Path]:
    """Return ``write(frames, folder)``."""
    return write_tables


@pytest.fixture
def panel_of(tmp_path: Path) -> Callable[..., pa.Table]:
    """Return ``panel_of(frames, as_of, labels=None)``, which writes, opens and builds."""
    written = 0

    def build(
        frames: Mapping[str, pd.DataFrame],
        as_of: Sequence[datetime],
        labels: LabelWindow | None = None,
    ) -> pa.Table:
        nonlocal written
        written += 1
        with open_source(write_tables(frames, tmp_path / f"source-{written}")) as source:
            return build_panel(source, as_of, labels=labels)

    return build


@pytest.fixture
def tiny() -> Frames:
    """One account that uses one feature once, under one contract of 1,000."""
    day = pd.Timestamp("2024-01-01")
    change = {"change_id": "K1", "type": "new", "happened_at": day, "arr": 1000.0}
    use = {"user_id": "A1-u1", "day": day, "feature": "f1", "count": 1}
    rows = {"accounts": {"created_at": day}, "contracts": change, "usage": use}
    return {name: pd.DataFrame([{"account_id": "A1", **row}]) for name, row in rows.items()}
