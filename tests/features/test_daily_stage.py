"""The daily stage grows by month: only what changed is built again, and no cell depends on it."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from features import build_panel, open_source
from features.stage_store import edges, months_between, open_stage

AS_OF = [datetime(2024, 12, 2), datetime(2025, 1, 6)]
Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]


def write_by_month(frames: Frames, folder: Path, write: Write, last: str = "9999-99") -> Path:
    write({n: f for n, f in frames.items() if n != "usage"}, folder)
    months = frames["usage"].groupby(frames["usage"].day.dt.strftime("%Y-%m"))
    write({month: rows for month, rows in months if month <= last}, folder / "usage")
    return folder


def panel_at(folder: Path, stage: Path | None) -> pa.Table:
    with open_source(folder, stage_directory=stage) as source:
        return build_panel(source, AS_OF).replace_schema_metadata(None)


def files(stage: Path) -> dict[str, int]:
    found = (p for p in stage.rglob("*.parquet"))
    return {f"{p.parent.name}/{p.name}": p.stat().st_ino for p in found}


def a_day_goes_by(stage: Path) -> None:
    for path in stage.rglob("*.parquet"):
        os.utime(path, (0, 0))


def test_months_cover_their_days() -> None:
    assert months_between(datetime(2023, 12, 31), datetime(2024, 2, 29)) == [
        "2023-12", "2024-01", "2024-02",
    ]  # fmt: skip
    assert edges(["2024-02"]) == (datetime(2024, 2, 1), datetime(2024, 3, 1))


def test_a_kept_stage_changes_no_cell(small_company: Frames, write: Write, tmp_path: Path) -> None:
    folder = write_by_month(small_company, tmp_path / "company", write)
    stage = tmp_path / "stage"
    fresh = panel_at(folder, None)
    assert panel_at(folder, stage).equals(fresh)
    before = files(stage)
    assert panel_at(folder, stage).equals(fresh)
    assert files(stage) == before


def test_a_file_that_is_gone_is_built_again(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    folder = write_by_month(small_company, tmp_path / "company", write)
    stage = tmp_path / "stage"
    fresh = panel_at(folder, stage)
    before = files(stage)
    next(stage.rglob("user_days/2024-1*.parquet")).unlink()
    assert panel_at(folder, stage).equals(fresh)
    assert files(stage).keys() == before.keys()


def test_months_of_another_run_beside_this_one_are_left_alone(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    folder = write_by_month(small_company, tmp_path / "company", write)
    stage = tmp_path / "stage"
    panel_at(folder, stage)
    (kept,) = (path.parent for path in stage.rglob("manifest.json"))
    theirs = [kept / "user_days" / f"{name}.parquet" for name in ("2019-01-abc", "2024-12-abc")]
    for path in theirs:
        path.write_bytes(b"")
    panel_at(folder, stage)
    assert [path.exists() for path in theirs] == [True, True]
    a_day_goes_by(stage)
    panel_at(folder, stage)
    assert [path.exists() for path in theirs] == [True, False]


def test_what_a_run_reads_stays_while_another_replaces_it(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    folder, stage = write_by_month(small_company, tmp_path / "company", write), tmp_path / "stage"
    months, count = ["2024-10", "2024-11"], "SELECT sum(n_events) FROM feature_days"
    with open_source(folder, stage_directory=stage) as first:
        open_stage(first, months)
    a_day_goes_by(stage)
    with open_source(folder, stage_directory=stage) as ours:
        open_stage(ours, months)
        before = files(stage)
        usage = small_company["usage"]
        late = usage[usage.day.between("2024-10-01", "2024-10-31")].iloc[:1].assign(user_id="new")
        write_by_month({**small_company, "usage": pd.concat([usage, late])}, folder, write)
        with open_source(folder, stage_directory=stage) as theirs:
            open_stage(theirs, months)
            assert theirs.backend.words(count) != ours.backend.words(count)
        assert before.items() < files(stage).items()


def test_a_new_month_is_added_alone(small_company: Frames, write: Write, tmp_path: Path) -> None:
    folder, stage = tmp_path / "company", tmp_path / "stage"
    panel_at(write_by_month(small_company, folder, write, last="2024-11"), stage)
    before = files(stage)
    write_by_month(small_company, folder, write)
    assert panel_at(folder, stage).equals(panel_at(folder, None))
    after = files(stage)
    assert before.items() <= after.items()
    assert {name.split("/")[1][:7] for name in after.keys() - before.keys()} == {
        "2024-12", "2025-01",
    }  # fmt: skip


def test_a_late_row_rebuilds_its_month_alone(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    folder, stage = tmp_path / "company", tmp_path / "stage"
    panel_at(write_by_month(small_company, folder, write), stage)
    before = files(stage)
    late = (
        small_company["usage"]
        .iloc[:1]
        .assign(
            day=pd.Timestamp("2024-06-15"),
            known_at=pd.Timestamp("2024-11-30"),
            user_id="new",
            count=5,
        )
    )
    usage = pd.concat([small_company["usage"], late])
    write_by_month({**small_company, "usage": usage}, folder, write)
    assert panel_at(folder, stage).equals(panel_at(folder, None))
    changed = before.keys() ^ files(stage).keys()
    assert {name.split("/")[1][:7] for name in changed} == {"2024-06"}


@pytest.mark.parametrize("content", ["", "{", '{"made_by": "another version"}'])
def test_a_foreign_manifest_is_no_harm(
    small_company: Frames, write: Write, tmp_path: Path, content: str
) -> None:
    folder, stage = write_by_month(small_company, tmp_path / "company", write), tmp_path / "stage"
    fresh = panel_at(folder, stage)
    (manifest,) = stage.rglob("manifest.json")
    manifest.write_text(content)
    assert panel_at(folder, stage).equals(fresh)
    assert list(stage.rglob(".*")) == []
