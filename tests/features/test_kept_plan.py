"""What is remembered beside the stage (plans, sums by day) is what would be computed anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from features import CATALOGUE, LabelWindow, build_panel, open_source, places, plan_store
from features.catalogue import Catalogue
from features.daily_sums import daily_sums
from features.duckdb_backend import DuckDBBackend
from features.plan import plan_of
from features.plan_store import kept_plan
from features.snapshot import corrected_tables
from features.source import Source

NONE: frozenset[str] = frozenset()
SMALL = Catalogue.of(CATALOGUE.definitions[0], CATALOGUE.definitions[6])
Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]


def refuse(*_: object) -> None:
    raise AssertionError("computed again")


def test_a_plan_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = LabelWindow()
    compiled = plan_of(SMALL, window, "duckdb", NONE)
    assert kept_plan(tmp_path, SMALL, window, "duckdb", NONE) == compiled
    monkeypatch.setattr(plan_store, "plan_of", refuse)
    assert kept_plan(tmp_path, SMALL, window, "duckdb", NONE) == compiled


@pytest.mark.parametrize("content", ["", "{", "[]", '{"once": [], "steps": [{"name": 1}]}'])
def test_a_damaged_plan_is_compiled_anew(tmp_path: Path, content: str) -> None:
    compiled = kept_plan(tmp_path, SMALL, None, "duckdb", NONE)
    (file,) = tmp_path.iterdir()
    file.write_text(content)
    assert kept_plan(tmp_path, SMALL, None, "duckdb", NONE) == compiled
    assert len(list(tmp_path.iterdir())) == 1


def test_whatever_a_plan_is_made_of_tells_it_apart(tmp_path: Path) -> None:
    other = replace(SMALL.definitions[0], code="0", derive=lambda _: {})
    emptied = [replace(f, empty=None) for f in SMALL]
    asked = [
        (SMALL, None, "duckdb", NONE),
        (SMALL, LabelWindow(), "duckdb", NONE),
        (SMALL, LabelWindow(lead_days=7), "duckdb", NONE),
        (SMALL, None, "duckdb", frozenset(["users"])),
        (Catalogue.of(other, SMALL.definitions[1]), None, "duckdb", NONE),
        (Catalogue(emptied, SMALL.definitions), None, "duckdb", NONE),
    ]
    for number, one in enumerate(asked, start=1):
        assert kept_plan(tmp_path, *one) == plan_of(*one)
        assert len(list(tmp_path.iterdir())) == number


def test_functions_nobody_digested_are_not_remembered(tmp_path: Path) -> None:
    unknown = SMALL.extended(replace(CATALOGUE.definitions[11], derive=lambda _: {}))
    kept_plan(tmp_path, unknown, None, "duckdb", NONE)
    assert list(tmp_path.iterdir()) == []


def test_plans_of_other_code_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_plan(tmp_path, SMALL, None, "duckdb", NONE)
    monkeypatch.setattr(plan_store, "_code", lambda: "f00d")
    kept_plan(tmp_path, SMALL, None, "duckdb", NONE)
    assert [file.name[:5] for file in tmp_path.iterdir()] == ["f00d-"]


def test_sums_are_taken_again_where_files_changed(
    small_company: Frames, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(small_company, tmp_path / "company")
    asked = [
        (name, f"SELECT CAST({time} AS DATE) AS d, count(*) FROM {name} GROUP BY d")
        for name, time in (("touches", "happened_at"), ("tickets", "opened_at"))
    ]

    def sums(source: Source) -> list[dict[str, int]]:
        return [dict(sorted(found.items())) for found in daily_sums(source, asked)]

    stage = tmp_path / "stage"
    with open_source(folder, stage_directory=stage) as source:
        first = sums(source)
        assert sum(first[0].values()) == len(small_company["touches"])
        with monkeypatch.context() as patch:
            patch.setattr(source.backend, "words", refuse)
            assert sums(source) == first
    write({"touches": small_company["touches"].iloc[1:]}, folder)
    with open_source(folder, stage_directory=stage) as source:
        touches, tickets = sums(source)
    assert sum(touches.values()) == len(small_company["touches"]) - 1
    assert tickets == first[1]


def facts(folder: Path, stage: Path | None) -> tuple[object, ...]:
    with open_source(folder, stage_directory=stage) as source:
        types = [table.types for table in source._opened.values()]
        return source.digest, source.newest, source.missing, types


def test_facts_of_unchanged_files_are_remembered(
    small_company: Frames, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, stage = write(small_company, tmp_path / "company"), tmp_path / "stage"
    first = facts(folder, stage)
    assert first == facts(folder, None)
    with monkeypatch.context() as patch:
        patch.setattr(DuckDBBackend, "types", refuse)
        patch.setattr(Source, "_newest", refuse)
        patch.setattr(places, "digest", refuse)
        assert facts(folder, stage) == first
    later = small_company["touches"].assign(happened_at=pd.Timestamp("2030-01-01"), minutes=7.5)
    write({"touches": later}, folder)
    changed = facts(folder, stage)
    assert changed == facts(folder, None)
    assert changed[1] == datetime(2030, 1, 1)
    assert first[0] != changed[0]
    assert first[3] != changed[3]


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_damaged_facts_are_asked_for_anew(
    small_company: Frames, write: Write, tmp_path: Path, content: str
) -> None:
    folder, stage = write(small_company, tmp_path / "company"), tmp_path / "stage"
    first = facts(folder, stage)
    for name in ("types", "newest", "digest"):
        (file,) = stage.rglob(f"{name}.json")
        file.write_text(content)
    assert facts(folder, stage) == first


def test_without_known_at_nothing_is_corrected(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    empty = {
        name: frame.drop_duplicates(f"{name[:-1]}_id").assign(known_at=pd.NaT)
        for name, frame in small_company.items()
        if name in ("accounts", "users", "tickets", "invoices")
    }
    empty = {n: f.astype({"known_at": "datetime64[us]"}) for n, f in empty.items()}
    without = {name: frame.drop(columns="known_at") for name, frame in empty.items()}
    panels = []
    for number, (tables, corrected) in enumerate(((empty, set(empty)), (without, set()))):
        folder = write({**small_company, **tables}, tmp_path / str(number))
        with open_source(folder) as source:
            assert corrected_tables(source.missing) >= corrected
            assert bool(corrected_tables(source.missing) & set(empty)) is bool(corrected)
            panels.append(build_panel(source, [datetime(2024, 11, 4)]))
    # Only who may see a correction can say that there was none.
    reopened = [set(panel["n_reopened_364d"].to_pylist()) for panel in panels]
    assert reopened == [{0.0}, {None}]
    same = [panel.drop_columns("n_reopened_364d") for panel in panels]
    assert same[0].replace_schema_metadata(None).equals(same[1].replace_schema_metadata(None))
