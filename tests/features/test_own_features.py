"""A user's own features: built like ours, held to the same law, told apart by the fingerprint."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from features import CATALOGUE, build_panel, open_source
from features.errors import CatalogueError, FeatureRangeError
from features.leak_check import check_leaks
from features.own import load_catalogue

AS_OF = [datetime(2024, 8, 5), datetime(2025, 1, 6)]
Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]
HONEST = '''
"""Exports: how often they are made."""

from features import Feature
from features.expressions import KEYS, ratio, sum_where

FEATURES = (
    Feature(
        name="n_exports_28d", group="own", kind="count", unit="exports", low=0, empty=0,
        null_means="never", label_en="Exports in the last 28 days",
        label_ja="直近28日間のエクスポート回数",
    ),
    Feature(
        name="export_share_28d", group="own", kind="share", unit="share", low=0, high=1,
        null_means="no use in the last 28 days", label_en="Exports among all use",
        label_ja="利用に占めるエクスポートの割合",
    ),
)


def measure(view):
    days = view.feature_days
    exported = (days.feature == "f1") & (days.age <= 28)
    return days.group_by(KEYS).aggregate(n_exports_28d=sum_where(days.n_events, exported))


def derive(panel):
    return {"export_share_28d": ratio(panel.n_exports_28d, panel.n_events_28d)}
'''
LEAKY = """
from features import Feature
from features.engine import declared_tables
from features.expressions import KEYS

FEATURES = (
    Feature(
        name="n_changes_ever", group="own", kind="count", unit="changes", low=0,
        null_means="never", label_en="Contract changes", label_ja="契約変更の回数",
    ),
)


def measure(view):
    changes = declared_tables()["contracts"]
    churns = changes.group_by("account_id").aggregate(n_changes_ever=(changes.arr > 500).sum())
    return view.accounts.select(*KEYS).inner_join(churns, "account_id")
"""


def own(folder: Path, text: str) -> Path:
    path = folder / "my_features.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_own_features_stand_behind_ours(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    catalogue = load_catalogue(own(tmp_path, HONEST))
    assert catalogue.names == (*CATALOGUE.names, "n_exports_28d", "export_share_28d")
    with open_source(write(small_company, tmp_path / "company")) as source:
        panel = build_panel(source, AS_OF, catalogue=catalogue)
        plain = build_panel(source, AS_OF)
    assert panel.column_names[-3:] == ["n_exports_28d", "export_share_28d", "eligible"]
    assert panel.select(plain.column_names).equals(plain)
    assert panel.schema.metadata[b"tierwise.catalogue"] == catalogue.fingerprint.encode()
    usage = small_company["usage"]
    first = usage[
        (usage.feature == "f1")
        & (usage.day >= pd.Timestamp(AS_OF[0]) - pd.Timedelta(days=28))
        & (usage.day < AS_OF[0])
        & (usage.known_at.fillna(usage.day) < AS_OF[0])
    ]
    rows = [row for row in panel.to_pylist() if row["as_of"] == AS_OF[0]]
    counts = first.groupby("account_id")["count"].sum()
    assert {r["account_id"]: r["n_exports_28d"] for r in rows} == {
        r["account_id"]: counts.get(r["account_id"], 0) for r in rows
    }


def test_the_fingerprint_follows_what_the_code_does(tmp_path: Path) -> None:
    def fingerprint(text: str) -> str:
        return load_catalogue(own(tmp_path, text)).fingerprint

    plain = fingerprint(HONEST)
    assert plain != CATALOGUE.fingerprint
    assert fingerprint(HONEST.replace("how often they are made", "other words")) == plain
    assert fingerprint(HONEST + "\n# a remark\n") == plain
    assert fingerprint(HONEST.replace("Exports among all use", "Exports in all use")) == plain
    assert fingerprint(HONEST.replace("days.age <= 28", "days.age <= 27")) != plain
    assert fingerprint(HONEST.replace("high=1", "high=2")) != plain
    # What an account without rows gets, and what is null throughout, are cells as well.
    assert fingerprint(HONEST.replace("empty=0,", "")) != plain
    assert fingerprint(HONEST.replace("empty=0,", 'empty=0, needs=("tickets.csat",),')) != plain
    assert load_catalogue(None) is CATALOGUE


def test_the_leak_check_tells_honest_from_leaky(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    with open_source(write(small_company, tmp_path / "company")) as source:
        honest = check_leaks(source, AS_OF, catalogue=load_catalogue(own(tmp_path, HONEST)))
        leaky = check_leaks(source, AS_OF, catalogue=load_catalogue(own(tmp_path, LEAKY)))
        late = check_leaks(source, [datetime(2030, 1, 7)])
    assert honest.ok
    assert honest.features == len(CATALOGUE) + 2
    assert honest.pairs >= 55
    assert "no cell changed" in str(honest)
    assert not leaky.ok
    assert [leak.feature for leak in leaky.leaks] == ["n_changes_ever"]
    assert "n_changes_ever changed in" in str(leaky)
    assert leaky.to_json()["ok"] is False
    # Without a row behind the date nothing was tested, and the report says so.
    assert not late.ok
    assert "take earlier ones" in str(late)


def declared(**changes: object) -> str:
    cells = {
        "name": "n_own", "group": "own", "kind": "count", "unit": "x", "low": 0,
        "null_means": "never", "label_en": "x", "label_ja": "x", **changes,
    }  # fmt: skip
    given = ", ".join(f"{name}={value!r}" for name, value in cells.items())
    head = "from features import Feature\n"
    return f"{head}FEATURES = (Feature({given}),)\ndef derive(panel):\n    return {{}}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def measure(view:", "fails with SyntaxError"),
        ("1 / 0", "fails with ZeroDivisionError"),
        ("", "declares nothing"),
        ("FEATURES = ('arr',)\ndef measure(view): ...", "'arr', which is no Feature"),
        (declared().replace("derive", "deduce"), "computes nothing"),
        (declared(name="arr"), "'arr' is taken"),
        (declared(name="churned"), "'churned' is taken"),
        (declared(name="Own Name"), "is no name"),
        (declared(group="mine"), "'mine' is none of"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CatalogueError, match=says):
        load_catalogue(own(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        load_catalogue(tmp_path / "nowhere.py")


def test_what_is_declared_must_be_computed(tiny: Frames, write: Write, tmp_path: Path) -> None:
    folder = write(tiny, tmp_path / "tiny")
    catalogue = load_catalogue(own(tmp_path, declared()))
    with (
        open_source(folder) as source,
        pytest.raises(CatalogueError, match="declares n_own but computes it nowhere"),
    ):
        build_panel(source, [datetime(2024, 7, 1)], catalogue=catalogue)


def test_two_rows_of_one_account_are_refused(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    twice = HONEST.replace("days.group_by(KEYS)", 'days.group_by([*KEYS, "feature"])')
    folder = write(small_company, tmp_path / "company")
    with open_source(folder) as source, pytest.raises(FeatureRangeError, match="more than one row"):
        build_panel(source, AS_OF, catalogue=load_catalogue(own(tmp_path, twice)))
