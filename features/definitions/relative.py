"""Relative: where an account stands among its peers of the same as_of.

Peers are accounts with ARR: of the same use case and segment; below ten of them, of the same use
case; below ten again, all. Use and ARR have their percentile among the same use case alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, only
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

_FEWEST_PEERS = 10
_NO_PEERS = "no paying contract, no value, or no peer"
_USERS = ("usage.user_id",)


def _percentile(
    name: str,
    label_en: str,
    label_ja: str,
    *,
    churn: int = 0,
    expansion: int = 0,
    needs: tuple[str, ...] = (),
) -> Feature:
    return Feature(
        name=name,
        group="relative",
        kind="share",
        unit="share",
        low=0,
        high=1,
        churn=churn,
        expansion=expansion,
        null_means=_NO_PEERS,
        needs=needs,
        label_en=label_en,
        label_ja=label_ja,
    )


FEATURES = (
    _percentile(
        "usage_percentile",
        "Use among its peers",
        "同種顧客の中での利用量の順位",
        churn=-1,
        expansion=1,
    ),
    _percentile("arr_percentile", "ARR among its peers", "同種顧客の中でのARRの順位"),
    _percentile(
        "active_users_percentile",
        "Active users among its peers",
        "同種・同規模の顧客の中でのアクティブユーザー数の順位",
        churn=-1,
        expansion=1,
        needs=_USERS,
    ),
    _percentile(
        "stickiness_percentile",
        "Stickiness among its peers",
        "同種・同規模の顧客の中での定着度の順位",
        churn=-1,
        expansion=1,
        needs=_USERS,
    ),
    _percentile(
        "active_seat_share_percentile",
        "Share of seats in use among its peers",
        "同種・同規模の顧客の中でのシート稼働率の順位",
        churn=-1,
        expansion=1,
        needs=("contracts.seats", *_USERS),
    ),
    _percentile(
        "events_per_seat_percentile",
        "Use per seat among its peers",
        "同種・同規模の顧客の中での1シートあたり利用量の順位",
        churn=-1,
        expansion=1,
        needs=("contracts.seats",),
    ),
    _percentile(
        "features_used_percentile",
        "Product features used among its peers",
        "同種・同規模の顧客の中での利用機能数の順位",
        churn=-1,
        expansion=1,
    ),
    _percentile(
        "events_trend_percentile",
        "Trend of use among its peers",
        "同種・同規模の顧客の中での利用量の伸びの順位",
        churn=-1,
        expansion=1,
    ),
    _percentile(
        "arr_per_seat_percentile",
        "ARR per seat among its peers",
        "同種・同規模の顧客の中での1シートあたりARRの順位",
        needs=("contracts.seats",),
    ),
)

_PEERS = ("use_case", "segment")
# Declared before peers of the same segment were told apart: their meaning stays.
_AMONG_USE_CASE = {"usage_percentile": "n_events_28d", "arr_percentile": "arr"}
_AMONG_SEGMENT = {
    "active_users_percentile": "n_active_users_28d",
    "stickiness_percentile": "stickiness_28d",
    "active_seat_share_percentile": "active_seat_share_28d",
    "events_per_seat_percentile": "events_per_seat_28d",
    "features_used_percentile": "n_features_used_28d",
    "events_trend_percentile": "events_trend_28d_84d",
    "arr_per_seat_percentile": "arr_per_seat",
}


def compare(panel: ir.Table) -> ir.Table:
    """Return percentiles in [0, 1] within as_of: one row per row; ties share the lowest rank.

    Ranked on a narrow table: a window carries every column it is given through every sort.
    """
    ranked = {**_AMONG_USE_CASE, **_AMONG_SEGMENT}
    narrow = panel.select(*KEYS, *_PEERS, *dict.fromkeys(["arr", *ranked.values()]))
    wide = {n: _within(narrow, narrow[of], ("use_case",)) for n, of in _AMONG_USE_CASE.items()}
    wide |= {
        name: _within(narrow, narrow[of], _PEERS, ("use_case",))
        for name, of in _AMONG_SEGMENT.items()
    }
    return narrow.select(*KEYS, **wide)


def _within(panel: ir.Table, value: ir.NumericValue, *peers: tuple[str, ...]) -> ir.FloatingValue:
    """Return the rank among the first of these groups of peers that is large enough, else all."""
    import ibis

    counted = (panel.arr > 0) & value.notnull()
    rank = _rank(value, [panel.as_of, counted])
    for names in reversed(peers):
        group = [panel.as_of, counted, *(panel[name] for name in names)]
        named = ibis.and_(*(panel[name].notnull() for name in names))
        n_peers = panel.account_id.count().over(ibis.window(group_by=group))
        enough = (n_peers >= _FEWEST_PEERS) & named
        rank = ibis.ifelse(enough, _rank(value, group), rank)
    return only(rank, counted)


def _rank(value: ir.NumericValue, group: list[ir.Value]) -> ir.FloatingValue:
    import ibis

    return ibis.percent_rank().over(ibis.window(group_by=group, order_by=value))
