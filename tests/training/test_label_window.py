"""Whose label window keeps fit and test apart: the panel's own, else that of the settings."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from tierwise.__main__ import run
from training import Roles, Tracking, backtest
from training.backtests.backtest import Plan
from training.models.learning import split_examples
from training.tables.table import read_examples

SETTINGS = {"TIERWISE_LEAD_DAYS": "30", "TIERWISE_HORIZON_DAYS": "365"}
OURS = {"tierwise.lead_days": "14", "tierwise.horizon_days": "60", "tierwise.grace_days": "0"}


@pytest.fixture(scope="module")
def foreign(make_snapshots: Callable[..., pa.Table]) -> pa.Table:
    """Dates over 28 × 31 days, and nothing that tells what its labels look at."""
    return make_snapshots(n=60, dates=32)


@pytest.fixture
def asked(
    foreign: pa.Table, tracking: Tracking, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict]:
    """A command run on the table under other settings; returns what it wrote as JSON."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    home = tracking.folder.parent
    path, out = home / "foreign.parquet", home / "found.json"
    pq.write_table(foreign, path)

    def ask(command: str, *flags: str) -> dict:
        words = [command, str(path), "--outcome", "churn", *flags, "--home", str(home)]
        assert run([*words, "--json", str(out)]) == 0
        return json.loads(out.read_text())

    return ask


def test_the_settings_window_keeps_learning_and_testing_apart(foreign: pa.Table) -> None:
    examples = read_examples(foreign, Roles("churn", lead_days=30, horizon_days=365))
    split = split_examples(examples, seed=0)
    between = examples.time[split.test].min() - examples.time[split.fit].max()
    assert between >= np.timedelta64(395, "D")
    assert examples.window == {"lead_days": 30, "horizon_days": 365, "from": "settings"}


def test_a_panel_that_tells_its_window_is_believed(foreign: pa.Table) -> None:
    panel = foreign.replace_schema_metadata(OURS)
    examples = read_examples(panel, Roles("churn", lead_days=30, horizon_days=365))
    assert examples.window == {"lead_days": 14, "horizon_days": 60, "from": "table"}
    assert split_examples(examples, seed=0).embargo_days == 74
    report = backtest(panel, Roles("churn", horizon_days=365), plan=Plan(n_origins=1))
    assert (report.embargo_days, report.label_window["from"]) == (74, "table")


@pytest.mark.parametrize("auto", [[], ["--auto"]], ids=["train", "auto"])
def test_train_takes_the_settings_and_says_so(
    asked: Callable[..., dict],
    auto: list[str],
    tracking: Tracking,
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        found = asked("train", *auto)
    except AssertionError:  # --auto ends with 1 when a check holds the model back
        found = json.loads((tracking.folder.parent / "found.json").read_text())
    why = {check["code"]: check["why"] for check in found["checks"]}["TW04"]
    assert "lead + horizon are 395" in why
    assert int(why.split()[0]) >= 395
    said = "label window: 365 days after a lead of 30, as the settings say"
    assert said in capsys.readouterr().out
    client = MlflowClient(tracking.uri, tracking.uri)
    params = client.get_run(found["run_id"]).data.params
    days = [params[f"{name}_days"] for name in ("embargo", "lead", "horizon")]
    assert days == ["395", "30", "365"]
    assert params["label_window_from"] == "settings"
    card = Path(client.download_artifacts(found["run_id"], "card"))
    assert "does not tell its label window: 30 and 365" in (card / "model_card.en.md").read_text()
    assert "horizon_days 365日" in (card / "model_card.ja.md").read_text(encoding="utf-8")


def test_a_backtest_takes_them_too(asked: Callable[..., dict]) -> None:
    found = asked("backtest", "--origins", "1", "--arr", "idle")
    assert found["embargo_days"] == 395
    assert found["label_window"] == {"lead_days": 30, "horizon_days": 365, "from": "settings"}
    assert any("as the settings say" in note for note in found["notes"])


def test_a_table_without_time_has_no_window(make_customers: Callable[..., pa.Table]) -> None:
    examples = read_examples(make_customers(60), Roles("churn", label="left", entity="customer"))
    assert (examples.window, examples.window_words) == (None, "")
