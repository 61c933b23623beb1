"""Tables in PostgreSQL give the panel of the same tables in files: a real server, real types."""

import io
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from psycopg import sql

from features import LabelWindow, build_panel, check_source, open_source
from features.errors import SourceError
from simulator import simulate

CRM = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "crm"
AS_OF = [datetime(2024, 8, 5), datetime(2024, 11, 4)]
Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]


@pytest.fixture
def url(postgresql: Callable[[str], str], request: pytest.FixtureRequest) -> str:
    """The URL of an empty database."""
    database = request.node.name
    with psycopg.connect(postgresql("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    return postgresql(database)


def sql_type(values: pd.Series) -> str:
    if values.name in ("opened_at", "happened_at"):
        return "timestamptz"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "timestamp"
    if pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return "boolean"
    if pd.api.types.is_integer_dtype(values):
        return "integer"
    return "double precision" if pd.api.types.is_float_dtype(values) else "text"


def put(frames: Frames, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, frame in frames.items():
            typed = sql.SQL(", ").join(
                sql.SQL("{} " + sql_type(frame[c])).format(sql.Identifier(c)) for c in frame
            )
            table = sql.Identifier(name)
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, typed))
            plain = frame.astype(object).where(frame.notna(), None)
            with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
                for row in plain.itertuples(index=False):
                    copy.write_row(row)


def test_same_panel_as_from_files(
    small_company: Frames, write: Write, url: str, tmp_path: Path
) -> None:
    put(small_company, url)
    with open_source(write(small_company, tmp_path)) as files, open_source(url) as database:
        expected = build_panel(files, AS_OF, labels=LabelWindow())
        panel = build_panel(database, AS_OF, labels=LabelWindow())
        assert database.missing == files.missing
        assert database.newest == files.newest
    assert panel.replace_schema_metadata(None).equals(expected.replace_schema_metadata(None))


def put_files(folder: Path, url: str, sample: str = "") -> None:
    """Load the tables of a folder by COPY, of accounts whose id ends so."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for path in sorted(folder.iterdir()):
            rows = read(path, sample)
            typed = sql.SQL(", ").join(
                sql.SQL("{} " + arrow_type(field.type)).format(sql.Identifier(field.name))
                for field in rows.schema
            )
            table = sql.Identifier(path.stem)
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, typed))
            text = io.BytesIO()
            pa.csv.write_csv(rows, text)
            words = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER)").format(table)
            with connection.cursor().copy(words) as copy:
                copy.write(text.getvalue())


def read(path: Path, sample: str) -> pa.Table:
    with duckdb.connect() as connection:
        rows = connection.sql(f"FROM '{path}'")
        if "account_id" in rows.columns:
            rows = rows.filter(f"account_id LIKE '%{sample}'")
        return rows.to_arrow_table()


def arrow_type(type_: pa.DataType) -> str:
    if pa.types.is_timestamp(type_):
        return "timestamp"
    if pa.types.is_integer(type_):
        return "bigint"
    if pa.types.is_floating(type_):
        return "double precision"
    return {"bool": "boolean", "date32[day]": "date"}.get(str(type_), "text")


def test_same_panel_on_a_simulated_company(url: str, tmp_path: Path) -> None:
    simulate(tmp_path / "company", accounts=60, months=18, seed=5)
    shutil.rmtree(tmp_path / "company" / "truth")
    put_files(tmp_path / "company", url)
    assert_same(tmp_path / "company", url, [datetime(2026, 1, 5), datetime(2026, 6, 1)])


@pytest.mark.skipif(not CRM.is_dir(), reason="the shared crm tables are not here")
def test_same_panel_on_a_sample_of_crm(url: str, tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    for path in CRM.iterdir():
        pq.write_table(read(path, "7"), tmp_path / "sample" / f"{path.stem}.parquet")
    put_files(tmp_path / "sample", url)
    assert_same(tmp_path / "sample", url, [datetime(2022, 10, 1), datetime(2023, 6, 1)])


def assert_same(folder: Path, url: str, as_of: list[datetime]) -> None:
    with open_source(folder) as files, open_source(url) as database:
        expected = build_panel(files, as_of, labels=LabelWindow())
        panel = build_panel(database, as_of, labels=LabelWindow())
    assert panel.num_rows > 0
    assert panel.replace_schema_metadata(None).equals(expected.replace_schema_metadata(None))


def test_digest_follows_content(tiny: Frames, url: str) -> None:
    put(tiny, url)
    with open_source(url) as first, open_source(url) as again:
        assert first.digest == again.digest
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE usage SET count = 2")
    with open_source(url) as changed:
        assert changed.digest != first.digest


def test_nothing_is_left_behind(tiny: Frames, url: str, tmp_path: Path) -> None:
    put(tiny, url)
    with open_source(url, temp_directory=tmp_path):
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


def test_quoted_text_stands_and_empty_text_is_missing(tiny: Frames, url: str) -> None:
    both = pd.concat([tiny["accounts"]] * 2, ignore_index=True)
    both = both.assign(account_id=["A1", 'A "2", x'], segment=["", None])
    put({**tiny, "accounts": both}, url)
    with open_source(url) as source:
        rows = source.read(source.tables["accounts"].select("account_id", "segment")).to_pylist()
    assert {row["account_id"]: row["segment"] for row in rows} == {"A1": None, 'A "2", x': None}


def test_the_check_speaks_of_tables_and_columns(tiny: Frames, url: str) -> None:
    wrong = tiny["contracts"].assign(arr="much")
    put({"accounts": tiny["accounts"], "contracts": wrong, "useage": tiny["usage"]}, url)
    problems = {(p.table, p.column): p.problem for p in check_source(url).problems}
    assert "'useage'" in problems["usage", None]
    assert "wrong type VARCHAR" in problems["contracts", "arr"]
    with pytest.raises(SourceError, match="required table is missing"):
        open_source(url)


def test_unreachable_databases_do_not_tell_the_password(tmp_path: Path) -> None:
    url = f"postgresql://someone:secret@/nowhere?host={tmp_path}"
    with pytest.raises(SourceError, match="cannot be read") as refused:
        open_source(url)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is not None
