"""Past changes of the contract: how often it grew, shrank or was given notice, and since when.

A change counts from when it takes effect and was known; what was paid and bought 12 weeks or a
year before is what is known of that day at as_of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where, from_units, join_all, only
from features.feature import Feature
from features.products import product_state

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

FEATURES = (
    Feature(
        name="n_expansions_364d", group="contract", kind="count", unit="changes", low=0, churn=-1,
        expansion=1, empty=0, null_means="never",
        label_en="Expansions in the last 364 days", label_ja="直近364日間の拡大回数",
        phrase_en="{value} expansions in the last 364 days",
        phrase_ja="直近364日間に{value}回の拡大",
    ),
    Feature(
        name="n_contractions_364d", group="contract", kind="count", unit="changes", low=0, churn=1,
        empty=0, null_means="never",
        label_en="Contractions in the last 364 days", label_ja="直近364日間の縮小回数",
        phrase_en="{value} contractions in the last 364 days",
        phrase_ja="直近364日間に{value}回の縮小",
    ),
    Feature(
        name="days_since_arr_change", group="contract", kind="days", unit="days", low=1,
        null_means="no contract yet",
        label_en="Days since the ARR last changed", label_ja="ARRが最後に変わってからの日数",
    ),
    Feature(
        name="n_notices_364d", group="contract", kind="count", unit="changes", low=0, empty=0,
        churn=1, null_means="never",
        label_en="Notices given in the last 364 days", label_ja="直近364日間の解約通知回数",
        phrase_en="{value} notices in the last 364 days",
        phrase_ja="直近364日間に解約通知{value}回",
    ),
    Feature(
        name="n_products_lost_364d", group="contract", kind="count", unit="changes", low=0, empty=0,
        churn=1, null_means="never",
        label_en="Products cancelled in the last 364 days",
        label_ja="直近364日間に解約した製品の数",
        phrase_en="{value} products cancelled in the last 364 days",
        phrase_ja="直近364日間に{value}製品を解約",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure past changes per account: one row per account and as_of with any change."""
    changes = view.changes
    ago = [_ago(product_state(changes.filter(changes.age > days)), days) for days in (84, 364)]
    return join_all(_counts(view.contracts), [_since_moved(changes), *ago])


def _counts(contracts: ir.Table) -> ir.Table:
    lately, kind = contracts.age <= 364, contracts.type
    return contracts.group_by(KEYS).aggregate(
        n_expansions_364d=count_where((kind == "expansion") & lately),
        n_contractions_364d=count_where((kind == "contraction") & lately),
        n_notices_364d=count_where((kind == "notice") & lately),
        n_products_lost_364d=count_where((kind == "churn") & lately),
    )


def _since_moved(changes: ir.Table) -> ir.Table:
    # Whatever a change is called: a renewal at another price moves ARR, a swap of seats may not.
    moved = changes.filter(changes.arr_before.isnull() | (changes.arr_units != changes.arr_before))
    return moved.group_by(KEYS).aggregate(days_since_arr_change=moved.age.min())


def _ago(state: ir.Table, days: int) -> ir.Table:
    row = state.group_by(KEYS).aggregate(
        _units=state.arr_units.sum().cast("int64"),
        _seats=only(state.seats, state.arr_units > 0).sum(),
    )
    names = {f"_arr_{days}d_ago": from_units(row["_units"]), f"_seats_{days}d_ago": row["_seats"]}
    return row.select(*KEYS, **names)
