"""Readiness: which milestones of the start are reached, and how long each took, or takes still.

A milestone counts from the first time it was reached; a delay runs from the day the account became
a customer (see ``features.tenure``) to that day, or to as_of where it is not reached yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, flag, join_keyed, only
from features.feature import Feature
from features.tenure import customer_days

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_NEEDS = ("milestones",)


def _reached(milestone: str, label_en: str, label_ja: str) -> Feature:
    return Feature(
        name=f"has_{milestone}",
        group="readiness",
        kind="flag",
        unit="yes/no",
        low=0,
        high=1,
        empty=0,
        churn=-1,
        expansion=1,
        null_means="no milestones table",
        needs=_NEEDS,
        label_en=label_en,
        label_ja=label_ja,
    )


def _took(milestone: str, label_en: str, label_ja: str) -> Feature:
    return Feature(
        name=f"days_to_{milestone}",
        group="readiness",
        kind="days",
        unit="days",
        low=0,
        churn=1,
        expansion=-1,
        null_means="no milestones table",
        needs=_NEEDS,
        label_en=label_en,
        label_ja=label_ja,
    )


FEATURES = (
    Feature(
        name="n_milestones", group="readiness", kind="count", unit="milestones", low=0,
        churn=-1, expansion=1, empty=0, null_means="no milestones table", needs=_NEEDS,
        label_en="Milestones reached", label_ja="達成したマイルストーン数",
        phrase_en="{value} milestones reached", phrase_ja="マイルストーンを{value}件達成",
    ),
    Feature(
        name="days_since_milestone", group="readiness", kind="days", unit="days", low=1,
        churn=1, expansion=-1, null_means="no milestone reached", needs=_NEEDS,
        label_en="Days since a milestone was first reached",
        label_ja="最後に新しいマイルストーンを達成してからの日数",
        phrase_en="Last milestone reached {value} ago",
        phrase_ja="最後のマイルストーン達成は{value}前",
    ),
    _reached("technical_ready", "Technically ready", "技術面の準備完了"),
    _reached("operational_ready", "Ready to operate", "運用面の準備完了"),
    _reached("user_ready", "Users are ready", "ユーザーの準備完了"),
    _reached("goal_set", "A goal is set", "目標の設定"),
    _reached("ambassador_named", "An ambassador is named", "アンバサダーの任命"),
    _took(
        "technical_ready",
        "Days until technically ready (so far, if not yet)",
        "技術面の準備完了までの日数（未完了なら現在まで）",
    ),
    _took(
        "operational_ready",
        "Days until ready to operate (so far, if not yet)",
        "運用面の準備完了までの日数（未完了なら現在まで）",
    ),
    _took(
        "user_ready",
        "Days until users are ready (so far, if not yet)",
        "ユーザーの準備完了までの日数（未完了なら現在まで）",
    ),
    _took(
        "goal_set",
        "Days until a goal is set (so far, if not yet)",
        "目標の設定までの日数（未設定なら現在まで）",
    ),
    _took(
        "ambassador_named",
        "Days until an ambassador is named (so far, if not yet)",
        "アンバサダーの任命までの日数（未任命なら現在まで）",
    ),
)  # fmt: skip

_STEPS = ("technical_ready", "operational_ready", "user_ready", "goal_set", "ambassador_named")


def measure(view: View) -> ir.Table:
    """Measure milestones: one row per account known at as_of."""
    customers = customer_days(view).rename(_tenure="tenure_days")
    row = join_keyed(customers, _firsts(view))
    delays = {f"days_to_{step}": _delay(row, step) for step in _STEPS}
    flags = {f"has_{step}": flag(row[f"_{step}"].notnull()) for step in _STEPS}
    return row.select(*KEYS, "n_milestones", "days_since_milestone", **flags, **delays)


def _firsts(view: View) -> ir.Table:
    milestones = view.milestones
    first = milestones.group_by([*KEYS, "milestone"]).aggregate(age=milestones.age.max())
    return first.group_by(KEYS).aggregate(
        n_milestones=first.count(),
        days_since_milestone=first.age.min(),
        **{f"_{step}": only(first.age, first.milestone == step).max() for step in _STEPS},
    )


def _delay(row: ir.Table, step: str) -> ir.IntegerValue:
    import ibis

    # A milestone reached before the account became a customer took no time.
    took = row["_tenure"] - ibis.coalesce(row[f"_{step}"], 0)
    return ibis.greatest(took, 0)
