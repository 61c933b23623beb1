"""Relationship: how often we are in contact, by which way, and who starts it.

A human touch is one of the models ``high`` and ``low``; ``tech`` and ``community`` are not. A
contact is two-way when it is a meeting, a call, or was asked for by the customer. A touch of the
arm ``hold_out`` was withheld: it is no contact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where, join_keyed, min_where, ratio, sum_where
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_NEEDS = ("touches",)
_CHANNEL = ("touches", "touches.channel")
_INBOUND = ("touches", "touches.inbound")
_HUMAN = ("high", "low")
_TALKS = ("meeting", "call")
_TRAININGS = ("training", "webinar")

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
        label_en="Share of contacts the customer asked for",
        label_ja="接触のうち顧客からの連絡の割合",
    ),
    Feature(
        name="days_since_human_touch", group="relationship", kind="days", unit="days", low=1,
        churn=1, null_means="never had a human contact", needs=_NEEDS,
        label_en="Days since the last human contact", label_ja="担当者が最後に接触してからの日数",
        phrase_en="Last human contact {value} ago", phrase_ja="担当者による最後の接触は{value}前",
    ),
    Feature(
        name="days_since_touch", group="relationship", kind="days", unit="days", low=1,
        churn=1, null_means="never in contact", needs=_NEEDS,
        label_en="Days since the last contact of any kind", label_ja="最後の接触からの日数",
        phrase_en="Last contact {value} ago", phrase_ja="最後の接触は{value}前",
    ),
    Feature(
        name="n_human_touches_84d", group="relationship", kind="count", unit="touches", low=0,
        empty=0, null_means="no touches table", needs=_NEEDS,
        label_en="Human contacts in the last 84 days", label_ja="直近84日間の担当者による接触回数",
        phrase_en="{value} human contacts in the last 84 days",
        phrase_ja="直近84日間の担当者による接触は{value}回",
    ),
    Feature(
        name="n_tech_touches_84d", group="relationship", kind="count", unit="touches", low=0,
        empty=0, null_means="no touches table", needs=_NEEDS,
        label_en="Automated contacts in the last 84 days",
        label_ja="直近84日間のテックタッチ回数",
        phrase_en="{value} automated contacts in the last 84 days",
        phrase_ja="直近84日間のテックタッチは{value}回",
    ),
    Feature(
        name="n_community_touches_364d", group="relationship", kind="count", unit="touches",
        low=0, empty=0, churn=-1, expansion=1, null_means="no touches table", needs=_NEEDS,
        label_en="Community contacts in the last 364 days",
        label_ja="直近364日間のコミュニティでの接触回数",
        phrase_en="{value} community contacts in the last 364 days",
        phrase_ja="直近364日間のコミュニティでの接触は{value}回",
    ),
    Feature(
        name="n_talks_84d", group="relationship", kind="count", unit="touches", low=0, empty=0,
        null_means="no channel written down", needs=_CHANNEL,
        label_en="Meetings and calls in the last 84 days",
        label_ja="直近84日間の打ち合わせ・通話の回数",
        phrase_en="{value} meetings and calls in the last 84 days",
        phrase_ja="直近84日間の打ち合わせ・通話は{value}回",
    ),
    Feature(
        name="n_emails_84d", group="relationship", kind="count", unit="touches", low=0, empty=0,
        null_means="no channel written down", needs=_CHANNEL,
        label_en="Emails in the last 84 days", label_ja="直近84日間のメール回数",
        phrase_en="{value} emails in the last 84 days", phrase_ja="直近84日間のメールは{value}通",
    ),
    Feature(
        name="n_trainings_364d", group="relationship", kind="count", unit="touches", low=0,
        empty=0, churn=-1, expansion=1, null_means="no channel written down", needs=_CHANNEL,
        label_en="Trainings and webinars in the last 364 days",
        label_ja="直近364日間の研修・ウェビナーでの接触回数",
        phrase_en="{value} trainings and webinars in the last 364 days",
        phrase_ja="直近364日間の研修・ウェビナーでの接触は{value}回",
    ),
    Feature(
        name="minutes_84d", group="relationship", kind="count", unit="minutes", low=0, empty=0,
        null_means="no minutes written down", needs=("touches", "touches.minutes"),
        label_en="Minutes of contact in the last 84 days", label_ja="直近84日間の接触時間（分）",
        phrase_en="{value} minutes of contact in the last 84 days",
        phrase_ja="直近84日間の接触時間は{value}分",
    ),
    Feature(
        name="n_inbound_84d", group="relationship", kind="count", unit="touches", low=0, empty=0,
        null_means="not written down who asked", needs=_INBOUND,
        label_en="Contacts the customer asked for in the last 84 days",
        label_ja="直近84日間の顧客からの連絡回数",
        phrase_en="The customer asked for {value} contacts in the last 84 days",
        phrase_ja="直近84日間の顧客からの連絡は{value}回",
    ),
    Feature(
        name="days_since_inbound", group="relationship", kind="days", unit="days", low=1,
        churn=1, null_means="the customer never asked for contact", needs=_INBOUND,
        label_en="Days since the customer last asked for contact",
        label_ja="顧客から最後に連絡があってからの日数",
        phrase_en="The customer last asked for contact {value} ago",
        phrase_ja="顧客からの最後の連絡は{value}前",
    ),
    Feature(
        name="days_since_two_way_contact", group="relationship", kind="days", unit="days", low=1,
        churn=1, null_means="never a meeting, a call or a contact the customer asked for",
        needs=(*_CHANNEL, "touches.inbound"),
        label_en="Days since the last two-way contact",
        label_ja="最後に双方向のやり取りがあってからの日数",
        phrase_en="No two-way contact for {value}",
        phrase_ja="双方向のやり取りが{value}間なし",
    ),
    Feature(
        name="touches_trend_84d_364d", group="relationship", kind="number", unit="ratio", low=0,
        null_means="no contact in the 280 days before the last 84", needs=_NEEDS,
        label_en="Contacts against the longer past", label_ja="それ以前と比べた接触の頻度",
    ),
    Feature(
        name="n_csms_364d", group="relationship", kind="count", unit="people", low=0, empty=0,
        churn=1, null_means="not written down who was in contact",
        needs=("touches", "touches.csm_id"),
        label_en="CSMs in contact in the last 364 days", label_ja="直近364日間に接触したCSMの人数",
        phrase_en="{value} CSMs in contact in the last 364 days",
        phrase_ja="直近364日間に接触したCSMは{value}人",
    ),
    Feature(
        name="n_high_touches_84d", group="relationship", kind="count", unit="touches", low=0,
        empty=0, null_means="no touches table", needs=_NEEDS,
        label_en="High-touch contacts in the last 84 days",
        label_ja="直近84日間のハイタッチ回数",
        phrase_en="{value} high-touch contacts in the last 84 days",
        phrase_ja="直近84日間のハイタッチは{value}回",
    ),
    Feature(
        name="n_low_touches_84d", group="relationship", kind="count", unit="touches", low=0,
        empty=0, null_means="no touches table", needs=_NEEDS,
        label_en="Low-touch contacts in the last 84 days",
        label_ja="直近84日間のロータッチ回数",
        phrase_en="{value} low-touch contacts in the last 84 days",
        phrase_ja="直近84日間のロータッチは{value}回",
    ),
    Feature(
        name="n_in_app_touches_84d", group="relationship", kind="count", unit="touches", low=0,
        empty=0, null_means="no channel written down", needs=_CHANNEL,
        label_en="Contacts inside the product in the last 84 days",
        label_ja="直近84日間のアプリ内での接触回数",
        phrase_en="{value} contacts inside the product in the last 84 days",
        phrase_ja="直近84日間のアプリ内での接触は{value}回",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure contacts per account: one row per account and as_of with any contact."""
    touches = _made(view)
    row = touches.group_by(KEYS).aggregate(**_sums(touches))
    joined = join_keyed(row, _csms(touches))
    before = joined["_n_364d"] - joined.n_touches_84d
    return joined.select(
        *KEYS,
        *_LEVELS,
        "n_csms_364d",
        inbound_share_364d=ratio(joined["_inbound"], joined["_known"]),
        # 280 days lie before the last 84: as many a day as 10 against 3.
        touches_trend_84d_364d=ratio(joined.n_touches_84d * 10, before * 3),
    )


_LEVELS = (
    "n_touches_84d", "days_since_touch", "days_since_human_touch", "n_human_touches_84d",
    "n_tech_touches_84d", "n_community_touches_364d", "n_talks_84d", "n_emails_84d",
    "n_trainings_364d", "minutes_84d", "n_inbound_84d", "days_since_inbound",
    "days_since_two_way_contact", "n_high_touches_84d", "n_low_touches_84d",
    "n_in_app_touches_84d",
)  # fmt: skip


def _made(view: View) -> ir.Table:
    import ibis

    touches = view.touches
    # An account held out of an experiment was not contacted.
    made = touches.filter(ibis.coalesce(touches.arm, "") != "hold_out")
    return made.mutate(
        asked=made.inbound.fill_null(False),
        human=made.touch_model.isin(_HUMAN),
        talk=made.channel.isin(_TALKS).fill_null(False),
    )


def _sums(touches: ir.Table) -> dict[str, ir.Value]:
    quarter, year = touches.age <= 84, touches.age <= 364
    return {
        "n_touches_84d": count_where(quarter),
        "days_since_touch": touches.age.min(),
        "days_since_human_touch": min_where(touches.age, touches.human),
        "n_human_touches_84d": count_where(quarter & touches.human),
        "n_high_touches_84d": count_where(quarter & (touches.touch_model == "high")),
        "n_low_touches_84d": count_where(quarter & (touches.touch_model == "low")),
        "n_in_app_touches_84d": count_where(quarter & (touches.channel == "in_app")),
        "n_tech_touches_84d": count_where(quarter & (touches.touch_model == "tech")),
        "n_community_touches_364d": count_where(year & (touches.touch_model == "community")),
        "n_talks_84d": count_where(quarter & touches.talk),
        "n_emails_84d": count_where(quarter & (touches.channel == "email")),
        "n_trainings_364d": count_where(year & touches.channel.isin(_TRAININGS)),
        "minutes_84d": sum_where(touches.minutes.fill_null(0), quarter),
        "n_inbound_84d": count_where(quarter & touches.asked),
        "days_since_inbound": min_where(touches.age, touches.asked),
        "days_since_two_way_contact": min_where(touches.age, touches.asked | touches.talk),
        "_inbound": count_where(touches.asked & year),
        "_known": count_where(touches.inbound.notnull() & year),
        "_n_364d": count_where(year),
    }


def _csms(touches: ir.Table) -> ir.Table:
    named = touches.filter(touches.csm_id.notnull() & (touches.age <= 364))
    csms = named.select(*KEYS, "csm_id").distinct()
    return csms.group_by(KEYS).aggregate(n_csms_364d=csms.count())
