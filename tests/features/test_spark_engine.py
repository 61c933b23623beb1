"""Spark gives DuckDB's cells, in a real session inside this process.

Spark thinks long about a query whatever the rows, so there are few snapshots here; the settings of
the session spare it the work that only pays on many rows.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from quick_spark import quick_session

from features import LabelWindow, build_panel, open_source
from features.panel_dataset import read_panel_dataset, write_panel_dataset
from features.spark_words import in_doubles
from features.visible import marks_of
from simulator import simulate

CRM = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "crm"
Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]


@pytest.fixture(scope="module", autouse=True)
def session() -> Iterator[None]:
    with quick_session():
        yield


def assert_same_cells(panel: pa.Table, expected: pa.Table) -> None:
    assert panel.schema.equals(expected.schema)
    assert panel.num_rows == expected.num_rows > 0
    for name in expected.column_names:
        mine, theirs = panel[name].combine_chunks(), expected[name].combine_chunks()
        if pa.types.is_floating(mine.type):
            assert pc.is_valid(mine).equals(pc.is_valid(theirs)), name
            apart = pc.abs(pc.subtract(mine, theirs))
            allowed = pc.multiply(pc.max_element_wise(pc.abs(theirs), 1.0), 1e-9)
            assert pc.all(pc.less_equal(apart, allowed)).as_py() in (True, None), name
        else:
            assert mine.equals(theirs), name


def both(folder: Path, as_of: list[datetime]) -> tuple[pa.Table, pa.Table]:
    with open_source(folder) as source:
        expected = build_panel(source, as_of, labels=LabelWindow())
    with open_source(folder, engine="spark") as source:
        return build_panel(source, as_of, labels=LabelWindow()), expected


@pytest.mark.skipif(not CRM.is_dir(), reason="the shared crm tables are not here")
def test_same_cells_on_a_sample_of_crm(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        for name in ("accounts", "contracts", "usage"):
            connection.execute(
                f"COPY (FROM '{CRM}/{name}.parquet' WHERE account_id LIKE '%7') "
                f"TO '{tmp_path}/{name}.parquet'"
            )
    (tmp_path / "modules.csv").symlink_to(CRM / "modules.csv")
    assert_same_cells(*both(tmp_path, [datetime(2023, 6, 1)]))


def with_a_simulated_company(frames: Frames, folder: Path) -> Frames:
    """Return the tables of two companies in one: Spark's plan takes as long for either alone."""
    simulate(folder, accounts=60, months=18, seed=5)
    simulated = {
        path.stem: pq.read_table(path).to_pandas(date_as_object=False)
        for path in folder.glob("*.parquet")
    }
    assert frames.keys() <= simulated.keys()
    return {n: pd.concat([frames.get(n), rows]) for n, rows in simulated.items()}


def test_partitions_are_written_where_the_data_lies_with_the_same_cells(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    """Of a drawn company with late rows in every table, one of them text, and a simulated one."""
    folder, uri = tmp_path / "company", f"file://{tmp_path}/my panel"
    tables = with_a_simulated_company(small_company, tmp_path / "simulated")
    tickets = tables.pop("tickets")
    tickets.to_csv(write(tables, folder) / "tickets.csv", index=False)
    dates = [datetime(2024, 9, 2), datetime(2024, 9, 30), datetime(2026, 6, 1)]
    labels = LabelWindow()
    with open_source(folder, engine="spark") as source:
        assert write_panel_dataset(source, dates, uri, labels=labels).built == tuple(dates)
        written = write_panel_dataset(source, dates, uri, labels=labels)
        assert written.built == ()
    with open_source(folder) as source:
        expected = build_panel(source, dates, labels=labels)
    panel = read_panel_dataset(tmp_path / "my panel")
    assert_same_cells(panel, expected)
    assert panel.schema.metadata == expected.schema.metadata
    assert written.rows == expected.num_rows
    assert written.columns == tuple(expected.column_names)
    part = tmp_path / "my panel" / "as_of=2024-09-30"
    visible = {path.name for path in part.iterdir() if not path.name.startswith(".")}
    assert visible == {"part.parquet", "_made_of.json"}


def later(frame: pd.DataFrame, **values: object) -> pd.DataFrame:
    """A table and one more row, like its first but for some values."""
    row = frame.iloc[:1].assign(**values).astype(frame.dtypes.to_dict())
    return pd.concat([frame, row], ignore_index=True)


def test_only_what_was_known_of_a_date_makes_its_partition_stale(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    dates = [datetime(2024, 9, 2), datetime(2024, 9, 30), datetime(2024, 10, 28)]
    touches, usage = small_company["touches"], small_company["usage"]
    row = {"day": datetime(2024, 9, 5), "known_at": datetime(2024, 10, 2)}
    old = later(usage, day=datetime(2022, 1, 3), known_at=pd.NaT)
    folder = tmp_path / "company"
    told = []
    for tables in (
        small_company,
        {"touches": later(touches, touch_id="late", happened_at=datetime(2024, 9, 12))},
        {"usage": later(usage, **row, user_id="somebody", feature=None)},
        {"usage": later(old, **row, user_id=None, feature="somebody")},
    ):
        with open_source(write(tables, folder), engine="spark") as source:
            told.append(marks_of(source, dates, None))
    stale = [[t for t in dates if a[t] != b[t]] for a, b in pairwise(told)]
    # A touch of the 12th; use known in October; that use by another name, and one of long ago.
    assert stale == [dates[1:], dates[2:], dates[2:]]


def test_fractions_are_doubles() -> None:
    # Spark reads 12.0 as a decimal and would round the quotient.
    assert "CAST(12.0 AS DOUBLE)" in in_doubles("SELECT n / 12.0 FROM t WHERE s = '1.5'")
    assert "'1.5'" in in_doubles("SELECT n / 12.0 FROM t WHERE s = '1.5'")
