"""What must not change a panel: order of rows, neighbours in a run, the place of the files."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features import CATALOGUE, LabelWindow, as_of_grid, build_panel, open_source, write_panel
from features.errors import FeatureRangeError
from features.ranges import require_in_range

GRID = as_of_grid(datetime(2024, 6, 3), datetime(2025, 1, 13), 28)
Frames = dict[str, pd.DataFrame]
Build = Callable[..., pa.Table]


@pytest.fixture(scope="module")
def panel(
    small_company: Frames,
    write: Callable[[Frames, Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> pa.Table:
    folder = write(small_company, tmp_path_factory.mktemp("company"))
    with open_source(folder) as source:
        return build_panel(source, GRID, labels=LabelWindow())


def test_layout(panel: pa.Table) -> None:
    labels = ["churned", "expanded", "contracted"]
    assert panel.column_names == ["account_id", "as_of", *CATALOGUE.names, *labels, "eligible"]
    for feature in CATALOGUE:
        expected = pa.string() if feature.kind == "category" else pa.float64()
        assert panel.schema.field(feature.name).type == expected
    assert panel.schema.field("as_of").type == pa.timestamp("us")
    assert panel.schema.field("churned").type == pa.int8()
    assert panel["eligible"].null_count == 0
    metadata = {key.decode(): value.decode() for key, value in panel.schema.metadata.items()}
    assert metadata["tierwise.catalogue"] == CATALOGUE.fingerprint
    assert metadata["tierwise.lead_days"] == "14"
    assert metadata["tierwise.expansion_min"] == "0.05"
    assert len(metadata["tierwise.source"]) == 64


def test_one_sorted_row_per_account_and_as_of(panel: pa.Table) -> None:
    keys = list(zip(panel["as_of"].to_pylist(), panel["account_id"].to_pylist(), strict=True))
    assert keys == sorted(set(keys))


def test_every_feature_takes_values(panel: pa.Table) -> None:
    # A company with every table leaves no feature empty and none constant.
    for feature in CATALOGUE:
        values = panel[feature.name]
        assert pc.count_distinct(values).as_py() > 1, feature.name


def test_labels_stand_only_on_eligible_rows(panel: pa.Table) -> None:
    for name in ("churned", "expanded", "contracted"):
        labelled = panel.filter(pc.is_valid(panel[name]))
        assert labelled.num_rows > 0
        assert pc.all(labelled["eligible"]).as_py()
        assert set(labelled[name].to_pylist()) == {0, 1}


def test_outcomes_exclude_each_other(panel: pa.Table) -> None:
    both = pc.and_(pc.equal(panel["churned"], 1), pc.equal(panel["expanded"], 1))
    assert not pc.any(both).as_py()


def test_rows_in_any_order(small_company: Frames, panel_of: Build, panel: pa.Table) -> None:
    rng = np.random.default_rng(5)
    shuffled = {n: f.iloc[rng.permutation(len(f))] for n, f in small_company.items()}
    again = panel_of(shuffled, GRID, LabelWindow())
    assert again.replace_schema_metadata(None).equals(panel.replace_schema_metadata(None))


def test_rows_of_ten_thousand_accounts_in_any_order(large_company: Frames, panel_of: Build) -> None:
    rng = np.random.default_rng(6)
    shuffled = {n: f.iloc[rng.permutation(len(f))] for n, f in large_company.items()}
    panel = panel_of(large_company, [GRID[-1]])
    assert panel.num_rows >= 10_000
    again = panel_of(shuffled, [GRID[-1]])
    assert again.replace_schema_metadata(None).equals(panel.replace_schema_metadata(None))


def test_a_snapshot_alone_is_the_snapshot_in_a_panel(
    small_company: Frames, panel_of: Build, panel: pa.Table
) -> None:
    as_of = pa.scalar(GRID[4], pa.timestamp("us"))
    alone = panel_of(small_company, [GRID[4]], LabelWindow())
    assert alone.equals(panel.filter(pc.equal(panel["as_of"], as_of)).combine_chunks())


def test_features_do_not_depend_on_labels(
    small_company: Frames, panel_of: Build, panel: pa.Table
) -> None:
    names = ["account_id", "as_of", *CATALOGUE.names, "eligible"]
    plain = panel_of(small_company, GRID)
    assert plain.column_names == names
    assert plain.replace_schema_metadata(None).equals(
        panel.select(names).replace_schema_metadata(None)
    )


def test_same_panel_same_bytes(
    small_company: Frames, panel_of: Build, panel: pa.Table, tmp_path: Path
) -> None:
    first = write_panel(panel, tmp_path / "a.parquet").read_bytes()
    again = panel_of(small_company, list(reversed(GRID)), LabelWindow())
    assert write_panel(again, tmp_path / "b.parquet").read_bytes() == first
    assert pq.read_table(tmp_path / "a.parquet").equals(panel, check_metadata=True)
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_a_failed_write_leaves_the_old_file(
    panel: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "panel.parquet"
    target.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(OSError, match="disk full"):
        write_panel(panel, target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["panel.parquet"]


@pytest.mark.parametrize("value", [-1.0, 29.0, float("nan"), float("inf")])
def test_the_range_alarm_names_the_feature(panel: pa.Table, value: float) -> None:
    place = panel.column_names.index("active_days_28d")
    wrong = pa.array([value] + [0.0] * (panel.num_rows - 1))
    with pytest.raises(FeatureRangeError, match=r"active_days_28d.*1 rows"):
        require_in_range(panel.set_column(place, "active_days_28d", wrong), CATALOGUE)


def test_an_absent_table_makes_its_features_null(small_company: Frames, panel_of: Build) -> None:
    without = {n: f for n, f in small_company.items() if n not in ("tickets", "users")}
    without["contracts"] = without["contracts"].drop(columns="seats")
    panel = panel_of(without, GRID[:1])
    absent = CATALOGUE.absent(["tickets", "users", "contracts.seats"])
    for names in absent.values():
        for name in names:
            assert panel[name].null_count == panel.num_rows, name
    assert panel["n_events_28d"].null_count == 0
