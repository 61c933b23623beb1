"""Relative: where an account stands among its peers of the same as_of.

Peers are accounts with ARR: of the same use case and segment; below ten of them, of the same use
case; below ten again, all. Use and ARR have their percentile among the same use case alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, max_where
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
    """Return percentiles in [0, 1] within as_of: one row per paying account.

    The columns to rank are put below each other, so that one sort per group of peers ranks all.
    """
    ranked = {**_AMONG_USE_CASE, **_AMONG_SEGMENT}
    rows = _below_each_other(panel, list(ranked.values()))
    rows = rows.mutate(rank=_rank(rows))
    return rows.group_by(KEYS).aggregate(
        **{name: max_where(rows["rank"], rows.which == n) for n, name in enumerate(ranked)}
    )


def _below_each_other(panel: ir.Table, columns: list[str]) -> ir.Table:
    import ibis

    # One read of the panel: an engine may think about every branch of a union anew.
    paying = panel.filter(panel.arr > 0)
    repeated = paying.select(
        *KEYS,
        *_PEERS,
        *dict.fromkeys(columns),
        which=ibis.array(list(range(len(columns)))).unnest(),
    )
    each = [(repeated.which == n, repeated[name].cast("float64")) for n, name in enumerate(columns)]
    rows = repeated.select(*KEYS, *_PEERS, "which", value=ibis.cases(*each))
    return rows.filter(rows.value.notnull())


def _rank(rows: ir.Table) -> ir.FloatingValue:
    """Return the rank among the narrowest group of peers that is large enough, else among all.

    Ties share the lowest rank.
    """
    import ibis

    use_case, segment = rows.use_case.notnull(), rows.segment.notnull()
    told_apart = rows.which >= len(_AMONG_USE_CASE)
    return ibis.cases(
        (told_apart & use_case & segment & _enough(rows, *_PEERS), _percent_rank(rows, *_PEERS)),
        (use_case & _enough(rows, "use_case"), _percent_rank(rows, "use_case")),
        else_=_percent_rank(rows),
    )


def _enough(rows: ir.Table, *peers: str) -> ir.BooleanValue:
    import ibis

    among = ibis.window(group_by=["as_of", "which", *peers])
    return rows.account_id.count().over(among) >= _FEWEST_PEERS


def _percent_rank(rows: ir.Table, *peers: str) -> ir.FloatingValue:
    import ibis

    among = ibis.window(group_by=["as_of", "which", *peers], order_by=rows.value)
    return ibis.percent_rank().over(among)
