"""Relative: where an account stands among its peers of the same as_of.

Peers are the accounts with ARR and the same use case; below ten of them, all accounts with ARR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import only
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

_FEWEST_PEERS = 10
_NO_PEERS = "no paying contract, no value, or no peer"
_RANKED = {
    "usage_percentile": "n_events_28d",
    "arr_percentile": "arr",
}


def _percentile(
    name: str, label_en: str, label_ja: str, *, churn: int = 0, expansion: int = 0
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
)


def derive(panel: ir.Table) -> dict[str, ir.Value]:
    """Derive percentiles in [0, 1] within as_of; ties share the lowest rank."""
    return {name: _within_peers(panel, panel[of]) for name, of in _RANKED.items()}


def _within_peers(panel: ir.Table, value: ir.NumericValue) -> ir.FloatingValue:
    import ibis

    counted = (panel.arr > 0) & value.notnull()
    everyone = ibis.window(group_by=[panel.as_of, counted], order_by=value)
    peers = ibis.window(group_by=[panel.as_of, counted, panel.use_case], order_by=value)
    crowd = ibis.window(group_by=[panel.as_of, counted, panel.use_case])
    enough = (panel.account_id.count().over(crowd) >= _FEWEST_PEERS) & panel.use_case.notnull()
    rank = ibis.ifelse(enough, ibis.percent_rank().over(peers), ibis.percent_rank().over(everyone))
    return only(rank, counted)
