"""Bad input at the command: one clear message, exit 1, nothing half-written."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from simulator import simulate
from tierwise.__main__ import run

Change = Callable[[Path], None]
TableChange = Callable[[pa.Table], pa.Table]
ColumnChange = Callable[[pa.ChunkedArray], pa.Array]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "company"
    simulate(folder, accounts=40, months=12, seed=3)
    return folder


@pytest.fixture
def company(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "a company")
    return tmp_path / "a company"


def rewrite(table: str, change: TableChange) -> Change:
    def apply(folder: Path) -> None:
        path = folder / f"{table}.parquet"
        changed = change(pq.read_table(path))
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        pq.write_table(changed, path)

    return apply


def replace(column: str, value: ColumnChange) -> TableChange:
    return lambda table: table.set_column(
        table.column_names.index(column), column, value(table[column])
    )


def first_becomes(value: object) -> ColumnChange:
    return lambda column: pa.array([value, *column.to_pylist()[1:]], type=column.type)


def without_usage(folder: Path) -> None:
    path = folder / "usage.parquet"
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def truncated(folder: Path) -> None:
    path = folder / "contracts.parquet"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


CASES: dict[str, tuple[Change, list[str]]] = {
    "no usage": (without_usage, ["usage"]),
    "wrong type": (
        rewrite("contracts", replace("arr", lambda c: pc.if_else(pc.is_valid(c), "much", "none"))),
        ["contracts", "arr"],
    ),
    "duplicate keys": (
        rewrite("contracts", lambda t: pa.concat_tables([t, t.slice(0, 3)])),
        ["contracts", "change_id", "3"],
    ),
    "orphans": (
        rewrite("contracts", replace("account_id", first_becomes("nobody"))),
        ["contracts", "account_id", "nobody"],
    ),
    "negative ARR": (
        rewrite("contracts", replace("arr", first_becomes(-5.0))),
        ["contracts", "arr", "-5"],
    ),
    "null key": (
        rewrite("contracts", replace("change_id", first_becomes(None))),
        ["contracts", "change_id"],
    ),
    "empty table": (rewrite("accounts", lambda t: t.slice(0, 0)), ["accounts"]),
    "truncated": (truncated, ["contracts"]),
}


@pytest.mark.parametrize("name", CASES)
def test_check_names_what_is_wrong(
    name: str, company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, words = CASES[name]
    change(company)
    assert run(["check", str(company)]) == 1
    said = "".join(capsys.readouterr())
    assert all(word in said for word in words), said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", CASES)
def test_features_write_nothing_from_a_bad_source(
    name: str, company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, words = CASES[name]
    change(company)
    out = tmp_path / "out" / "panel.parquet"
    assert run(["features", str(company), "--as-of", "2026-06-01", "--out", str(out)]) == 1
    streams = capsys.readouterr()
    assert streams.err.startswith("tierwise: ")
    assert all(word in streams.err for word in words), streams.err
    assert not out.parent.exists() or not list(out.parent.iterdir())


def test_a_run_from_a_bad_source_leaves_no_store(company: Path, tmp_path: Path) -> None:
    without_usage(company)
    home = tmp_path / "home"
    assert run(["run", str(company), "--as-of", "2026-06-01", "--home", str(home)]) == 1
    assert not (home / "tierwise.db").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["features", "nowhere", "--as-of", "2026-06-01", "--out", "x.parquet"], "nowhere"),
        (["train", "nowhere.parquet", "--outcome", "churn"], "nowhere.parquet"),
        (["promote", "--outcome", "churn", "--force"], "--why"),
        (["promote", "--outcome", "it's"], "'it's' cannot name an outcome"),
        (["train", "x.csv", "--auto", "--outcome", "it's"], "'it's' cannot name an outcome"),
        (["backtest", "x.csv", "--outcome", "a/../../b"], "cannot name an outcome"),
    ],
)
def test_other_refusals(
    arguments: list[str],
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 1
    assert word in capsys.readouterr().err
    assert not (tmp_path / "x.parquet").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "nowhere.parquet", "--outcome", "churn"],
        ["backtest", "nowhere.parquet", "--outcome", "churn"],
        ["forecast", "nowhere", "--as-of", "2026-06-01", "--from", "2026-01-01"],
        ["horizons", "nowhere", "--as-of", "2026-06-01", "--from", "2026-01-01", "--out", "x"],
        ["simulate", "somewhere"],
    ],
)
def test_a_seed_below_0_is_refused(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*arguments, "--seed", "-1"]) == 1
    assert "--seed is -1" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["trian"],
        ["train"],
        ["check", "a", "b", "c"],
        ["serve", "--port", "no"],
        ["features", "company", "--as-of", "2026-06-01"],
    ],
)
def test_wrong_usage_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
