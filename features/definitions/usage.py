"""Usage: how much, how lately, how steadily, against the account's own past.

Windows end at as_of and are whole weeks; the past of a trend is what lies before its recent part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where, join_keyed, ratio, sum_where
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
        name="active_weeks_share_84d", group="usage", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, empty=0, null_means="never",
        label_en="Weeks with use in the last 12", label_ja="直近12週のうち利用のあった週の割合",
    ),
    Feature(
        name="longest_idle_days_84d", group="usage", kind="days", unit="days", low=0, high=84,
        churn=1, expansion=-1, null_means=_NEVER,
        label_en="Longest pause in the last 84 days", label_ja="直近84日間の最長空白日数",
        phrase_en="Longest pause in the last 84 days: {value}",
        phrase_ja="直近84日間で最長{value}の空白",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure usage per account: one row per account and as_of with any use in 364 days."""
    days = _with_pauses(view.account_days)
    levels = days.group_by(KEYS).aggregate(**_levels(days))
    joined = join_keyed(levels, _weeks(days))
    return joined.select(*KEYS, *_LEVELS, **_shapes(joined))


_LEVELS = ("n_events_28d", "active_days_28d", "days_since_last_use", "longest_idle_days_84d")


def _with_pauses(account_days: ir.Table) -> ir.Table:
    import ibis

    # Late arrivals for one day are further rows of the same day: first to one row a day.
    n_events = account_days.n_events.sum().cast("int64")
    days = account_days.group_by([*KEYS, "age"]).aggregate(n_events=n_events)
    # Ages fall as time goes on; the last day of use is followed by as_of itself, age 0.
    order = ibis.window(group_by=KEYS, order_by=ibis.desc(days.age))
    next_age = days.age.lead().over(order)
    return days.mutate(next_age=ibis.coalesce(next_age, 0))


def _levels(days: ir.Table) -> dict[str, ir.Value]:
    import ibis

    recent, prior = days.age <= 28, (days.age > 28) & (days.age <= 84)
    idle_in_window = ibis.least(days.age - 1, 84) - days.next_age
    return {
        "n_events_28d": sum_where(days.n_events, recent),
        "active_days_28d": count_where(recent),
        "days_since_last_use": days.age.min(),
        "longest_idle_days_84d": ibis.greatest(idle_in_window.max(), 0),
        "_events_prior": sum_where(days.n_events, prior),
        "_days_prior": count_where(prior),
        "_events_84d": sum_where(days.n_events, days.age <= 84),
        "_events_past": sum_where(days.n_events, days.age > 84),
        "_oldest": days.age.max(),
    }


def _shapes(row: ir.Table) -> dict[str, ir.Value]:
    return {
        "events_trend_28d_84d": ratio(row.n_events_28d * 2, row["_events_prior"]),
        "active_days_trend_28d_84d": ratio(row.active_days_28d * 2, row["_days_prior"]),
        # The past of a young account is as long as it was there, not a whole year.
        "events_trend_84d_364d": ratio(
            row["_events_84d"] * (row["_oldest"] - 84), row["_events_past"] * 84
        ),
        "active_weeks_share_84d": row["_weeks"].fill_null(0) / 12.0,
    }


def _weeks(days: ir.Table) -> ir.Table:
    recent = days.filter(days.age <= 84)
    week = ((recent.age - 1) / 7.0).floor().cast("int64")
    weeks = recent.select(*KEYS, week=week).distinct()
    return weeks.group_by(KEYS).aggregate(_weeks=weeks.count())
