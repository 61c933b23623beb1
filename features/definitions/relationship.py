"""Relationship: how often we are in contact, who starts it, and which milestones are reached.

A human touch is one of the models ``high`` and ``low``; ``tech`` and ``community`` are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where, join_keyed, min_where, ratio
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_NEEDS = ("touches",)

FEATURES = (
    Feature(
        name="n_touches_84d", group="relationship", kind="count", unit="touches", low=0, empty=0,
        null_means="no touches table", needs=_NEEDS,
        label_en="Contacts in the last 84 days", label_ja="直近84日間の接触回数",
        phrase_en="{value} contacts in the last 84 days", phrase_ja="直近84日間の接触は{value}回",
    ),
    Feature(
        name="inbound_share_364d", group="relationship", kind="share", unit="share", low=0, high=1,
        null_means="no contact in the last 364 days, or unknown who asked",
        needs=("touches", "touches.inbound"),
        label_en="Share of contacts the customer asked for", label_ja="顧客発の接触の割合",
    ),
    Feature(
        name="days_since_human_touch", group="relationship", kind="days", unit="days", low=1,
        churn=1, null_means="never had a human contact", needs=_NEEDS,
        label_en="Days since the last human contact", label_ja="最後の人的接触からの日数",
        phrase_en="Last human contact {value} ago", phrase_ja="最後の人的接触は{value}前",
    ),
    Feature(
        name="n_milestones", group="relationship", kind="count", unit="milestones", low=0,
        churn=-1, expansion=1, empty=0, null_means="no milestones table", needs=("milestones",),
        label_en="Milestones reached", label_ja="達成したマイルストーン数",
        phrase_en="{value} milestones reached", phrase_ja="マイルストーンを{value}件達成",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure contacts and milestones: one row per account known at as_of."""
    accounts = join_keyed(view.accounts.select(*KEYS), _touches(view))
    reached = view.milestones.select(*KEYS, "milestone").distinct()
    counted = reached.group_by(KEYS).aggregate(n_milestones=reached.count())
    return join_keyed(accounts, counted)


def _touches(view: View) -> ir.Table:
    touches = view.touches
    lately = touches.age <= 364
    row = touches.group_by(KEYS).aggregate(
        n_touches_84d=count_where(touches.age <= 84),
        days_since_human_touch=min_where(touches.age, touches.touch_model.isin(("high", "low"))),
        _inbound=count_where(touches.inbound & lately),
        _known=count_where(touches.inbound.notnull() & lately),
    )
    return row.select(
        *KEYS,
        "n_touches_84d",
        "days_since_human_touch",
        inbound_share_364d=ratio(row["_inbound"], row["_known"]),
    )
