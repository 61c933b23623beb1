"""The command `backtest`: a page, a JSON file, or one clear line and nothing written."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tierwise.__main__ import run


def panel(path: Path, *, dates: int) -> Path:
    random = np.random.default_rng(1)
    n = 80
    start = np.datetime64("2022-01-03", "us")
    idle = random.gamma(2.0, 12.0, n * dates)
    table = pa.table(
        {
            "account_id": np.tile([f"A{number:03d}" for number in range(n)], dates).tolist(),
            "as_of": np.repeat(start + np.arange(dates) * np.timedelta64(28, "D"), n),
            "idle": idle,
            "revenue": np.tile(random.lognormal(8, 1, n).round(), dates),
            "churned": (random.random(n * dates) < 1 / (1 + np.exp(2.2 - idle / 20))).astype("i1"),
        }
    )
    pq.write_table(table, path)
    return path


def test_it_prints_writes_a_page_and_json_and_records_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = panel(tmp_path / "panel.parquet", dates=11)
    home, out = tmp_path / "my home", tmp_path / "figures.json"
    arguments = ["backtest", str(table), "--outcome", "churn", "--origins", "1", "--arr", "revenue"]
    assert run([*arguments, "--capacity", "7", "--home", str(home), "--json", str(out)]) == 0
    printed = capsys.readouterr()
    assert "capacity 7 accounts a date" in printed.out
    assert "log-loss against logistic" in printed.out
    assert printed.err == ""
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["capacity"] == 7
    assert 0 <= figures["pooled"]["model"]["arr_captured"] <= 1
    assert figures["not_applicable"]["champion"] == "there is no champion yet"
    assert [path.name for path in home.iterdir()] == ["backtest-churn.html"]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ([], "more days needed"),
        (["--origins", "0"], "--origins must be at least 1"),
        (["--arr", "revenu"], "did you mean 'revenue'"),
        (["--time", "idle"], "holds no dates but double"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_no_trace(
    flags: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = panel(tmp_path / "panel.parquet", dates=5)
    home = tmp_path / "home"
    home.mkdir()
    assert run(["backtest", str(table), "--outcome", "churn", *flags, "--home", str(home)]) == 1
    message = capsys.readouterr().err
    assert message.startswith("tierwise: ")
    assert says in message
    assert message.count("\n") == 1
    assert list(home.iterdir()) == []
