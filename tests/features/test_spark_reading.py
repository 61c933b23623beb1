"""What Spark reads is what DuckDB reads, and a session that was running stays as it was."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from quick_spark import quick_session

from features import open_source
from features.engine import inspect_source
from features.errors import SourceError
from features.hadoop_parts import HadoopParts
from features.parts import LocalParts
from features.spark_session import settings_of_start

Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with quick_session("Asia/Tokyo") as running:
        yield running


def test_a_session_here_has_the_memory_limit_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PYSPARK_SUBMIT_ARGS", "SPARK_CONF_DIR", "SPARK_HOME", "SPARK_DRIVER_MEMORY"):
        monkeypatch.delenv(name, raising=False)
    memory = {
        size: settings_of_start("local[2]", size).get("spark.driver.memory")
        for size in ("4GiB", "1 gb", "99MB")
    }
    assert memory == {"4GiB": "4096m", "1 gb": "954m", "99MB": "512m"}
    assert settings_of_start("local[2]", "4GB")["spark.buffer.pageSize"] == "1m"
    assert "spark.driver.memory" not in settings_of_start("spark://host:7077", "4GB")
    with pytest.raises(SourceError, match="Unknown unit"):
        settings_of_start("local[2]", "4 parsecs")

    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--driver-memory 2g pyspark-shell")
    assert "spark.driver.memory" not in settings_of_start("local[2]", "4GB")
    (tmp_path / "spark-defaults.conf").write_text("spark.buffer.pageSize 2m\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    assert "spark.buffer.pageSize" not in settings_of_start("local[2]", "4GB")


def test_sources_and_the_running_session_leave_each_other_alone(
    session: Any, small_company: Frames, write: Write, tmp_path: Path
) -> None:
    session.createDataFrame([("mine",)], ["name"]).createOrReplaceTempView("users")
    first = write(small_company, tmp_path / "first")
    contracts = small_company["contracts"]
    dearer = small_company | {"contracts": contracts.assign(arr=contracts["arr"] + 1)}
    second = write(dearer, tmp_path / "second")
    with open_source(first, engine="spark") as a, open_source(second, engine="spark") as b:
        sums = [s.backend.words("SELECT sum(arr) FROM contracts")[0][0] for s in (a, b)]
    assert sums == pytest.approx([t["contracts"]["arr"].sum() for t in (small_company, dearer)])
    assert session.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
    assert session.conf.get("spark.sql.timestampType") == "TIMESTAMP_LTZ"
    assert session.table("users").columns == ["name"]
    assert type(session).getActiveSession() is session


def test_a_note_counts_beside_its_own_part_only(session: Any, tmp_path: Path) -> None:
    moment, rows = datetime(2024, 2, 1), pa.table({"arr": [100.0, 200.0]})
    parts = HadoopParts(session, f"file://{tmp_path}")
    folder = tmp_path / "as_of=2024-02-01"
    part, note = folder / "part.parquet", folder / "_made_of.json"

    def told() -> object:
        found = parts.note(moment)
        return found and found["made_of"]

    parts.write(moment, rows, made_of="these")
    assert told() == "these"
    content = part.read_bytes()
    part.write_bytes(content + b"more")
    assert told() is None
    part.unlink()
    assert told() is None
    part.write_bytes(content)
    for damaged in ('{"made_of": "', "", "[]"):
        note.write_text(damaged)
        (folder / "._made_of.json.crc").unlink(missing_ok=True)
        assert told() is None
    LocalParts(tmp_path).write(moment, rows, made_of="others")
    assert not note.exists()


_DAYS = (
    "2024-05-20",
    "2024/05/20",
    "2024-5-2",
    "2024-05",
    "2024",
    "20240520",
    "2024-05/20",
    "12:30",
    "2024-05-20T08:00:00+09:00",
    "2024-05-20 08:00:00.123456-05",
    "2024-05-20 23:59:59Z",
    "2024/5/20 10:00:00+0900",
    "2024-02-30",
    "soon",
)


def test_csv_is_read_as_duckdb_reads_it(session: Any, tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id\tcreated_at\nA1\t2024-01-01\n")
    (tmp_path / "contracts.csv").write_text(
        "change_id;account_id;type;happened_at;arr\nK1;A1;new;2024-01-01T00:00:00+09:00;1e3\n"
    )
    lines = [f"A1,{n},{day},f" for n, day in enumerate(_DAYS)]
    (tmp_path / "usage.csv").write_text("\n".join(["account_id,user_id,day,feature", *lines, ""]))
    users = "user_id,account_id,created_at\n検索,A1,2024-01-01\n"
    (tmp_path / "users.csv").write_bytes(users.encode("cp932"))
    told = []
    for engine in ("duckdb", "spark"):
        with inspect_source(tmp_path, engine=engine) as source:
            told.append(
                (
                    source.structural,
                    source.unreadable,
                    source.read(source.tables["usage"].order_by("user_id")).to_pylist(),
                    source.read(source.tables["contracts"]).to_pylist(),
                )
            )
    assert told[1] == told[0]


def test_parquet_as_pandas_and_others_write_it_is_read(
    session: Any, tiny: Frames, write: Write, tmp_path: Path
) -> None:
    """Nanoseconds, columns without a type, codes, empty text, types that Spark does not know."""
    folder = write(tiny, tmp_path)
    nobody = tiny["usage"].assign(user_id="")
    usage = pa.Table.from_pandas(pd.concat([tiny["usage"], nobody]), preserve_index=False)
    nanos = usage["day"].cast(pa.timestamp("ns"))
    place = usage.column_names.index("day")
    odd = usage.set_column(place, "day", nanos).drop_columns(
        [name for name in ("known_at", "feature") if name in usage.column_names]
    )
    odd = odd.append_column("known_at", pa.nulls(len(odd)))
    odd = odd.append_column("feature", usage["feature"].dictionary_encode())
    odd = odd.append_column("clock", pa.array([1] * len(odd), pa.time64("us")))
    pq.write_table(odd, folder / "usage.parquet")
    told = []
    for engine in ("duckdb", "spark"):
        with inspect_source(folder, engine=engine) as source:
            rows = source.read(source.tables["usage"].order_by(["account_id", "day", "user_id"]))
            told.append((source.structural, source.unreadable, source.missing, rows.to_pylist()))
    assert told[1] == told[0]
    assert told[0][3][0]["day"] is not None
    assert {row["user_id"] for row in told[0][3]} == {"A1-u1", None}
