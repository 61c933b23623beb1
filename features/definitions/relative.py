"""Relative: where an account stands among its peers of the same as_of.

Peers are accounts with ARR: of the same use case and segment; below ten of them, of the same use
case; below ten again, all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, max_where, only
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

_FEWEST_PEERS = 10
_NO_PEERS = "no paying contract, no value, or no peer"
_USERS = ("usage.user_id",)


def _percentile(
    name: str,
    of_en: str,
    of_ja: str,
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
        label_en=f"{of_en}, percentile among accounts of its kind",
        label_ja=f"{of_ja}（同種の顧客の中でのパーセンタイル）",
    )


FEATURES = (
    _percentile(
        "usage_percentile",
        "Use in the last 28 days",
        "直近28日間の利用回数",
        churn=-1,
        expansion=1,
    ),
    _percentile("arr_percentile", "ARR", "ARR"),
    _percentile(
        "active_users_percentile",
        "Active users",
        "アクティブユーザー数",
        churn=-1,
        expansion=1,
        needs=_USERS,
    ),
    _percentile(
        "stickiness_percentile",
        "Stickiness",
        "定着度",
        churn=-1,
        expansion=1,
        needs=_USERS,
    ),
    _percentile(
        "active_seat_share_percentile",
        "Share of seats in use",
        "シート稼働率",
        churn=-1,
        expansion=1,
        needs=("contracts.seats", *_USERS),
    ),
    _percentile(
        "events_per_seat_percentile",
        "Use per seat",
        "1シートあたり利用回数",
        churn=-1,
        expansion=1,
        needs=("contracts.seats",),
    ),
    _percentile(
        "features_used_percentile",
        "Product features used",
        "利用機能数",
        churn=-1,
        expansion=1,
    ),
    _percentile(
        "events_trend_percentile",
        "Trend of use",
        "利用の伸び",
        churn=-1,
        expansion=1,
    ),
    _percentile(
        "arr_per_seat_percentile",
        "ARR per seat",
        "1シートあたりARR",
        needs=("contracts.seats",),
    ),
)

_PEERS = ("use_case", "segment")
_RANKED = {
    "usage_percentile": "n_events_28d",
    "arr_percentile": "arr",
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
    rows = _below_each_other(panel, list(_RANKED.values()))
    rows = rows.mutate(rank=_rank(rows))
    return rows.group_by(KEYS).aggregate(
        **{name: max_where(rows["rank"], rows.which == n) for n, name in enumerate(_RANKED)}
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

    Ties share the lowest rank; who is alone has none.
    """
    import ibis

    use_case, segment = rows.use_case.notnull(), rows.segment.notnull()
    return ibis.cases(
        (
            use_case & segment & (_count(rows, *_PEERS) >= _FEWEST_PEERS),
            _percent_rank(rows, *_PEERS),
        ),
        (
            use_case & (_count(rows, "use_case") >= _FEWEST_PEERS),
            _percent_rank(rows, "use_case"),
        ),
        else_=only(_percent_rank(rows), _count(rows) > 1),
    )


def _count(rows: ir.Table, *peers: str) -> ir.IntegerValue:
    import ibis

    among = ibis.window(group_by=["as_of", "which", *peers])
    return rows.account_id.count().over(among)


def _percent_rank(rows: ir.Table, *peers: str) -> ir.FloatingValue:
    import ibis

    among = ibis.window(group_by=["as_of", "which", *peers], order_by=rows.value)
    return ibis.percent_rank().over(among)
