"""Breadth and depth: which parts of the product an account uses.

A feature here is what was used (``usage.feature``); modules and core parts come from ``modules``,
a table outside time. A feature is used in a window when its events there sum to more than 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    count_where,
    flag,
    join_all,
    min_where,
    ratio,
    sum_where,
)
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_IDLE = "no use in the last 28 days"
_MODULES = ("modules",)
_CORE = ("modules", "modules.is_core")
_ADVANCED = ("modules", "modules.is_advanced")
# A quarter of the days of the month: a working habit, by the usual reading of DAU over MAU.
_STICKY = 0.25

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
        churn=-1, expansion=1, null_means="no modules table", needs=_MODULES,
        label_en="Modules used in the last 28 days", label_ja="直近28日間に使ったモジュール数",
    ),
    Feature(
        name="core_share_28d", group="breadth", kind="share", unit="share", low=0, high=1,
        churn=-1, null_means=_IDLE, needs=_CORE,
        label_en="Share of use in core features", label_ja="中核機能の利用割合",
    ),
    Feature(
        name="n_features_used_84d", group="breadth", kind="count", unit="features", low=0,
        empty=0, churn=-1, expansion=1, null_means="never",
        label_en="Product features used in the last 84 days",
        label_ja="直近84日間に使った機能の数",
    ),
    Feature(
        name="n_new_features_28d_84d", group="breadth", kind="count", unit="features", low=0,
        empty=0, churn=-1, expansion=1, null_means="never",
        label_en="Product features taken up in the last 28 days",
        label_ja="直近28日間に新たに使い始めた機能の数",
        phrase_en="Took up {value} product features in the last 28 days",
        phrase_ja="直近28日間に{value}個の機能を使い始めた",
    ),
    Feature(
        name="n_dropped_features_28d_84d", group="breadth", kind="count", unit="features", low=0,
        empty=0, churn=1, expansion=-1, null_means="never",
        label_en="Product features dropped in the last 28 days",
        label_ja="直近28日間に使わなくなった機能の数",
        phrase_en="Dropped {value} product features in the last 28 days",
        phrase_ja="直近28日間に{value}個の機能を使わなくなった",
    ),
    Feature(
        name="features_trend_28d_56d", group="breadth", kind="number", unit="ratio", low=0,
        churn=-1, expansion=1, null_means="no product feature used in the 28 days before",
        label_en="Product features used against the month before",
        label_ja="前月と比べた利用機能数",
    ),
    Feature(
        name="top_feature_share_28d", group="breadth", kind="share", unit="share", low=0, high=1,
        churn=1, expansion=-1, null_means=_IDLE,
        label_en="Share of use in one single product feature",
        label_ja="最多利用機能1つへの集中度",
    ),
    Feature(
        name="n_new_modules_28d_84d", group="breadth", kind="count", unit="modules", low=0,
        empty=0, churn=-1, expansion=1, null_means="no modules table", needs=_MODULES,
        label_en="Modules taken up in the last 28 days",
        label_ja="直近28日間に新たに使い始めたモジュール数",
        phrase_en="Took up {value} modules in the last 28 days",
        phrase_ja="直近28日間に{value}個のモジュールを使い始めた",
    ),
    Feature(
        name="days_since_new_module", group="breadth", kind="days", unit="days", low=1, high=364,
        churn=1, expansion=-1, null_means="no module used in the last 364 days", needs=_MODULES,
        label_en="Days since it began to use a module (first use in 364 days)",
        label_ja="最後に新しいモジュールを使い始めてからの日数（364日間での初利用）",
        phrase_en="Began to use a module {value} ago",
        phrase_ja="{value}前に新しいモジュールを使い始めた",
    ),
    Feature(
        name="module_coverage_28d", group="breadth", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, null_means="no modules written down", needs=_MODULES,
        label_en="Share of all modules in use", label_ja="全モジュールのうち利用中の割合",
    ),
    Feature(
        name="core_coverage_28d", group="breadth", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, null_means="no core features written down", needs=_CORE,
        label_en="Share of all core features in use", label_ja="中核機能のうち利用中の割合",
    ),
    Feature(
        name="advanced_share_28d", group="breadth", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, null_means=_IDLE, needs=_ADVANCED,
        label_en="Share of use in advanced features", label_ja="高度な機能の利用割合",
    ),
    Feature(
        name="n_advanced_features_28d", group="breadth", kind="count", unit="features", low=0,
        empty=0, churn=-1, expansion=1, null_means="no advanced features written down",
        needs=_ADVANCED,
        label_en="Advanced features used in the last 28 days",
        label_ja="直近28日間に使った高度な機能の数",
    ),
    Feature(
        name="maturity_level", group="breadth", kind="count", unit="of 4 steps", low=0, high=4,
        empty=0, churn=-1, expansion=1, null_means="no users in usage, or no modules table",
        needs=(*_CORE, "modules.is_advanced", "usage.user_id"),
        label_en="Maturity: power users, stickiness, core features, beyond core",
        label_ja="成熟度（ヘビーユーザー・定着・中核機能・高度な機能）",
        phrase_en="Maturity: {value} of 4 steps", phrase_ja="成熟度は4段階中{value}",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure breadth per account: one row per account known at as_of."""
    used = _per_feature(view)
    in_use = used.group_by(KEYS).aggregate(**_levels(used))
    known = view.modules
    there = known.aggregate(n_core=count_where(known.is_core), n_modules=known.module.nunique())
    row = join_all(view.accounts.select(*KEYS), [in_use, _modules(view)]).cross_join(there)
    return row.select(
        *KEYS,
        *_LEVELS,
        kept_feature_share_28d_84d=ratio(row.n_features_used_28d, row.n_features_used_84d),
        core_share_28d=ratio(row["_core"], row["_events"]),
        advanced_share_28d=ratio(row["_advanced"], row["_events"]),
        features_trend_28d_56d=ratio(row.n_features_used_28d, row["_n_prior"]),
        top_feature_share_28d=ratio(row["_top"], row["_events"]),
        module_coverage_28d=ratio(row.n_modules_used_28d.fill_null(0), row.n_modules),
        core_coverage_28d=ratio(row["_n_core"].fill_null(0), row.n_core),
    )


def derive(panel: ir.Table) -> dict[str, ir.Value]:
    """Derive the steps of maturity from the columns of people and breadth."""
    steps = (
        panel.n_power_users_28d > 0,
        panel.stickiness_28d >= _STICKY,
        panel.core_share_28d > 0,
        panel.n_advanced_features_28d > 0,
    )
    first, *rest = [flag(step.fill_null(False)) for step in steps]
    return {"maturity_level": sum(rest, start=first)}


_LEVELS = (
    "n_features_used_28d", "n_features_used_84d", "n_new_features_28d_84d",
    "n_dropped_features_28d_84d", "n_advanced_features_28d", "n_modules_used_28d",
    "n_new_modules_28d_84d", "days_since_new_module",
)  # fmt: skip


def _per_feature(view: View) -> ir.Table:
    days = view.feature_days.filter(view.feature_days.age <= 84)
    used = days.group_by([*KEYS, "feature"]).aggregate(
        events_28d=sum_where(days.n_events, days.age <= 28).cast("int64"),
        newest=days.age.min(),
        before=min_where(days.age, days.age > 28),
    )
    modules = view.modules.select("module", "is_core", "is_advanced", _feature=view.modules.feature)
    return used.left_join(modules, used.feature == modules["_feature"]).drop("_feature")


def _levels(used: ir.Table) -> dict[str, ir.Value]:
    # The stage holds no day on which nothing was counted: what has a day was used.
    now, before = used.newest <= 28, used.before.notnull()
    return {
        "n_features_used_28d": count_where(now),
        "n_features_used_84d": used.count(),
        "n_new_features_28d_84d": count_where(now & ~before),
        "n_dropped_features_28d_84d": count_where(before & ~now),
        "n_advanced_features_28d": count_where(now & used.is_advanced),
        "_n_core": count_where(now & used.is_core),
        "_n_prior": count_where(used.before <= 56),
        "_events": used.events_28d.sum(),
        "_top": used.events_28d.max(),
        "_core": sum_where(used.events_28d, used.is_core),
        "_advanced": sum_where(used.events_28d, used.is_advanced),
    }


def _modules(view: View) -> ir.Table:
    """Look back a year, at modules alone: they are few, and features many."""
    days = view.module_days
    modules = days.group_by([*KEYS, "module"]).aggregate(
        newest=days.age.min(), before=min_where(days.age, days.age > 28), first=days.age.max()
    )
    used, lately = modules.newest <= 28, modules.before <= 84
    return modules.group_by(KEYS).aggregate(
        n_modules_used_28d=count_where(used),
        n_new_modules_28d_84d=count_where(used & ~lately.fill_null(False)),
        days_since_new_module=modules["first"].min(),
    )
