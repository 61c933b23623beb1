"""Usage: how much, how lately, how steadily, against the account's own past.

Windows end at as_of and are whole weeks; the past of a trend is what lies before its recent part,
from the first use on (of 364 days): a steady account of five weeks has not grown.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from features.expressions import KEYS, join_keyed, ratio, sum_where
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_NEVER = "no use in the 364 days before"

FEATURES = (
    Feature(
        name="n_events_28d", group="usage", kind="count", unit="events", low=0, empty=0,
        churn=-1, expansion=1, null_means="never",
        label_en="Use in the last 28 days", label_ja="直近28日間の利用回数",
        phrase_en="Used {value} times in the last 28 days", phrase_ja="直近28日間の利用は{value}回",
    ),
    Feature(
        name="active_days_28d", group="usage", kind="count", unit="days", low=0, high=28, empty=0,
        churn=-1, expansion=1, null_means="never",
        label_en="Days with use in the last 28 days", label_ja="直近28日間の利用日数",
        phrase_en="Used on {value} of the last 28 days",
        phrase_ja="直近28日のうち{value}日利用",
    ),
    Feature(
        name="days_since_last_use", group="usage", kind="days", unit="days", low=1, high=364,
        churn=1, expansion=-1, null_means=_NEVER,
        label_en="Days since last use", label_ja="最終利用からの日数",
        phrase_en="Last used {value} ago", phrase_ja="最終利用は{value}前",
    ),
    Feature(
        name="events_trend_28d_84d", group="usage", kind="number", unit="ratio", low=0,
        churn=-1, expansion=1, null_means="no use in the 56 days before the last 28",
        label_en="Use against the two months before", label_ja="その前の2か月と比べた利用量",
        phrase_en="Use is {value} of the level two months before",
        phrase_ja="利用量はその前の2か月の{value}",
    ),
    Feature(
        name="events_trend_84d_364d", group="usage", kind="number", unit="ratio", low=0,
        churn=-1, expansion=1, null_means="no use before the last 84 days",
        label_en="Use against its own longer past", label_ja="過去1年と比べた利用量",
        phrase_en="Use in the last 12 weeks is {value} of the account's own past",
        phrase_ja="直近12週の利用量は同社の過去の{value}",
    ),
    Feature(
        name="active_days_trend_28d_84d", group="usage", kind="number", unit="ratio", low=0,
        high=56, churn=-1, expansion=1, null_means="no use in the 56 days before the last 28",
        label_en="Days with use against the two months before",
        label_ja="その前の2か月と比べた利用日数",
    ),
    Feature(
        name="longest_idle_days_84d", group="usage", kind="days", unit="days", low=0, high=84,
        churn=1, expansion=-1, null_means=_NEVER,
        label_en="Longest pause in the last 84 days", label_ja="直近84日間の最長空白日数",
        phrase_en="Longest pause in the last 84 days: {value}",
        phrase_ja="直近84日間で最長{value}の空白",
    ),
    Feature(
        name="n_events_7d", group="usage", kind="count", unit="events", low=0, empty=0,
        churn=-1, expansion=1, null_means="never",
        label_en="Use in the last 7 days", label_ja="直近7日間の利用回数",
        phrase_en="Used {value} times in the last 7 days", phrase_ja="直近7日間の利用は{value}回",
    ),
    Feature(
        name="events_trend_7d_28d", group="usage", kind="number", unit="ratio", low=0,
        churn=-1, expansion=1, null_means="no use in the 21 days before the last 7",
        label_en="Use of the last week against the three before",
        label_ja="その前の3週間と比べた直近1週の利用量",
    ),
    Feature(
        name="n_events_84d", group="usage", kind="count", unit="events", low=0, empty=0,
        churn=-1, expansion=1, null_means="never",
        label_en="Use in the last 84 days", label_ja="直近84日間の利用回数",
        phrase_en="Used {value} times in the last 84 days",
        phrase_ja="直近84日間の利用は{value}回",
    ),
    Feature(
        name="active_days_84d", group="usage", kind="count", unit="days", low=0, high=84, empty=0,
        churn=-1, expansion=1, null_means="never",
        label_en="Days with use in the last 84 days", label_ja="直近84日間の利用日数",
        phrase_en="Used on {value} of the last 84 days", phrase_ja="直近84日のうち{value}日利用",
    ),
    Feature(
        name="events_per_active_day_28d", group="usage", kind="number", unit="events per day",
        low=0, churn=-1, expansion=1, null_means="no use in the last 28 days",
        label_en="Use per day with use", label_ja="利用日1日あたりの利用回数",
    ),
    Feature(
        name="weekday_share_28d", group="usage", kind="share", unit="share", low=0, high=1,
        null_means="no use in the last 28 days",
        label_en="Share of use from Monday to Friday (UTC)",
        label_ja="月曜から金曜（UTC）の利用割合",
        phrase_en="{value} of the use falls on Monday to Friday",
        phrase_ja="利用の{value}が月曜から金曜",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure usage per account: one row per account and as_of with any use in 364 days."""
    year, days = view.arrivals, _with_pauses(view.arrivals.filter(view.arrivals.age <= 84))
    past = year.group_by(KEYS).aggregate(
        days_since_last_use=year.age.min(),
        _oldest=year.age.max(),
        _events_past=sum_where(year.n_events, year.age > 84),
    )
    levels = _none_is_0(join_keyed(past, days.group_by(KEYS).aggregate(**_levels(days))))
    weeks = ((levels["_oldest"] - 1) / 7.0).floor() + 1
    return levels.select(*KEYS, *_LEVELS, _weeks_seen=weeks, **_shapes(levels))


_LEVELS = (
    "n_events_7d", "n_events_28d", "n_events_84d", "active_days_28d", "active_days_84d",
    "days_since_last_use", "longest_idle_days_84d",
)  # fmt: skip
# A Monday before any time that a source may hold.
_MONDAY = date(1800, 1, 6)


def _with_pauses(days: ir.Table) -> ir.Table:
    import ibis

    # Ages fall as time goes on; the last day of use is followed by as_of itself, age 0. What
    # arrived late for a day follows that day by no time.
    order = ibis.window(group_by=KEYS, order_by=ibis.desc(days.age))
    next_age = ibis.coalesce(days.age.lead().over(order), 0)
    return days.mutate(idle=days.age - 1 - next_age, is_weekday=_is_weekday(days))


def _is_weekday(days: ir.Table) -> ir.BooleanValue:
    import ibis

    since_monday = days.as_of.date().delta(ibis.literal(_MONDAY), unit="day") - days.age
    return since_monday % 7 < 5


def _levels(days: ir.Table) -> dict[str, ir.Value]:
    recent, prior = days.age <= 28, days.age > 28
    return {
        "n_events_7d": sum_where(days.n_events, days.age <= 7),
        "n_events_28d": sum_where(days.n_events, recent),
        "n_events_84d": days.n_events.sum(),
        "active_days_28d": sum_where(days.days, recent),
        "active_days_84d": days.days.sum(),
        "_weekday": sum_where(days.n_events, recent & days.is_weekday),
        "_events_prior": sum_where(days.n_events, prior),
        "_days_prior": sum_where(days.days, prior),
        "_idle": days.idle.max(),
        "_first": days.age.max(),
    }


def _none_is_0(row: ir.Table) -> ir.Table:
    """Fill in what an account without use in 84 days has, and the pause that began before them."""
    import ibis

    zeros = {name: row[name].fill_null(0) for name in row.columns if name not in KEYS}
    before = ibis.ifelse(row["_oldest"] > 84, 84 - zeros["_first"], 0)
    return row.mutate(**zeros, longest_idle_days_84d=ibis.greatest(zeros["_idle"], before, 0))


def _days_there(row: ir.Table, later: int, earlier: int) -> ir.IntegerValue:
    """Return the days between two ages; the past of a young account begins with its first use."""
    import ibis

    return ibis.least(row["_oldest"], earlier) - later


def _shapes(row: ir.Table) -> dict[str, ir.Value]:
    two_months, three_weeks = _days_there(row, 28, 84), _days_there(row, 7, 28)
    return {
        "events_trend_28d_84d": ratio(row.n_events_28d * two_months, row["_events_prior"] * 28),
        "active_days_trend_28d_84d": ratio(
            row.active_days_28d * two_months, row["_days_prior"] * 28
        ),
        "events_trend_84d_364d": ratio(
            row.n_events_84d * _days_there(row, 84, 364), row["_events_past"] * 84
        ),
        "events_trend_7d_28d": ratio(
            row.n_events_7d * three_weeks, (row.n_events_28d - row.n_events_7d) * 7
        ),
        "events_per_active_day_28d": ratio(row.n_events_28d, row.active_days_28d),
        "weekday_share_28d": ratio(row["_weekday"], row.n_events_28d),
    }
