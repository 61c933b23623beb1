"""Tables too large to be held: the same rows, the same bins, the same rules, a bundle as any."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from scoring.encoding import encode
from scoring.matching import read_as
from training import Roles, Tracking, promote, train, train_when_needed
from training.errors import NotEnoughError, TableError
from training.models.binned import Binned
from training.models.cluster import Cluster
from training.models.learning import split_examples
from training.models.menu import Shape
from training.models.plenty import Plenty
from training.tables import large, sample
from training.tables.columns import as_table
from training.tables.large import large_table
from training.tables.sample import Sampled, read_sample
from training.tables.table import read_examples

LEFT = Roles("left", label="left", entity="customer")
SHAPE = Shape(4, 3, rate=0.1)


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE_CELLS", 1_000)
    monkeypatch.setattr(large, "BATCH_ROWS", 700)
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 600)
    monkeypatch.setattr(sample, "SAMPLE_EVENTS", 100)
    monkeypatch.setattr("training.models.binned.BATCH_ROWS", 512)


def with_text(table: pa.Table) -> pa.Table:
    """Numbers written as text with blanks, some labels not known, a count, a flag, a date."""
    n = table.num_rows
    spent = [" " if k % 50 == 0 else f" {k % 97}.5" for k in range(n)]
    left = [None if k % 40 == 0 else v for k, v in enumerate(table.column("left").to_pylist())]
    table = table.set_column(table.column_names.index("left"), "left", pa.array(left))
    table = table.append_column("spent", pa.array(spent))
    table = table.append_column("seats", pa.array(np.arange(n) % 13))
    table = table.append_column("paid", pa.array(np.arange(n) % 3 == 0))
    return table.append_column("since", pa.array(np.arange(n).astype("datetime64[D]")))


@pytest.fixture
def path(tmp_path: Path, make_customers: Callable[..., pa.Table]) -> Path:
    path = tmp_path / "a large table.parquet"
    pq.write_table(with_text(make_customers(4_000)), path, row_group_size=900)
    return path


def sampled_of(path: Path, roles: Roles = LEFT) -> Sampled:
    found = large_table(path)
    assert found is not None
    return read_sample(found, roles, seed=0)


def test_what_is_read_in_batches_is_what_is_read_whole(path: Path) -> None:
    sampled, whole = sampled_of(path), read_examples(path, LEFT)
    assert sampled.examples.columns == whole.columns
    assert sampled.examples.notes[:-1] == whole.notes
    assert (sampled.examples.n_known, sampled.examples.n_events) == (
        whole.n_known,
        whole.n_events,
    )
    matrix = np.concatenate(list(sampled.table.matrices(whole.columns, sampled.kept)))
    np.testing.assert_array_equal(matrix, whole.matrix)
    np.testing.assert_array_equal(sampled.y, whole.y)
    np.testing.assert_array_equal(sampled.examples.matrix, whole.matrix[sampled.drawn])
    np.testing.assert_array_equal(sampled.examples.entity, whole.entity[sampled.drawn])


def test_a_batch_is_encoded_as_it_is_when_served(path: Path) -> None:
    columns = sampled_of(path).examples.columns
    rows = next(large.batches(path, [column.name for column in columns]))
    read = as_table(columns, [read_as(rows, column) for column in columns])
    np.testing.assert_array_equal(large.as_matrix(rows, columns), encode(read, columns))


def test_the_bins_from_batches_fit_the_trees_of_an_array(path: Path) -> None:
    sampled = sampled_of(path)
    binned, whole = Binned(sampled), read_examples(path, LEFT)
    reference = binned._bins
    held = lightgbm.Dataset(whole.matrix, whole.y, reference=reference, params=reference.params)
    text = lightgbm.train(
        binned._parameters(SHAPE, n_rows=len(whole.y), seed=0), held, 20
    ).model_to_string()
    assert binned.fit(SHAPE, n_trees=20, seed=0) == text


def test_the_number_of_threads_changes_no_byte(path: Path) -> None:
    texts = [Binned(sampled_of(path), n_threads=n).fit(SHAPE, n_trees=20, seed=0) for n in (1, 2)]
    one, two = (text.replace("[num_threads: 2]", "[num_threads: 1]") for text in texts)
    assert one == two


def test_entities_of_the_sample_are_whole_and_never_learnt_from(
    tmp_path: Path, make_snapshots: Callable[..., pa.Table]
) -> None:
    path = tmp_path / "panel.parquet"
    pq.write_table(make_snapshots(300), path, row_group_size=700)
    sampled, whole = sampled_of(path, Roles("churn")), read_examples(path, Roles("churn"))
    assert whole.time is not None
    inside, outside = (set(whole.entity[rows]) for rows in (sampled.drawn, ~sampled.drawn))
    assert inside.isdisjoint(outside)
    assert 0.05 < sampled.drawn.mean() <= 0.25
    split = split_examples(sampled.examples, seed=0)
    assert split.by_time
    rows = Plenty(sampled, Binned(sampled)).learnt_from(split)
    assert set(whole.entity[rows]) == outside
    judged_from = sampled.examples.time[split.test].min()
    assert whole.time[rows].max() <= judged_from - np.timedelta64(14 + 90, "D")


def test_a_large_table_is_trained_and_recorded_like_any_other(
    path: Path, tracking: Tracking
) -> None:
    report = train(path, LEFT, tracking=tracking)
    assert {check.code for check in report.checks} == {f"TW{n:02d}" for n in range(1, 16)}
    assert next(c for c in report.checks if c.code == "TW08").result == "pass"
    assert any(note.startswith("large table: trees from all 3,900 rows") for note in report.notes)
    assert report.metrics["roc_auc"] > 0.7
    version = tracking.version_of("left")
    folder = tracking.bundle_folder(version)
    facts = json.loads((folder / "manifest.json").read_text())["training"]
    assert facts["n"] == 3_900
    assert facts["n_sampled"] < 1_000
    first = [(folder / name).read_bytes() for name in ("model.txt", "manifest.json")]
    assert train_when_needed(path, LEFT, tracking=tracking).report is None
    train(path, LEFT, tracking=tracking)
    again = tracking.bundle_folder(tracking.version_of("left"))
    assert again != folder
    assert [(again / name).read_bytes() for name in ("model.txt", "manifest.json")] == first


def test_card_and_data_sets_tell_what_all_rows_are_not_the_sample(
    path: Path, tracking: Tracking
) -> None:
    made = train(path, LEFT, tracking=tracking)
    whole = read_examples(path, LEFT)
    params = MlflowClient(tracking.uri).get_run(made.run_id).data.params
    sampled, apart = int(params["n_sampled"]), int(params["n_judged_trees"])
    assert sampled + apart == len(whole.y) == 3_900
    card = tracking.artifact(made.run_id, "card")
    english, japanese = (
        (card / f"model_card.{language}.md").read_text(encoding="utf-8")
        for language in ("en", "ja")
    )
    n_events = int(whole.y.sum())
    assert f"3,900 rows of 3,900 different customer values, {n_events:,} events" in english
    assert f"3,900行、異なる「customer」は3,900件、該当は{n_events:,}行" in japanese
    assert f"learnt from {apart:,} other rows" in english
    assert f"標本の対象を含まない{apart:,}行で学習" in japanese
    assert "byte for byte" in english
    inputs = MlflowClient(tracking.uri).get_run(made.run_id).inputs.dataset_inputs
    profiles = {each.tags[0].value: json.loads(each.dataset.profile) for each in inputs}
    assert profiles["training"] == {
        "num_rows": 3_900, "num_events": n_events, "num_entities": 3_900,
        "n_sampled": sampled, "n_judged_trees": apart,
    }  # fmt: skip
    assert profiles["testing"]["features_shape"][0] == int(params["n_test"])


def test_a_cluster_is_never_said_to_give_the_same_bytes(
    path: Path, tracking: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Binned, "repeatable", Cluster.repeatable)
    card = tracking.artifact(train(path, LEFT, tracking=tracking).run_id, "card")
    assert "not the same bytes" in (card / "model_card.en.md").read_text(encoding="utf-8")
    assert "バイト単位では一致しません" in (card / "model_card.ja.md").read_text(encoding="utf-8")


def test_new_labels_are_counted_in_the_whole_table(
    tmp_path: Path, make_snapshots: Callable[..., pa.Table], tracking: Tracking
) -> None:
    path, panel = tmp_path / "panel.parquet", make_snapshots(300)
    dates = panel.column("as_of").to_numpy()
    old = dates < np.unique(dates)[-2]
    pq.write_table(panel.filter(pa.array(old)), path)
    train(path, Roles("churn"), tracking=tracking)
    promote(outcome="churn", tracking=tracking, force=True, why="a drill")
    pq.write_table(panel, path)
    auto = train_when_needed(path, Roles("churn"), tracking=tracking)
    events = int(panel.column("churned").to_numpy()[~old].sum())
    said = next(reason.why for reason in auto.reasons if reason.kind == "new labels")
    assert said.startswith(f"{events} new events in 600 rows since champion 1")


def test_a_panel_dataset_is_the_table_of_its_parts(
    tmp_path: Path, make_snapshots: Callable[..., pa.Table]
) -> None:
    panel = make_snapshots(200)
    metadata = {"tierwise.lead_days": "14", "tierwise.horizon_days": "60"}
    for moment in sorted(set(panel.column("as_of").to_pylist())):
        part = tmp_path / f"as_of={moment:%Y-%m-%d}" / "part.parquet"
        part.parent.mkdir()
        rows = panel.filter(pc.equal(panel.column("as_of"), pa.scalar(moment)))
        pq.write_table(rows.replace_schema_metadata(metadata), part)
    sampled, whole = sampled_of(tmp_path, Roles("churn")), read_examples(tmp_path, Roles("churn"))
    assert sampled.examples.horizon_days == whole.horizon_days == 60
    matrix = np.concatenate(list(sampled.table.matrices(whole.columns, sampled.kept)))
    np.testing.assert_array_equal(matrix, whole.matrix)


def test_parts_that_differ_are_refused_with_the_name_of_one(
    tmp_path: Path, make_customers: Callable[..., pa.Table]
) -> None:
    table = make_customers(900)
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table.drop_columns(["shade"]), tmp_path / "b.parquet")
    with pytest.raises(TableError, match=r"b\.parquet has other columns or types than"):
        large_table(tmp_path)


def test_refusals_are_those_of_any_table(path: Path) -> None:
    with pytest.raises(TableError, match=r"label column 'lefd' is not in .* did you mean 'left'"):
        sampled_of(path, replace(LEFT, label="lefd"))
    with pytest.raises(TableError, match="did you mean 'customer'"):
        sampled_of(path, replace(LEFT, entity="custmer"))
    with pytest.raises(TableError, match="holds values that are not yes or no"):
        sampled_of(path, replace(LEFT, label="shade"))
    table = pq.read_table(path)
    same = pa.array([True] * table.num_rows)
    position = table.column_names.index("paid")
    pq.write_table(table.set_column(position, "paid", same), path)
    with pytest.raises(NotEnoughError, match="all 4000 known labels 'paid' are 1"):
        sampled_of(path, replace(LEFT, label="paid"))


def test_a_table_below_the_threshold_goes_the_usual_way(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "LARGE_CELLS", 4_000 * 9 + 1)
    assert large_table(path) is None
    monkeypatch.setattr(large, "LARGE_CELLS", 4_000 * 9)
    assert large_table(path) is not None
    assert large_table(pq.read_table(path)) is None
    assert large_table(path.with_name("absent.parquet")) is None
