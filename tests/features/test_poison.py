"""No feature can see what was known at or after as_of: overwriting it changes not one bit."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from reference_view import TOLD_AGAIN, is_correction

from features import CATALOGUE, as_of_grid, build_panel, open_source
from features.schema import TABLES

CRM = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "crm"
GRID = as_of_grid(datetime(2024, 5, 6), datetime(2025, 3, 10), 56)


def is_future(frame: pd.DataFrame, time: str, as_of: datetime) -> pd.Series:
    own = frame[time] >= as_of
    return own | (frame.known_at >= as_of) if "known_at" in frame else own


def is_unknown(frame: pd.DataFrame, time: str, as_of: datetime) -> pd.Series:
    # Eligibility may use a decision that is known but takes effect later; nothing else may.
    known_at = frame.known_at.fillna(frame[time]) if "known_at" in frame else frame[time]
    return known_at >= as_of


def poisoned_cells(
    frame: pd.DataFrame, name: str, rows: pd.Series, rng: np.random.Generator
) -> pd.DataFrame:
    """Overwrite every cell of these rows, but for keys, by values drawn from the whole column."""
    frame = frame.copy()
    declared = TABLES[name]
    kept = {*declared.key, "known_at", str(declared.time)}
    for column in frame.columns.difference(sorted(kept)):
        drawn = frame[column].to_numpy()[rng.integers(0, len(frame), int(rows.sum()))]
        frame.loc[rows, column] = drawn
    for column in declared.columns:
        if column.name in frame and (column.low == 0 or column.name in ("arr", "amount")):
            frame.loc[rows, column.name] = 7
    if name == "surveys":
        frame.loc[rows, "score"] = 1.0
    return frame


def poison(
    frames: Mapping[str, pd.DataFrame],
    as_of: datetime,
    bad: Callable[[pd.DataFrame, str, datetime], pd.Series] = is_future,
) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(11)
    poisoned = {}
    for name, frame in frames.items():
        time = TABLES[name].time
        if time is None:
            poisoned[name] = frame
            continue
        frame = frame.reset_index(drop=True)
        poisoned[name] = poisoned_cells(frame, name, bad(frame, time, as_of), rng)
        for column in TABLES[name].columns:
            if column.clock and column.name in frame:
                late = frame[column.clock].isna() | (frame[column.clock] >= as_of)
                if column.name in TOLD_AGAIN:
                    # What a correction tells again is known with it.
                    late &= ~is_correction(frame, name) | bad(frame, time, as_of)
                poisoned[name].loc[late, column.name] = changed(column.name, as_of)
    return poisoned


def changed(column: str, as_of: datetime) -> object:
    later = pd.Timestamp(as_of) + pd.Timedelta(days=3)
    return {"csat": 1.0, "failed_attempts": 99}.get(column, later)


def assert_identical(clean: pa.Table, dirty: pa.Table, *also: str) -> None:
    for name in ("account_id", *CATALOGUE.names, *also):
        assert clean[name].combine_chunks().equals(dirty[name].combine_chunks()), name


def test_poisoned_future_changes_no_bit(
    company: dict[str, pd.DataFrame], panel_of: Callable[..., pa.Table]
) -> None:
    pairs = 0
    clean = panel_of(company, GRID)
    for as_of in GRID:
        now = clean.filter(pc.equal(clean["as_of"], pa.scalar(as_of, pa.timestamp("us"))))
        assert_identical(now, panel_of(poison(company, as_of), [as_of]))
        pairs += now.num_rows
    assert pairs >= 1000


def test_ten_thousand_accounts_are_as_blind(
    large_company: dict[str, pd.DataFrame], panel_of: Callable[..., pa.Table]
) -> None:
    as_of = GRID[-1]
    clean = panel_of(large_company, [as_of])
    assert clean.num_rows >= 10_000
    assert_identical(clean, panel_of(poison(large_company, as_of), [as_of]))


def test_poisoned_future_changes_no_eligibility(
    small_company: dict[str, pd.DataFrame], panel_of: Callable[..., pa.Table]
) -> None:
    clean = panel_of(small_company, [GRID[3]])
    dirty = panel_of(poison(small_company, GRID[3], is_unknown), [GRID[3]])
    assert_identical(clean, dirty, "eligible")


def test_poison_is_seen_one_step_later(
    small_company: dict[str, pd.DataFrame], panel_of: Callable[..., pa.Table]
) -> None:
    # The alarm itself must be able to ring: the same poison shows in the next snapshot.
    dirty = panel_of(poison(small_company, GRID[2]), [GRID[3]])
    with pytest.raises(AssertionError):
        assert_identical(panel_of(small_company, [GRID[3]]), dirty)


@pytest.mark.skipif(not CRM.is_dir(), reason="the shared crm tables are not here")
def test_poisoned_future_of_a_strangers_company(tmp_path: Path) -> None:
    as_of = datetime(2022, 10, 1)
    with duckdb.connect() as connection:
        for name, garbage in (
            ("usage", "'C0000' account_id, 'C0000-u000' user_id, day, 'x' feature, 999 AS count"),
            ("contracts", "change_id, 'C0001' account_id, 'churn' AS type, happened_at, 0 arr, "
             "1 seats, happened_at term_end"),
        ):  # fmt: skip
            time = TABLES[name].time
            connection.execute(
                f"COPY (SELECT * FROM '{CRM}/{name}.parquet' WHERE {time} < '{as_of}' "
                f"UNION ALL BY NAME SELECT {garbage} FROM '{CRM}/{name}.parquet' "
                f"WHERE {time} >= '{as_of}') TO '{tmp_path}/{name}.parquet'"
            )
    (tmp_path / "accounts.parquet").symlink_to(CRM / "accounts.parquet")
    (tmp_path / "modules.csv").symlink_to(CRM / "modules.csv")
    with open_source(CRM) as clean, open_source(tmp_path) as dirty:
        assert_identical(build_panel(clean, [as_of]), build_panel(dirty, [as_of]))
