"""Reasons in words: they add up, name direction and value, and read well in both languages."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import CATALOGUE, Catalogue
from features.feature import Feature
from scoring import Explanation, ScoringError
from scoring.reasons import reasons
from scoring.wording import value_text

NAMES = ("days_since_last_use", "active_seat_share_28d", "n_open_tickets")


def explanation(pp: list[list[float]], **change: object) -> Explanation:
    points = np.array(pp)
    base = np.full(len(points), 0.06)
    told = Explanation(
        margin=np.zeros(len(points)), probability=base + points.sum(axis=1),
        base_margin=np.zeros(len(points)), base_probability=base, pp=points,
        columns=NAMES, outcome="churn", catalogue=CATALOGUE,
    )  # fmt: skip
    return replace(told, **change)


ROW = pa.table(
    {"days_since_last_use": [34.0], "active_seat_share_28d": [0.38], "n_open_tickets": [None]}
)
WAS = pa.table({"days_since_last_use": [3.0]})
PEERS = pa.table({"days_since_last_use": [2.0], "active_seat_share_28d": [0.71]})


def test_english() -> None:
    said = reasons(
        explanation([[0.071, -0.02, 0.0]]), ROW, k=2, language="en", was=WAS, peers=PEERS
    )
    first, second = said[0][0]
    assert first.text == (
        "Days since last use 34 days (was 3; peers 2) raises churn risk by 7.1 points"
    )
    assert (first.direction, first.group, first.value) == ("raises", "usage", "34 days")
    assert second.text.endswith("38% (peers 71%) lowers churn risk by 2.0 points")


def test_japanese() -> None:
    said = reasons(
        explanation([[0.071, -0.02, 0.0]]), ROW, k=2, language="ja", was=WAS, peers=PEERS
    )
    assert said[0][0][0].text == (
        "最終利用からの日数 34日（以前 3日、同種 2日）：解約リスクを7.1ポイント押し上げています"
    )
    assert said[0][0][1].text.endswith("38%（同種 71%）：解約リスクを2.0ポイント押し下げています")


def test_dates_are_said_as_dates() -> None:
    told = explanation([[0.071, 0.02]], columns=("since", "seen"), catalogue=None)
    rows = pa.table({"since": [date(2024, 3, 1)], "seen": [datetime(2024, 5, 1, 9, 30)]})
    first, second = reasons(told, rows, language="en")[0][0]
    assert first.text == "since 2024-03-01 raises churn risk by 7.1 points"
    assert second.value == "2024-05-01 09:30"


@pytest.mark.parametrize("k", [0, 1, 2, 3, None])
def test_shown_and_other_points_add_up(k: int | None) -> None:
    random = np.random.default_rng(1)
    told = explanation((random.normal(0, 0.05, (20, 3))).tolist())
    rows = pa.concat_tables([ROW] * 20)
    for row, (shown, other) in enumerate(reasons(told, rows, k=k, language="en")):
        total = told.base_probability[row] + sum(r.pp for r in shown) + other
        assert total == pytest.approx(told.probability[row], abs=1e-9)
        sizes = [abs(r.pp) for r in shown]
        assert sizes == sorted(sizes, reverse=True)


def test_no_effect_is_no_reason() -> None:
    shown, other = reasons(explanation([[0.0, 0.0, 0.0]]), ROW, k=3, language="en")[0]
    assert (shown, other) == ([], 0.0)


def test_foreign_columns_keep_their_names() -> None:
    told = explanation([[0.3, 0, 0]], catalogue=None, outcome="late_payment")
    text = reasons(told, ROW, k=1, language="en")[0][0][0].text
    assert text == "days_since_last_use 34 raises the probability of late_payment by 30.0 points"


def test_own_features_are_said_in_their_own_words() -> None:
    own = Feature(
        name="n_exports_28d", group="own", kind="count", unit="events", null_means="never",
        label_en="Exports in the last 28 days", label_ja="直近28日間のエクスポート回数",
    )  # fmt: skip
    told = explanation(
        [[0.0, 0.0, 0.071]],
        columns=(*NAMES[:2], own.name),
        catalogue=Catalogue([*CATALOGUE, own]),
    )
    rows = ROW.append_column(own.name, pa.array([12.0]))
    english, japanese = (reasons(told, rows, k=1, language=each)[0][0][0] for each in ("en", "ja"))
    assert english.text.startswith("Exports in the last 28 days 12 times raises")
    assert japanese.text.startswith("直近28日間のエクスポート回数 12回：")
    assert english.group == "own"


def test_tiny_effects_are_not_zero_points() -> None:
    english = reasons(explanation([[1e-5, 0, 0]]), ROW, k=1, language="en")[0][0][0].text
    assert english.endswith("by less than 0.1 points")
    japanese = reasons(explanation([[-1e-5, 0, 0]]), ROW, k=1, language="ja")[0][0][0].text
    assert japanese.endswith("解約リスクをわずかに（0.1ポイント未満）押し下げています")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_feature_can_be_said_and_never_claims_a_cause(language: str) -> None:
    for feature in CATALOGUE:
        value = "steady" if feature.kind == "category" else 1.0
        told = explanation([[0.1]], columns=(feature.name,))
        rows = pa.table({feature.name: [value]})
        text = reasons(told, rows, k=1, language=language)[0][0][0].text
        assert feature.label(language) in text
        assert "because" not in text
        assert "ため" not in text.removeprefix(feature.label(language))
        assert value_text(None, feature, language) in ("unknown", "不明")


def test_refusals_say_what_was_received() -> None:
    with pytest.raises(ScoringError, match="no language 'fr'"):
        reasons(explanation([[0.1, 0, 0]]), ROW, k=1, language="fr")
    with pytest.raises(ScoringError, match="1 rows were explained, 0 rows"):
        reasons(explanation([[0.1, 0, 0]]), ROW.slice(1), k=1, language="en")
