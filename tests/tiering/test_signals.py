"""Signals: a rule fires on known values only, and the play follows the severest signal."""

from typing import Any

import pytest

from tiering.plays import suggest
from tiering.signals import detect
from tiering.version import Condition, Version


def fired(version: Version, row: dict[str, Any], **references: Any) -> dict[str, bool | None]:
    return {signal.code: signal.fired for signal in detect(version, row, **references)}


@pytest.mark.parametrize(
    ("days", "verdict"), [(20.0, False), (21.0, False), (22.0, True), (None, None)]
)
def test_a_threshold_is_where_the_policy_puts_it(
    shipped: Version, days: float | None, verdict: bool | None
) -> None:
    assert fired(shipped, {"days_since_last_use": days})["silence"] is verdict


def test_an_empty_row_fires_nothing(shipped: Version) -> None:
    assert set(fired(shipped, {}).values()) == {None}


def test_nan_and_text_for_a_number_are_unknown(shipped: Version) -> None:
    assert fired(shipped, {"days_since_last_use": float("nan")})["silence"] is None
    assert fired(shipped, {"days_since_last_use": "30"})["silence"] is None


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"tenure_days": 40.0, "n_milestones": 0.0}, True),
        ({"tenure_days": 40.0, "n_milestones": 1.0}, False),
        ({"tenure_days": 10.0, "n_milestones": None}, False),  # one false settles it
        ({"tenure_days": 40.0, "n_milestones": None}, None),
        ({"tenure_days": 400.0, "n_milestones": 0.0}, False),
    ],
)
def test_all_conditions_must_hold(
    shipped: Version, row: dict[str, Any], verdict: bool | None
) -> None:
    assert fired(shipped, row)["onboarding_not_started"] is verdict


@pytest.mark.parametrize(
    ("peers", "verdict"),
    [(20.0, False), (30.0, True), (0.0, None), (None, None)],
)
def test_peers_are_a_ratio(shipped: Version, peers: float | None, verdict: bool | None) -> None:
    references = {"peers": {"active_days_28d": peers}}
    assert fired(shipped, {"active_days_28d": 10.0}, **references)["below_peers"] is verdict


def test_the_severest_signal_chooses_the_play(shipped: Version) -> None:
    row = {"days_since_last_use": 40.0, "nps_change": -3.0}
    signals = detect(shipped, row)
    assert [s.severity for s in signals] == sorted(
        (s.severity for s in signals), key=["high", "medium", "low"].index
    )
    by_tier = {tier: suggest(shipped, tier, signals) for tier in ("high", "tech")}
    assert {tier: play and play.code for tier, play in by_tier.items()} == {
        "high": "wake_up_call",
        "tech": "wake_up_series",
    }


def test_without_a_signal_the_tier_has_its_play(shipped: Version) -> None:
    plays = [suggest(shipped, tier.name, ()) for tier in shipped.tiers]
    assert all(play is not None for play in plays)


def test_was_is_the_accounts_own_past(shipped: Version) -> None:
    rule = shipped.signals[0]
    own = Condition(feature="n", relative_to="was", operator="<", threshold=0.5, unit="ratio")
    version = shipped.model_copy(update={"signals": (rule.model_copy(update={"when": (own,)}),)})
    assert fired(version, {"n": 4.0}, was={"n": 10.0}) == {rule.code: True}
    assert fired(version, {"n": 6.0}, was={"n": 10.0}) == {rule.code: False}
    assert fired(version, {"n": 6.0}, was=None) == {rule.code: None}
