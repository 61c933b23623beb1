"""The backtest: nobody sees the future, figures agree with their definitions, the page is whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from mlflow import MlflowClient

from training import Roles, Tracking, backtest, promote, record_backtest, train, write_backtest_page
from training.backtests.backtest import Plan
from training.backtests.plots import _asked, _over_origins, draw_backtest
from training.backtests.report import Backtest
from training.errors import TableError
from training.measures.decision_value import Portfolio
from training.measures.metrics import row_log_loss
from training.tables.columns_beside import as_levels, columns_beside
from training.tables.table import read_examples

PLAN = Plan(n_origins=2, capacity=12)


def with_arr(table: pa.Table, seed: int = 5) -> pa.Table:
    """The snapshots with ARR, a segment and a label that both have to do with."""
    random = np.random.default_rng(seed)
    names = np.unique(table["account_id"].to_numpy())
    size = dict(zip(names, random.lognormal(8, 1, len(names)).round(), strict=True))
    arr = np.array([size[name] for name in table["account_id"].to_pylist()])
    segment = np.where(arr > 3000, "large", "small")
    return table.append_column("arr", pa.array(arr)).append_column("segment", pa.array(segment))


@pytest.fixture(scope="module")
def snapshots(make_snapshots: Callable[..., pa.Table]) -> pa.Table:
    return with_arr(make_snapshots(n=110, dates=13))


@pytest.fixture(scope="module")
def report(snapshots: pa.Table) -> Backtest:
    return backtest(snapshots, Roles("churn"), plan=PLAN)


def test_every_forecaster_answers_for_the_same_rows(report: Backtest) -> None:
    n = len(report.portfolio.y)
    assert list(report.probability) == ["model", "base_rate", "one_line_rule", "logistic"]
    for name, probability in report.probability.items():
        assert probability.shape == (n,)
        loss = row_log_loss(report.portfolio.y, probability).mean()
        assert report.pooled[name]["log_loss"] == pytest.approx(loss)
        assert report.pooled[name]["n"] == n
    assert sum(origin.reliability.n for origin in report.origins) == n
    assert "days_since" not in report.not_applicable["health_score"].split(", ")[0]


def test_there_is_something_to_find_and_it_is_found(report: Backtest) -> None:
    model, base = report.pooled["model"], report.pooled["base_rate"]
    assert model["log_loss_high"] > model["log_loss"] > model["log_loss_low"]
    assert model["roc_auc"] > 0.6
    assert report.rivals["base_rate"].high < 0
    assert model["empc"] >= base["empc"] >= 0
    assert 0 < model["arr_captured"] <= 1
    assert report.reliability.observed_to_expected.low < 1.1


def test_what_lies_after_an_origins_block_changes_nothing_at_it(
    snapshots: pa.Table, report: Backtest
) -> None:
    """Poison: labels, features and ARR of the newest block are replaced by nonsense."""
    late = snapshots["as_of"].to_numpy() >= np.datetime64(report.origins[-1].at)
    random = np.random.default_rng(0)
    poisoned = snapshots
    for name in ("idle", "noise", "arr"):
        values = snapshots[name].to_numpy().copy()
        values[late] = random.normal(1e6, 1e5, late.sum())
        poisoned = poisoned.set_column(poisoned.column_names.index(name), name, pa.array(values))
    label = snapshots["churned"].to_numpy().copy()
    label[late] = 1 - label[late]
    poisoned = poisoned.set_column(poisoned.column_names.index("churned"), "churned", [label])
    again = backtest(poisoned, Roles("churn"), plan=PLAN)
    first = report.origins[0].reliability.n
    for name, probability in report.probability.items():
        assert np.array_equal(probability[:first], again.probability[name][:first]), name
        assert not np.array_equal(report.portfolio.y[first:], again.portfolio.y[first:])
    assert again.origins[0].metrics == report.origins[0].metrics


def test_json_has_all_figures_and_no_nan(report: Backtest) -> None:
    found = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert set(found["reliability_by"]["segment"]) == {"large", "small"}
    assert [origin["at"] for origin in found["origins"]] == [o.at for o in report.origins]
    assert found["pooled"]["model"]["log_loss"] == report.pooled["model"]["log_loss"]


@pytest.mark.parametrize("column", ["tier", "touch_model"])
def test_groups_are_reported_by_tier_with_line_and_decomposition(
    column: str, snapshots: pa.Table, tmp_path: Path
) -> None:
    """A tier of the table's own, read as a fact and told apart like segment and use case."""
    tier = np.where(snapshots["arr"].to_numpy() > 3000, "high", "tech")
    table = snapshots.append_column(column, pa.array(tier))
    roles = Roles("churn", drop=(column,))
    found = backtest(table, roles, plan=Plan(n_origins=1, capacity=12))
    levels = found.reliability_by[column]
    assert set(levels) == {"high", "tech"}
    # The same rows as by segment, which is made of the same ARR.
    assert levels["high"] == found.reliability_by["segment"]["large"]
    json_levels = found.to_json()["reliability_by"][column]
    page = tmp_path / "page.html"
    write_backtest_page(found, page, source="snapshots")
    text = page.read_text(encoding="utf-8")
    assert f"<h3>By {column.replace('_', ' ')}</h3>" in text
    for level, r in levels.items():
        assert r.brier == pytest.approx(r.reliability - r.resolution + r.uncertainty)
        assert set(json_levels[level]["slope"]) == {"value", "low", "high"}
        parts = (r.brier, r.reliability, r.resolution, r.uncertainty)
        cells = "".join(f"<td>{part:.4f}</td>" for part in parts)
        assert f"<td>{r.slope}</td><td>{r.intercept}</td>{cells}" in text
        assert f"by {column} {level}: {r.n:,} rows" in str(found)


def test_without_arr_money_is_not_applicable_and_never_zero(make_snapshots) -> None:
    plain = backtest(make_snapshots(n=110, dates=13), Roles("churn"), plan=PLAN)
    assert "--arr" in plain.not_applicable["ARR and net value"]
    figures = plain.to_json()["pooled"]["model"]
    assert figures["arr_captured"] is None
    assert figures["net_value"] is None
    assert figures["lift_at_capacity"] > 1
    assert "n/a" in str(plain)
    assert set(draw_backtest(plain)) == {"over_time", "calibration"}


def test_columns_no_model_reads_are_found_again_row_by_row(snapshots: pa.Table) -> None:
    shuffled = snapshots.take(pa.array(np.random.default_rng(2).permutation(len(snapshots))))
    tier = pa.array([None if row % 3 == 0 else row % 3 for row in range(len(shuffled))])
    table = shuffled.append_column("tier", tier)
    examples = read_examples(table, Roles("churn", drop=("arr", "tier")))
    rows = np.arange(0, len(table), 7)
    found = columns_beside(table, examples, rows, ("arr", "tier", "segment", "absent"))
    assert set(found) == {"arr", "tier", "segment"}
    # Every row has a label, so the examples are the table's rows in its order.
    assert found["arr"].tolist() == table["arr"].take(pa.array(rows)).to_pylist()
    assert set(as_levels(found["tier"])) == {"", "1", "2"}
    assert (as_levels(found["segment"]) == np.where(found["arr"] > 3000, "large", "small")).all()


def test_the_page_is_one_file_and_written_whole(report: Backtest, tmp_path) -> None:
    page = tmp_path / "reports" / "backtest.html"
    write_backtest_page(report, page, source="<crm> & co")
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 3
    assert "&lt;crm&gt; &amp; co" in text
    assert text.endswith("</body></html>\n")
    write_backtest_page(report, page, source="<crm> & co")
    assert page.read_text(encoding="utf-8") == text
    assert [path.name for path in page.parent.iterdir()] == ["backtest.html"]


@pytest.fixture(scope="module")
def compared(
    snapshots: pa.Table, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Backtest:
    """The same backtest where there is a champion, which has learnt from the older dates."""
    home = tmp_path_factory.mktemp("champion")
    shutil.copytree(template, home / "mlruns")
    tracking = Tracking(home)
    train(snapshots, Roles("churn"), tracking=tracking)
    promote(outcome="churn", tracking=tracking, force=True, why="to be compared with")
    return backtest(snapshots, Roles("churn"), plan=PLAN, tracking=tracking)


def test_the_champion_stands_in_every_table_and_picture(compared: Backtest, tmp_path: Path) -> None:
    asked = ~np.isnan(compared.champion)
    sizes = [origin.reliability.n for origin in compared.origins]
    blocks = np.split(asked, np.cumsum(sizes)[:-1])
    assert asked.sum() == compared.rivals["champion"].n
    for origin, block in zip(compared.origins, blocks, strict=True):
        found = origin.rivals.get("champion")
        assert (0 if found is None else found.n) == block.sum()
    shown = compared.shown["champion"]
    assert shown == compared.rivals["champion"].metrics
    lines = str(compared).splitlines()
    heads = [line for line in lines if line.startswith(("  pooled", "  origin"))]
    assert len(heads) == 2
    assert all("champion" in line for line in heads)
    assert f"{shown['arr_captured']:.1%}" in next(line for line in lines if "ARR captured" in line)
    for metric in ("roc_auc", "log_loss"):
        above = "base_rate" if metric == "log_loss" else None
        drawn = _over_origins(compared, metric, above=above)["champion"]
        assert np.isfinite(drawn).tolist() == [block.any() for block in blocks]
    newest = np.arange(len(asked)) >= sum(sizes[:-1])
    y, rows = compared.portfolio.y, asked & newest
    loss = row_log_loss(y, compared.champion) - row_log_loss(y, compared.probability["base_rate"])
    assert drawn[-1] == pytest.approx(loss[rows].mean())
    assert "champion" in _asked(compared)
    page = tmp_path / "page.html"
    write_backtest_page(compared, page, source="snapshots")
    assert page.read_text(encoding="utf-8").count("<th>champion</th>") == 5


def test_the_page_has_the_interval_of_every_figure_at_every_origin(
    report: Backtest, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    write_backtest_page(report, page, source="snapshots")
    text = page.read_text(encoding="utf-8")
    for origin in report.origins:
        for name in report.probability:
            found = origin.metrics[name]
            for metric in ("log_loss", "roc_auc"):
                point, low, high = (found[f"{metric}{end}"] for end in ("", "_low", "_high"))
                assert f"<td>{point:.4f} ({low:.4f} – {high:.4f})</td>" in text


def test_the_champion_answers_only_for_what_it_cannot_have_seen(
    report: Backtest, compared: Backtest
) -> None:
    rival = compared.rivals["champion"]
    assert 0 < rival.n < len(compared.portfolio.y)
    assert np.isfinite(rival.metrics["log_loss"])
    assert "champion" not in compared.not_applicable
    # What was trained on this table is the model of the newest origin.
    assert compared.verdicts()[-1].endswith("it may see: the same")
    assert f"on the {rival.n:,} rows it may see" in str(compared)
    # Same table, same seed: same figures.
    assert compared.pooled == report.pooled


@pytest.mark.parametrize("wrong", [{"n_origins": 0}, {"capacity": 0}])
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(TableError, match="at least 1"):
        Plan(**wrong)


def test_a_missing_arr_column_is_named(snapshots: pa.Table) -> None:
    with pytest.raises(TableError, match="did you mean 'arr'"):
        backtest(snapshots, Roles("churn"), plan=Plan(arr="ar"))


def test_a_portfolio_knows_its_dates() -> None:
    date = np.array(["2024-01-01", "2024-02-01", "2024-01-01"], dtype="datetime64[us]")
    p = Portfolio(np.ones(3), np.ones(3), date, capacity=1, worth=1.0, cost=0.0)
    assert [rows.tolist() for rows in p.dates()] == [[0, 2], [1]]


def test_a_recorded_backtest_has_one_nested_run_an_origin_and_registers_nothing(
    report: Backtest, tracking: Tracking
) -> None:
    run_id = record_backtest(report, tracking, source="snapshots.parquet")
    client = MlflowClient(tracking.uri, tracking.uri)
    parent = client.get_run(run_id)
    pooled = report.pooled
    assert parent.data.metrics["log_loss"] == pytest.approx(pooled["model"]["log_loss"])
    assert parent.data.metrics["logistic_log_loss"] == pytest.approx(pooled["logistic"]["log_loss"])
    found = {file.path for file in client.list_artifacts(run_id, "backtest")}
    pictures = {f"backtest/{name}.png" for name in ("over_time", "calibration", "captured")}
    assert found == pictures | {"backtest/backtest.html", "backtest/backtest.json"}
    nested = client.search_runs(
        [parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'"
    )
    by_date = {run.data.params["first_date"]: run for run in nested}
    assert sorted(by_date) == [origin.at for origin in report.origins]
    for origin in report.origins:
        run = by_date[origin.at]
        assert run.data.metrics["roc_auc"] == pytest.approx(origin.metrics["model"]["roc_auc"])
        dated = client.get_metric_history(run.info.run_id, "roc_auc")[0].timestamp / 86_400_000
        assert np.datetime64(int(dated), "D") == np.datetime64(origin.at)
    assert tracking.versions("churn") == []
