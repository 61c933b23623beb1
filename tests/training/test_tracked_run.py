"""What MLflow holds of a training: nested runs, data sets, aliases, a model that loads anywhere."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from training import Roles, Tracking, promote, score_table, train
from training.reports.checks_in_japanese import in_japanese

ROLES = Roles("churn", label="left", entity="customer")
ALONE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/churn@challenger")
import scoring
import pandas
rows = pandas.read_json(sys.argv[2])
print(json.dumps([scoring.__file__, model.predict(rows)["probability"].tolist()]))
"""


@pytest.fixture(scope="module")
def tracking(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    """One store for all tests of this module, in a folder with a space in its name."""
    home = tmp_path_factory.mktemp("tracked") / "my home"
    shutil.copytree(template, home / "mlruns")
    return Tracking(home)


@pytest.fixture(scope="module")
def report(make_customers, tracking: Tracking):
    return train(make_customers(700), ROLES, tracking=tracking)


def client_of(tracking: Tracking):
    import mlflow

    return mlflow.MlflowClient(tracking.uri, tracking.uri)


def test_what_mlflow_keeps_of_a_run(report, tracking: Tracking) -> None:
    client = client_of(tracking)
    experiment = client.get_experiment_by_name("churn")
    runs = client.search_runs([experiment.experiment_id])
    parent = client.get_run(report.run_id)
    children = [run for run in runs if "chosen" in run.data.tags]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {report.run_id}
    losses = {run.info.run_name: run.data.metrics["inner_log_loss"] for run in children}
    recorded = {
        name.removeprefix("inner_log_loss_"): float(value)
        for name, value in parent.data.params.items()
        if name.startswith("inner_log_loss_")
    }
    assert losses == pytest.approx(recorded)
    weights = {run.info.run_id: run.data.metrics["weight"] for run in children}
    assert sum(weights.values()) == pytest.approx(1.0)
    assert sum(weight > 0 for weight in weights.values()) == int(parent.data.params["n_shapes"]) > 1
    assert " + " in parent.data.params["shapes"]
    assert float(parent.data.params["inner_log_loss"]) < min(losses.values()) + 0.002
    for run in children:
        assert (run.data.tags["chosen"] == "true") == (weights[run.info.run_id] > 0)
    inputs = {each.tags[0].value: each.dataset for each in parent.inputs.dataset_inputs}
    assert set(inputs) == {"training", "testing"}
    whole = parent.data.tags["data_digest"][:32]
    assert len({whole, *(each.digest for each in inputs.values())}) == 3
    assert "a table in memory" in inputs["training"].source
    assert "Held out: log loss" in parent.data.tags["mlflow.note.content"]


def test_the_card_says_what_was_measured_in_both_languages(report, tracking: Tracking) -> None:
    folder = tracking.artifact(report.run_id, "card")
    assert {path.name for path in folder.iterdir()} == {
        f"model_card.{language}.{ending}" for language in ("en", "ja") for ending in ("md", "html")
    }
    english, japanese = (
        (folder / f"model_card.{language}.md").read_text(encoding="utf-8")
        for language in ("en", "ja")
    )
    for metric in ("log_loss", "roc_auc", "brier"):
        assert f"{report.metrics[metric]:.4f}" in english
        assert f"{report.metrics[metric]:.4f}" in japanese
    for check in report.checks:
        assert f"{check.code} {check.title}" in english
        assert check.code in japanese
        assert in_japanese(check.why) in japanese
        assert not re.search(r"\b(the|of|in|to|no|is)\b", in_japanese(check.why))
    assert english.count("\n|") == japanese.count("\n|")
    assert english.count("\n## ") == japanese.count("\n## ")
    page = (folder / "model_card.ja.html").read_text(encoding="utf-8")
    assert '<html lang="ja">' in page
    assert page.count("data:image/png;base64,") == english.count("](../plots/")
    assert "{" not in english + japanese
    assert "the weighted sum of 50 % of (a regularised logistic regression" in english
    assert "次の加重和：" in japanese


def test_the_model_loads_where_the_project_is_not(
    report, tracking: Tracking, make_customers, tmp_path: Path
) -> None:
    rows = make_customers(15, seed=3).to_pandas()
    rows.to_json(tmp_path / "rows.json", orient="records")
    expected = score_table(
        make_customers(15, seed=3), outcome="churn", tracking=tracking, run_id=report.run_id
    )
    hidden = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    words = [sys.executable, "-c", ALONE, tracking.uri, str(tmp_path / "rows.json")]
    said = subprocess.run(words, cwd=tmp_path, env=hidden, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    where, probabilities = json.loads(said.stdout.splitlines()[-1])
    assert Path(where).is_relative_to(tracking.folder)
    assert probabilities == expected["probability"].to_pylist()
    assert not any("tierwise-code" in entry for entry in sys.path)


def test_the_newest_promotable_version_is_the_challenger_until_it_is_champion(
    report, tracking: Tracking, make_customers
) -> None:
    assert tracking.challenger("churn").run_id == report.run_id
    train(make_customers(400, signal=0.0), ROLES, tracking=tracking)
    assert tracking.challenger("churn").run_id == report.run_id
    tags = client_of(tracking).get_model_version_by_alias("churn", "challenger").tags
    assert tags["promotable"] == "true"
    assert promote(outcome="churn", tracking=tracking, run_id=report.run_id).promoted
    assert tracking.champion("churn").run_id == report.run_id
    assert tracking.challenger("churn") is None


@pytest.fixture(scope="module")
def database(postgresql: Callable[[], str]) -> str:
    return postgresql()


def test_runs_and_versions_in_postgresql(database: str, make_customers, tmp_path: Path) -> None:
    tracking = Tracking(tmp_path, uri=database)
    made = train(make_customers(900), ROLES, tracking=tracking)
    assert promote(outcome="churn", tracking=tracking).promoted
    assert Tracking(tmp_path, uri=database).champion("churn").run_id == made.run_id
    assert not (tmp_path / "mlruns" / "mlflow.db").exists()
    scores = score_table(make_customers(5), outcome="churn", tracking=tracking)
    assert scores.num_rows == 5
