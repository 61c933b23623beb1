"""Breadth and depth: which parts of the product an account uses.

A feature here is what was used (``usage.feature``); modules and core parts come from ``modules``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where, join_keyed, ratio, sum_where
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_IDLE = "no use in the last 28 days"

FEATURES = (
    Feature(
        name="n_features_used_28d", group="breadth", kind="count", unit="features", low=0, empty=0,
        churn=-1, expansion=1, null_means="never",
        label_en="Product features used in the last 28 days",
        label_ja="直近28日間に使った機能の数",
        phrase_en="Used {value} product features in the last 28 days",
        phrase_ja="直近28日間に{value}個の機能を利用",
    ),
    Feature(
        name="kept_feature_share_28d_84d", group="breadth", kind="share", unit="share", low=0,
        high=1, churn=-1, expansion=1, null_means="no use in the last 84 days",
        label_en="Share of its product features still in use",
        label_ja="使い続けている機能の割合",
        phrase_en="Still uses {value} of the product features it used in the last 84 days",
        phrase_ja="直近84日間に使った機能のうち{value}を継続利用",
    ),
    Feature(
        name="n_modules_used_28d", group="breadth", kind="count", unit="modules", low=0, empty=0,
        churn=-1, expansion=1, null_means="no modules table", needs=("modules",),
        label_en="Modules used in the last 28 days", label_ja="直近28日間に使ったモジュール数",
    ),
    Feature(
        name="core_share_28d", group="breadth", kind="share", unit="share", low=0, high=1,
        churn=-1, null_means=_IDLE, needs=("modules", "modules.is_core"),
        label_en="Share of use in core features", label_ja="中核機能の利用割合",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure breadth per account: one row per account and as_of with use in 84 days."""
    used = _per_feature(view)
    levels = used.group_by(KEYS).aggregate(**_levels(used))
    joined = join_keyed(levels, _n_modules(used))
    shares = {
        "kept_feature_share_28d_84d": ratio(joined.n_features_used_28d, joined["_n_84d"]),
        "core_share_28d": ratio(joined["_core"], joined["_events"]),
    }
    return joined.select(*KEYS, "n_features_used_28d", "n_modules_used_28d", **shares)


def _per_feature(view: View) -> ir.Table:
    days = view.feature_days.filter(view.feature_days.age <= 84)
    used = days.group_by([*KEYS, "feature"]).aggregate(
        events_28d=sum_where(days.n_events, days.age <= 28).cast("int64")
    )
    modules = view.modules.select("module", "is_core", _feature=view.modules.feature)
    return used.left_join(modules, used.feature == modules["_feature"]).drop("_feature")


def _levels(used: ir.Table) -> dict[str, ir.Value]:
    return {
        "n_features_used_28d": count_where(used.events_28d > 0),
        "_n_84d": used.count(),
        "_events": used.events_28d.sum(),
        "_core": sum_where(used.events_28d, used.is_core),
    }


def _n_modules(used: ir.Table) -> ir.Table:
    recent = used.filter((used.events_28d > 0) & used.module.notnull())
    modules = recent.select(*KEYS, "module").distinct()
    return modules.group_by(KEYS).aggregate(n_modules_used_28d=modules.count())
