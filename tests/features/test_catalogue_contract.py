"""The catalogue: complete declarations, a stable fingerprint, no engine needed, a current page."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import features
from features import CATALOGUE, Catalogue, reference, tables_page
from features.errors import CatalogueError
from features.schema import TABLES
from features.wording import value_text

ROOT = Path(__file__).resolve().parents[2]
SURFACE = [
    "CATALOGUE", "Catalogue", "CheckReport", "Feature", "LabelWindow", "Source", "as_of_grid",
    "build_panel", "check_source", "errors", "open_source", "read_panel_dataset", "write_panel",
    "write_panel_dataset",
]  # fmt: skip


def test_public_surface() -> None:
    assert features.__all__ == SURFACE
    for name in SURFACE:
        assert getattr(features, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        features.nothing  # noqa: B018


def test_catalogue_needs_no_engine() -> None:
    code = (
        "import sys; from features import CATALOGUE, as_of_grid, LabelWindow\n"
        "print(sorted({'ibis', 'duckdb', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_declaration_is_complete() -> None:
    columns = {f"{t.name}.{c.name}" for t in TABLES.values() for c in t.columns}
    for feature in CATALOGUE:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", feature.name)
        assert feature.label_en
        assert feature.label_ja
        assert feature.null_means
        assert {feature.churn, feature.expansion} <= {-1, 0, 1}
        assert set(feature.needs) <= columns | set(TABLES)
        if feature.kind in ("share", "flag", "count", "money"):
            assert feature.low == 0
        for language in ("en", "ja"):
            assert "12" in feature.phrase(language, "12")
            assert "{" not in feature.phrase(language, "12")


def test_one_is_never_said_as_many() -> None:
    counts = [feature for feature in CATALOGUE if feature.kind == "count"]
    assert len(counts) > 40
    for feature in counts:
        one = value_text(feature, 1.0, "en")
        assert feature.phrase("en", one) == f"{feature.label_en}: 1"


def test_fingerprint_covers_meaning_not_words() -> None:
    first, *rest = CATALOGUE.features
    worded = Catalogue([replace(first, label_en="Other words"), *rest])
    moved = Catalogue([*rest, first])
    ranged = Catalogue([replace(first, high=5.0), *rest])
    assert worded.fingerprint == CATALOGUE.fingerprint
    assert len({c.fingerprint for c in (CATALOGUE, moved, ranged)}) == 3


def test_names_are_found_or_suggested() -> None:
    assert CATALOGUE["arr"].kind == "money"
    with pytest.raises(CatalogueError, match="did you mean 'stickiness_28d'"):
        CATALOGUE["stickyness_28d"]
    with pytest.raises(CatalogueError, match="declared twice: arr"):
        Catalogue([CATALOGUE["arr"], CATALOGUE["arr"]])


def test_every_group_is_there() -> None:
    assert CATALOGUE.groups == (
        "usage", "breadth", "people", "seats", "contract", "money", "support", "sentiment",
        "readiness", "relationship", "account", "relative",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "en", "ja"),
    [
        ("days_since_last_use", 12.0, "Last used 12 days ago", "最終利用は12日前"),
        ("days_since_last_use", 1.0, "Last used 1 day ago", "最終利用は1日前"),
        ("active_seat_share_28d", 0.45, "45% of the seats bought are in use",
         "契約シートの45%が稼働"),
        ("arr", 120000.0, "ARR: 120,000", "ARR（年間経常収益）：120,000"),
        ("has_champion", 0.0, "Has a champion or sponsor: no", "推進担当者の有無：いいえ"),
        ("segment", "smb", "Segment: smb", "セグメント：smb"),
        ("n_open_tickets", 3.0, "3 tickets are open", "未解決の問い合わせが3件"),
        ("n_open_tickets", 1.0, "Open tickets: 1", "未解決の問い合わせが1件"),
        ("days_since_two_way_contact", 30.0, "No two-way contact for 30 days",
         "双方向のやり取りが30日間なし"),
        ("nps_last", None, "Last NPS answer was unknown", "直近のNPS回答は不明"),
    ],
)  # fmt: skip
def test_what_people_read(name: str, value: float | str | None, en: str, ja: str) -> None:
    feature = CATALOGUE[name]
    assert feature.phrase("en", value_text(feature, value, "en")) == en
    assert feature.phrase("ja", value_text(feature, value, "ja")) == ja


@pytest.mark.parametrize("page", [reference, tables_page], ids=["features.md", "tables.md"])
def test_the_committed_page_is_current(page: ModuleType) -> None:
    name = {reference: "features.md", tables_page: "tables.md"}[page]
    committed = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert committed == page.markdown(), f"write {page.__name__}.markdown() to docs/{name}"
