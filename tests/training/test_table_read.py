"""Any labelled table is read, or refused with a sentence and the nearest name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.catalogue import CATALOGUE, Catalogue
from scoring.calibration import Calibrator
from scoring.encoding import encode
from scoring.manifest import Manifest
from scoring.matching import match_types
from training.errors import NotEnoughError, TableError
from training.tables.roles import Roles
from training.tables.table import read_examples

ROLES = Roles("churn", label="left", entity="customer")


def with_column(table: pa.Table, name: str, values: object) -> pa.Table:
    return table.append_column(name, pa.array(values))


def test_types_are_told_apart_and_changes_are_said(make_customers) -> None:
    n = 60
    table = make_customers(n)
    table = with_column(table, "total", [" " if k % 7 == 0 else f"{k}.5" for k in range(n)])
    table = with_column(table, "email", [f"{k}@example.com" for k in range(n)])
    table = with_column(table, "since", [date(2020, 1, 1)] * n)
    table = with_column(table, "same", [3] * n)
    found = read_examples(table, ROLES)
    kinds = {column.name: column.kind for column in found.columns}
    assert kinds == {"idle": "number", "plan": "category", "shade": "category", "total": "number"}
    assert np.isnan(found.matrix[:, 3]).sum() == 9
    notes = " ".join(found.notes)
    for said in (
        "total: text read as numbers, 9 blank",
        "email: left out",
        "since: left out",
        "same: left out",
    ):
        assert said in notes


def test_postcodes_are_not_numbers(make_customers) -> None:
    table = with_column(make_customers(60), "zip", [f"0{k % 5}100" for k in range(60)])
    kinds = {column.name: column.kind for column in read_examples(table, ROLES).columns}
    assert kinds["zip"] == "category"


def test_row_numbers_and_numbers_mixed_with_words_are_left_out(make_customers) -> None:
    table = with_column(make_customers(60), "row", list(range(60)))
    table = with_column(table, "mrr", [f"{k}.5" if k % 9 else "a few" for k in range(60)])
    table = with_column(table, "rank", [k * 7 % 60 for k in range(60)])
    found = read_examples(table, ROLES)
    assert [column.name for column in found.columns] == ["idle", "plan", "shade", "rank"]
    assert "row: left out, it numbers the rows" in found.notes
    assert any("mrr: left out, numbers mixed with text such as 'a few'" in n for n in found.notes)


def test_one_row_is_read_as_the_whole_table_was(make_customers) -> None:
    table = with_column(make_customers(60), "mrr", [f"1,{k:03}.50" for k in range(60)])
    table = with_column(table, "vip", [("True", "False", "maybe")[k % 3] for k in range(60)])
    found = read_examples(table, ROLES)
    manifest = Manifest("churn", "left", "customer", None, found.columns, Calibrator(), None)
    row = table.slice(7, 1)
    assert np.array_equal(encode(match_types(row, manifest), found.columns)[0], found.matrix[7])
    blank = row.set_column(row.column_names.index("mrr"), "mrr", pa.array([" "]))
    blank = blank.set_column(row.column_names.index("vip"), "vip", pa.array([False]))
    mrr, vip = encode(match_types(blank, manifest), found.columns)[0, -2:]
    assert np.isnan(mrr)
    assert found.columns[-1].levels[int(vip)] == "False"


def test_text_views_are_text(make_customers) -> None:
    table = make_customers(60)
    viewed = table.set_column(2, "plan", table["plan"].cast(pa.string_view()))
    assert read_examples(viewed, ROLES).digest == read_examples(table, ROLES).digest


def test_labels_and_eligibility_of_a_panel_are_never_features(make_snapshots) -> None:
    table = make_snapshots(20, 6)
    eligible = ["yes" if row % 2 == 0 else "no" for row in range(table.num_rows)]
    table = with_column(table, "eligible", eligible)
    table = with_column(table, "expanded", np.zeros(table.num_rows))
    found = read_examples(table, Roles("churn"))
    assert [column.name for column in found.columns] == ["idle", "noise"]
    assert len(found.y) == table.num_rows // 2


def test_rows_without_a_label_are_left_out(make_customers) -> None:
    table = make_customers(100)
    labels = [None if k % 4 == 0 else k % 2 for k in range(100)]
    table = table.set_column(table.column_names.index("left"), "left", pa.array(labels))
    found = read_examples(table, ROLES)
    assert len(found.y) == 75
    assert "left: 25 rows without a known label left out" in found.notes


def test_a_table_with_all_our_features_carries_the_fingerprint(make_snapshots) -> None:
    table = make_snapshots(20, 6).drop_columns(["idle", "noise"])
    for feature in CATALOGUE:
        kind = pa.string() if feature.kind == "category" else pa.float64()
        table = table.append_column(feature.name, pa.nulls(table.num_rows, kind))
    found = read_examples(table, Roles("churn"))
    assert found.catalogue == CATALOGUE.fingerprint
    assert tuple(column.name for column in found.columns) == CATALOGUE.names
    assert any("its label window and grace are lost" in note for note in found.notes)
    days = {f"tierwise.{name}_days": "14" for name in ("lead", "horizon", "grace")}
    told = read_examples(table.replace_schema_metadata(days), Roles("churn")).notes
    assert not any("lost" in note for note in told)
    other = table.replace_schema_metadata(
        {"tierwise.catalogue": "0" * 64, "tierwise.lead_days": "7"}
    )
    with pytest.raises(TableError, match="make the panel again"):
        read_examples(other, Roles("churn"))


def test_own_features_are_ours_under_their_own_catalogue(make_snapshots) -> None:
    own = replace(CATALOGUE["n_events_28d"], name="n_exports_28d", group="own")
    extended = Catalogue([*CATALOGUE, own])
    table = make_snapshots(20, 6).drop_columns(["idle", "noise"])
    for feature in extended:
        kind = pa.string() if feature.kind == "category" else pa.float64()
        table = table.append_column(feature.name, pa.nulls(table.num_rows, kind))
    found = read_examples(table, Roles("churn"), extended)
    assert found.catalogue == extended.fingerprint
    assert tuple(column.name for column in found.columns) == extended.names
    assert not any("not in the feature catalogue" in note for note in found.notes)
    told = read_examples(table, Roles("churn"), CATALOGUE).notes
    assert any(note.startswith("n_exports_28d: left out, not in the") for note in told)
    # A panel made before the file of own features was named is not taken for a foreign table.
    plain = table.drop_columns([own.name])
    plain = plain.replace_schema_metadata({"tierwise.catalogue": CATALOGUE.fingerprint})
    with pytest.raises(TableError, match="make the panel again"):
        read_examples(plain, Roles("churn"), extended)


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        (Roles("churn", label="lefft", entity="customer"), "did you mean 'left'"),
        (Roles("churn", label="left", entity="Customer"), "did you mean 'customer'"),
        (Roles("churn", label="left", entity="customer", time="day"), "time column 'day'"),
        (Roles("churn", label="left", entity="customer", drop=("shad",)), "did you mean 'shade'"),
        (Roles("churn", label="left", entity="plan"), "more than one row"),
        (Roles("churn", label="plan", entity="customer"), "free, pro, team"),
        (Roles("churn", label="left", entity="left"), "cannot be both label and entity"),
        (Roles("churn", label="left", entity="customer", drop=("idle", "plan", "shade")), "only k"),
    ],
)
def test_wrong_roles_are_refused(make_customers, roles: Roles, says: str) -> None:
    with pytest.raises(TableError, match=says):
        read_examples(make_customers(60), roles)


def test_a_date_written_in_two_ways_is_one(make_snapshots) -> None:
    table = make_snapshots(20, 6)
    days = [f"{day:%Y-%m-%d}" for day in table["as_of"].to_pylist()]
    twice = pa.concat_tables([table.set_column(1, "as_of", pa.array(days))] * 2)
    again = [day.replace("-0", "/").replace("-", "/") for day in days]
    twice = twice.set_column(1, "as_of", pa.array([*days, *again]))
    with pytest.raises(TableError, match=r"120 keys \(account_id, as_of\) have more than one row"):
        read_examples(twice, Roles("churn"))


@pytest.mark.parametrize(("label", "says"), [([1] * 60, "are 1"), ([None] * 60, "no row has")])
def test_nothing_to_learn(make_customers, label: list, says: str) -> None:
    table = make_customers(60)
    table = table.set_column(table.column_names.index("left"), "left", pa.array(label))
    with pytest.raises(NotEnoughError, match=f"nothing to learn: .*{says}"):
        read_examples(table, ROLES)


def test_broken_files_are_refused(make_customers, tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(make_customers(60), whole)
    truncated = tmp_path / "truncated.parquet"
    truncated.write_bytes(whole.read_bytes()[:700])
    empty = tmp_path / "empty.csv"
    empty.write_text("customer,left\n")
    for path, says in (
        (truncated, "is it complete"),
        (empty, "no rows"),
        (tmp_path / "none.csv", "does not exist"),
    ):  # fmt: skip
        with pytest.raises(TableError, match=says):
            read_examples(path, ROLES)


def test_null_keys_and_infinities_are_refused(make_customers) -> None:
    table = make_customers(60)
    holes = table.set_column(0, "customer", pa.array([None, *table["customer"].to_pylist()[1:]]))
    with pytest.raises(TableError, match="'customer' is null in 1 rows"):
        read_examples(holes, ROLES)
    for wrong in (float("inf"), 1e300):
        with pytest.raises(TableError, match="column 'x': 60 values are infinite or beyond"):
            read_examples(with_column(table, "x", [wrong] * 60), ROLES)


@pytest.mark.parametrize("name", ["@label", "@arr"])
def test_a_feature_named_like_a_column_of_ours_is_refused(make_customers, name: str) -> None:
    with pytest.raises(TableError, match=f"'{name}' is in use by us; rename or drop it"):
        read_examples(with_column(make_customers(60), name, list(range(60))), ROLES)


@pytest.mark.parametrize("name", ["probability", "margin", "base_probability", "pp:idle", "@time"])
def test_a_key_named_like_a_column_of_scores_is_refused(make_customers, name: str) -> None:
    table = make_customers(60).rename_columns({"customer": name})
    with pytest.raises(TableError, match=f"key column '{name}' is in use by us: .*; rename it"):
        read_examples(table, replace(ROLES, entity=name))


def test_a_panel_dataset_is_read_like_the_one_table_it_is(
    make_snapshots: Callable[[int, int], pa.Table], tmp_path: Path
) -> None:
    table = make_snapshots(20, 6)
    for as_of in pc.unique(table["as_of"]):
        part = tmp_path / "panel" / f"as_of={as_of.as_py():%Y-%m-%d}" / "part.parquet"
        part.parent.mkdir(parents=True)
        pq.write_table(table.filter(pc.equal(table["as_of"], as_of)), part)
    whole, parts = (read_examples(source, Roles("churn")) for source in (table, tmp_path / "panel"))
    assert parts.digest == whole.digest
