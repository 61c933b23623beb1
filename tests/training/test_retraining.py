"""`train --auto` trains for a reason, says which, and never promotes."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tierwise.__main__ import run
from training import Roles, Tracking, promote, train_when_needed

sys.path.append(str(Path(__file__).parent))  # modules beside the tests

from lived import lived, with_column

ROLES = Roles("churn")
PROMOTE = "tierwise promote --outcome churn --run-id"


def touched(table: pa.Table) -> pa.Table:
    random = np.random.default_rng(5)
    return with_column(table, "n_touches", (random.random(table.num_rows) < 0.3) * 2.0)


@pytest.fixture(scope="module")
def today() -> pa.Table:
    return touched(lived(260, dates=18, newest=4))


@pytest.fixture(scope="module")
def earlier(today: pa.Table) -> pa.Table:
    """The same company five dates ago, as it was known then."""
    dates = np.unique(today["as_of"].to_numpy())
    seen = today.filter(pc.less_equal(today["as_of"], pa.scalar(dates[-6])))
    late = pc.greater(seen["as_of"], pa.scalar(dates[-10]))
    unknown = pc.if_else(late, pa.scalar(None, pa.int8()), seen["churned"])
    return seen.set_column(seen.column_names.index("churned"), "churned", unknown)


@pytest.fixture(scope="module")
def first(template: Path, tmp_path_factory: pytest.TempPathFactory, earlier: pa.Table):
    """A store with a champion, and the report of the training that made it."""
    home = tmp_path_factory.mktemp("auto")
    shutil.copytree(template, home / "mlruns")
    tracking = Tracking(home)
    report = train_when_needed(earlier, ROLES, tracking=tracking)
    assert tracking.champion("churn") is None
    promote(outcome="churn", tracking=tracking, force=True, why="the first")
    return tracking, report


def kinds(report) -> dict[str, tuple[bool, bool]]:
    return {reason.kind: (reason.rings, reason.alarm) for reason in report.reasons}


def test_without_a_champion_there_is_a_reason(first) -> None:
    _, report = first
    assert kinds(report) == {"champion": (True, False)}
    assert report.report is not None
    assert "no champion yet" in str(report)


def test_the_same_table_is_no_reason(first, earlier: pa.Table) -> None:
    tracking, _ = first
    report = train_when_needed(earlier, ROLES, tracking=tracking)
    assert report.report is None
    assert not report.failed
    assert kinds(report)["new labels"] == (False, False)
    assert "Not trained: no reason to" in str(report)
    found = json.loads(json.dumps(report.to_json()))["auto"]
    assert found["trained"] is False
    assert {"brier", "log_loss", "roc_auc", "brier_low", "brier_high"} <= set(found["estimates"])
    assert all(each["psi_low"] <= each["psi_high"] for each in found["drift"])


def test_what_the_newest_version_learnt_from_is_no_reason_whoever_is_champion(
    template: Path, tmp_path: Path, earlier: pa.Table
) -> None:
    shutil.copytree(template, tmp_path / "mlruns")
    tracking = Tracking(tmp_path)
    columns = ["account_id", "as_of", "use", "churned"]
    table = earlier.select(columns)
    made = train_when_needed(table, ROLES, tracking=tracking)
    again = train_when_needed(table, ROLES, tracking=tracking)
    assert again.report is None
    assert kinds(again) == {"champion": (False, False)}
    assert "no champion yet; version 1 has learnt from the same rows already" in str(again)
    found = again.to_json()["auto"]
    waits = made.report.run_id if made.report.promotable else None
    assert (found["trained"], found["proposed"], found["waiting"]) == (False, None, waits)
    assert len(tracking.versions("churn")) == 1

    # Another table is a reason again; then it is learnt from too, and its version is not promoted.
    promote(outcome="churn", tracking=tracking, force=True, why="the first")
    shifted = with_column(table, "other", table["use"].to_numpy() ** 2).drop_columns(["use"])
    newer = train_when_needed(shifted, ROLES, tracking=tracking)
    assert newer.report is not None
    again = train_when_needed(shifted, ROLES, tracking=tracking)
    assert again.report is None
    assert "version 2 has learnt from the same rows already" in str(again)
    if newer.proposed is not None:
        assert f"Version 2 waits for promotion. To promote it: {PROMOTE}" in str(again)
        assert str(again).endswith(newer.proposed)


def test_a_jump_without_new_labels_is_an_alarm_not_a_training(first, earlier: pa.Table) -> None:
    tracking, _ = first
    use = earlier["use"].to_numpy() - 12.0 * earlier["churned"].is_null().to_numpy()
    changed = earlier.set_column(earlier.column_names.index("use"), "use", pa.array(use))
    report = train_when_needed(changed, ROLES, tracking=tracking)
    assert report.report is None
    assert kinds(report)["drift"] == (False, True)
    assert "'use' moved most" in str(report)


def test_a_column_that_is_gone_is_a_reason_that_names_it(first, earlier: pa.Table) -> None:
    tracking, _ = first
    report = train_when_needed(earlier.drop_columns(["use"]), ROLES, tracking=tracking)
    assert report.report is not None
    assert "lacks: use" in report.reasons[0].why


def test_matured_labels_are_a_reason_and_nothing_is_promoted(
    first, today: pa.Table, tmp_path: Path
) -> None:
    tracking, _ = first
    champion = tracking.champion("churn")
    pq.write_table(today, tmp_path / "panel.parquet")
    words = ["train", str(tmp_path / "panel.parquet"), "--outcome", "churn", "--auto"]
    words += ["--home", str(tracking.folder.parent), "--json", str(tmp_path / "auto.json")]
    code = run(words)
    found = json.loads((tmp_path / "auto.json").read_text())
    reasons = {reason["kind"]: reason for reason in found["auto"]["reasons"]}
    assert reasons["new labels"]["rings"]
    assert "untouched rows" in reasons["results"]["why"]
    assert found["auto"]["trained"]
    assert code == (0 if found["promotable"] else 1)
    assert found["auto"]["proposed"] == (found["run_id"] if found["promotable"] else None)
    assert tracking.champion("churn") == champion
    assert tracking.versions("churn")[0].run_id == found["run_id"]
