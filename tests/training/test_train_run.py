"""A training is recorded whole, can be promoted and scored with, or leaves no trace."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from scoring import load_bundle
from training import Roles, TrainingError, promote, score_table, train, write_scores
from training.checks.held_out import read_held_out
from training.checks.numbered import TITLES
from training.errors import PromotionError
from training.lifecycle.opening import NOT_ON_DASK
from training.measures.metrics import row_log_loss
from training.measures.reliability import measure_reliability
from training.models.learning import learn
from training.tables.table import read_examples
from training.tracking.run import HELD_OUT
from training.tracking.store import Tracking

ROLES = {"outcome": "churn", "label": "left", "entity": "customer"}


@pytest.fixture
def report(make_customers, tracking: Tracking):
    return train(make_customers(), Roles(**ROLES), tracking=tracking)


def n_runs(tracking: Tracking) -> int:
    with sqlite3.connect(tracking.folder / "mlflow.db") as database:
        found = int(database.execute("select count(*) from runs").fetchone()[0])
    database.close()
    return found


def test_a_cluster_that_is_not_needed_is_not_asked_and_that_is_said(
    report, tracking: Tracking, make_customers
) -> None:
    asked = {"tracking": tracking, "dask_url": "tcp://127.0.0.1:1"}
    again = train(make_customers(), Roles(**ROLES), **asked)
    assert NOT_ON_DASK in str(again)
    assert NOT_ON_DASK not in str(report)
    assert again.metrics == report.metrics


def test_the_life_of_a_model(report, tracking: Tracking, make_customers, tmp_path: Path) -> None:
    raw = json.loads(json.dumps(report.to_json()))
    assert set(raw) == {"run_id", "outcome", "metrics", "baselines", "checks", "promotable"}
    for name in ("log_loss", "roc_auc", "pr_auc", "brier", "ece", "base_rate", "n", "n_events"):
        assert {name, f"{name}_low", f"{name}_high"} <= set(raw["metrics"])
    assert set(raw["baselines"]) == {"base_rate", "one_line_rule", "logistic"}
    assert raw["metrics"]["log_loss"] < raw["baselines"]["base_rate"]["log_loss"]
    assert [check["code"] for check in raw["checks"]] == sorted(TITLES)
    assert {check["result"] for check in raw["checks"]} <= {"pass", "n/a"}
    assert "may be promoted" in str(report)

    with pytest.raises(PromotionError, match="no champion for 'churn' yet"):
        score_table(make_customers(), outcome="churn", tracking=tracking)
    promotion = promote(outcome="churn", tracking=tracking)
    assert promotion.promoted
    assert "is the champion now" in str(promotion)

    table = make_customers(80, seed=4)
    scores = score_table(table, outcome="churn", tracking=tracking, reasons=True)
    assert scores["customer"].to_pylist() == table["customer"].to_pylist()
    parts = [name for name in scores.column_names if name.startswith("pp:")]
    assert parts == ["pp:idle", "pp:plan", "pp:shade"]
    total = scores["base_probability"].to_numpy() + sum(scores[p].to_numpy() for p in parts)
    assert np.abs(total - scores["probability"].to_numpy()).max() <= 1e-9
    shuffled = table.select(table.column_names[::-1]).drop_columns(["left"])
    plain = score_table(shuffled, outcome="churn", tracking=tracking, run_id=report.run_id)
    assert plain["probability"].to_pylist() == scores["probability"].to_pylist()
    assert plain.column_names == ["customer", "probability", "margin"]
    write_scores(plain, tmp_path / "out" / "scores.parquet")
    assert pq.read_table(tmp_path / "out" / "scores.parquet").equals(plain)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scores.parquet"]

    second = promote(outcome="churn", tracking=tracking, run_id=report.run_id)
    assert {c.code: c.result for c in second.checks}["TW07"] == "n/a"


def test_what_is_kept_beside_the_model(report, tracking: Tracking) -> None:
    version = tracking.version_of("churn")
    assert version.run_id == report.run_id
    bundle = load_bundle(tracking.bundle_folder(version))
    facts = bundle.manifest.training
    assert facts["trained_at"] == "2024-01-15T06:00:00+00:00"
    assert facts["metrics"]["log_loss"] == report.metrics["log_loss"]
    assert facts["n"] == 900
    plots = {path.name for path in tracking.artifact(report.run_id, "plots").iterdir()}
    assert plots == {"reliability.png", "gain.png", "columns.png", "beeswarm.png"}


def test_intercept_and_brier_parts_are_in_report_run_and_card(report, tracking: Tracking) -> None:
    held_out = pq.read_table(tracking.artifact(report.run_id, HELD_OUT))
    rows = read_held_out(held_out)
    r = measure_reliability(rows.y, rows.probability, entity=rows.entity)
    parts = [f"{part:.4f}" for part in (r.brier, r.reliability, r.resolution, r.uncertainty)]
    assert f"calibration: slope {r.slope}, observed / expected" in str(report)
    assert f"intercept {r.intercept}" in str(report)
    wanted = "Brier {} = reliability {} − resolution {} + uncertainty {}".format(*parts)
    assert wanted in str(report)
    card = tracking.artifact(report.run_id, "card")
    assert f"intercept {r.intercept} (with the slope" in (card / "model_card.en.md").read_text()
    assert wanted in (card / "model_card.en.md").read_text()
    japanese = (card / "model_card.ja.md").read_text(encoding="utf-8")
    assert "較正のずれ{}－分離の効果{}＋不確実性{}".format(*parts[1:]) in japanese
    kept = MlflowClient(tracking.uri, tracking.uri).get_run(report.run_id).data.metrics
    assert kept["calibration_intercept"] == pytest.approx(r.intercept.value)
    assert kept["brier_resolution"] == pytest.approx(r.resolution)


def test_what_goes_out_has_learnt_from_the_held_out_rows_too(report, tracking: Tracking) -> None:
    version = tracking.version_of("churn")
    held_out = pq.read_table(tracking.artifact(report.run_id, HELD_OUT))
    judged = load_bundle(tracking.judged_folder(version)).score(held_out).probability
    outgoing = load_bundle(tracking.bundle_folder(version)).score(held_out).probability
    y = np.asarray(held_out["@label"].to_pylist())
    assert judged.tolist() == held_out["@probability"].to_pylist()
    assert row_log_loss(y, outgoing).mean() < row_log_loss(y, judged).mean()
    # Both were given the same trees per row and say nearly the same.
    assert np.corrcoef(judged, outgoing)[0, 1] > 0.95


def test_mlflow_loads_the_model_without_a_pickle(
    report, tracking: Tracking, make_customers
) -> None:
    from scoring.python_function import _load_pyfunc

    folder = tracking.bundle_folder(tracking.version_of("churn"))
    model = _load_pyfunc(str(folder))
    frame = make_customers(20, seed=9).to_pandas()
    expected = score_table(
        make_customers(20, seed=9), outcome="churn", tracking=tracking, run_id=report.run_id
    )
    assert model.predict(frame)["probability"].tolist() == expected["probability"].to_pylist()
    kept = [path for path in folder.parents[1].rglob("*") if path.is_file()]
    assert not [path for path in kept if path.suffix in (".pkl", ".joblib", ".cloudpickle")]


def test_a_history_too_short_to_test_forward_is_split_by_entity(make_snapshots) -> None:
    table = make_snapshots(220, 3)
    learnt = learn(read_examples(table, Roles("churn")), outcome="churn", seed=0)
    assert not learnt.split.by_time
    entity = learnt.examples.entity
    assert not np.isin(entity[learnt.split.fit], entity[learnt.split.test]).any()
    (check,) = [found for found in learnt.checks() if found.code == "TW04"]
    assert check.result == "n/a"
    assert "too short to test forward" in check.why


@pytest.mark.parametrize(
    "change",
    [{"label": "nothing"}, {"entity": "nobody"}, {"outcome": "a/b"}, {"label": "plan"}],
)
def test_a_refusal_leaves_no_trace(make_customers, tracking: Tracking, change: dict) -> None:
    with pytest.raises(TrainingError):
        train(make_customers(60), Roles(**(ROLES | change)), tracking=tracking)
    assert n_runs(tracking) == 0
    assert not (tracking.folder / "artifacts").exists()


def test_shuffled_labels_are_nothing_to_learn(make_customers, tracking: Tracking) -> None:
    table = make_customers(signal=0.0)
    report = train(table, Roles(**ROLES), tracking=tracking)
    failed = {check.code: check.why for check in report.checks if check.result == "fail"}
    assert "nothing to learn" in failed["TW02"]
    assert not report.promotable
    refused = promote(outcome="churn", tracking=tracking)
    assert not refused.promoted
    assert tracking.champion("churn") is None
    with pytest.raises(PromotionError, match="needs a reason"):
        promote(outcome="churn", tracking=tracking, force=True)
    forced = promote(outcome="churn", tracking=tracking, force=True, why="a drill")
    assert (forced.promoted, forced.forced, forced.why) == (True, True, "a drill")
    assert tracking.champion("churn").run_id == report.run_id


def test_a_planted_leak_is_blocked(make_customers, tracking: Tracking) -> None:
    table = make_customers(400)
    random = np.random.default_rng(0)
    reason = [
        "moved away" if left and random.random() < 0.97 else None
        for left in table["left"].to_pylist()
    ]
    leaky = table.append_column("exit_reason", pa.array(reason))
    report = train(leaky, Roles(**ROLES), tracking=tracking)
    why = {check.code: check for check in report.checks}["TW09"]
    assert why.result == "fail"
    assert "whether 'exit_reason' is missing" in why.why
    assert not promote(outcome="churn", tracking=tracking).promoted


def test_time_is_honoured(make_snapshots, tracking: Tracking) -> None:
    report = train(make_snapshots(), Roles("churn"), tracking=tracking)
    checks = {check.code: check for check in report.checks}
    assert checks["TW04"].result == "pass"
    assert "lead + horizon are 104" in checks["TW04"].why
    assert any("embargo 104 days" in note for note in report.notes)


def test_a_challenger_is_compared_with_the_champion(make_customers, tracking: Tracking) -> None:
    train(make_customers(), Roles(**ROLES), tracking=tracking)
    assert promote(outcome="churn", tracking=tracking).promoted
    again = train(make_customers(), Roles(**ROLES), tracking=tracking)
    same = {check.code: check for check in again.checks}["TW07"]
    assert same.result == "pass"
    assert "+0.0000 against champion 1" in same.why
    fewer = train(make_customers(), Roles(**ROLES, drop=("idle",)), tracking=tracking)
    worse = {check.code: check for check in fewer.checks}["TW07"]
    assert worse.result == "n/a"
    assert "cannot score" in worse.why


def test_the_uri_of_a_store_that_is_not_there_makes_no_file(tmp_path: Path) -> None:
    tracking = Tracking(tmp_path / "new")
    assert tracking.champion("churn") is None
    with pytest.raises(PromotionError, match="no run has trained 'churn'"):
        promote(outcome="churn", tracking=tracking)
    assert not (tmp_path / "new").exists()


def test_mlflow_is_left_pointing_where_it_was(tracking: Tracking) -> None:
    import mlflow

    assert tracking.versions("churn") == []
    assert not mlflow.is_tracking_uri_set()
    assert "mlruns" not in str(mlflow.get_registry_uri())
