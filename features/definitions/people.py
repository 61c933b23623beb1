"""People: how many use the product, how often, who is new and who stopped.

A user is active in a window when a row of use names them there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where, ratio
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_IDLE = "no user seen in the last 28 days"
_USERS = ("usage.user_id",)
# Used on at least three days of every week: a habit.
_POWER_DAYS = 12

FEATURES = (
    Feature(
        name="n_active_users_28d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, expansion=1, null_means="usage names no users", needs=_USERS,
        label_en="Active users in the last 28 days", label_ja="直近28日間のアクティブユーザー数",
        phrase_en="{value} active users in the last 28 days",
        phrase_ja="直近28日間のアクティブユーザーは{value}人",
    ),
    Feature(
        name="active_users_trend_28d_56d", group="people", kind="number", unit="ratio", low=0,
        churn=-1, expansion=1, null_means="no user seen in the 28 days before", needs=_USERS,
        label_en="Active users against the month before",
        label_ja="前月と比べたアクティブユーザー数",
        phrase_en="Active users are {value} of the month before",
        phrase_ja="アクティブユーザー数は前月の{value}",
    ),
    Feature(
        name="daily_users_28d", group="people", kind="number", unit="users per day", low=0,
        empty=0, churn=-1, expansion=1, null_means="usage names no users", needs=_USERS,
        label_en="Users per day in the last 28 days (mean DAU)",
        label_ja="直近28日間の1日あたりユーザー数（平均DAU）",
        phrase_en="{value} users on a mean day", phrase_ja="1日あたり平均{value}人が利用",
    ),
    Feature(
        name="stickiness_28d", group="people", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, null_means=_IDLE, needs=_USERS,
        label_en="Stickiness (mean DAU ÷ MAU)", label_ja="定着度（平均DAU÷MAU）",
    ),
    Feature(
        name="power_user_share_28d", group="people", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, null_means=_IDLE, needs=_USERS,
        label_en="Share of power users", label_ja="ヘビーユーザーの割合",
        phrase_en="{value} of the active users are power users",
        phrase_ja="アクティブユーザーの{value}がヘビーユーザー",
    ),
    Feature(
        name="top_user_share_28d", group="people", kind="share", unit="share", low=0, high=1,
        churn=1, expansion=-1, null_means=_IDLE, needs=_USERS,
        label_en="Share of use by one single user", label_ja="最多利用者1名への集中度",
        phrase_en="One single user does {value} of the use", phrase_ja="1名で利用の{value}を占める",
    ),
    Feature(
        name="lost_user_share_28d_84d", group="people", kind="share", unit="share", low=0, high=1,
        churn=1, expansion=-1, null_means="no user seen in the 56 days before", needs=_USERS,
        label_en="Share of users who stopped", label_ja="利用をやめたユーザーの割合",
        phrase_en="{value} of the earlier users stopped in the last 28 days",
        phrase_ja="以前のユーザーの{value}が直近28日間利用なし",
    ),
    Feature(
        name="n_active_users_7d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, expansion=1, null_means="usage names no users", needs=_USERS,
        label_en="Active users in the last 7 days", label_ja="直近7日間のアクティブユーザー数",
        phrase_en="{value} active users in the last 7 days",
        phrase_ja="直近7日間のアクティブユーザーは{value}人",
    ),
    Feature(
        name="weekly_user_share_28d", group="people", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, null_means=_IDLE, needs=_USERS,
        label_en="Active users of the last week among those of four weeks (WAU ÷ MAU)",
        label_ja="直近4週のユーザーのうち直近1週も利用した割合（WAU÷MAU）",
    ),
    Feature(
        name="n_active_users_84d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, expansion=1, null_means="usage names no users", needs=_USERS,
        label_en="Active users in the last 84 days", label_ja="直近84日間のアクティブユーザー数",
        phrase_en="{value} active users in the last 84 days",
        phrase_ja="直近84日間のアクティブユーザーは{value}人",
    ),
    Feature(
        name="n_power_users_28d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, expansion=1, null_means="usage names no users", needs=_USERS,
        label_en="Power users (12 or more of the last 28 days)",
        label_ja="ヘビーユーザー数（直近28日のうち12日以上利用）",
        phrase_en="{value} power users", phrase_ja="ヘビーユーザーは{value}人",
    ),
    Feature(
        name="one_day_user_share_28d", group="people", kind="share", unit="share", low=0, high=1,
        churn=1, expansion=-1, null_means=_IDLE, needs=_USERS,
        label_en="Share of active users seen on one day only",
        label_ja="1日しか利用していないユーザーの割合",
    ),
    Feature(
        name="events_per_user_28d", group="people", kind="number", unit="events per user", low=0,
        churn=-1, expansion=1, null_means=_IDLE, needs=_USERS,
        label_en="Use per active user in the last 28 days",
        label_ja="アクティブユーザー1人あたりの直近28日間の利用回数",
    ),
    Feature(
        name="n_new_users_28d_84d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, expansion=1, null_means="usage names no users", needs=_USERS,
        label_en="Active users not seen in the two months before",
        label_ja="その前の2か月に利用がなかった新しいアクティブユーザー数",
        phrase_en="{value} new active users in the last 28 days",
        phrase_ja="直近28日間の新しいアクティブユーザーは{value}人",
    ),
    Feature(
        name="new_user_share_28d_84d", group="people", kind="share", unit="share", low=0, high=1,
        expansion=1, null_means=_IDLE, needs=_USERS,
        label_en="Share of new users among the active",
        label_ja="アクティブユーザーに占める新規の割合",
    ),
    Feature(
        name="n_lost_users_28d_84d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=1, expansion=-1, null_means="usage names no users", needs=_USERS,
        label_en="Users who stopped in the last 28 days",
        label_ja="直近28日間に利用をやめたユーザー数",
        phrase_en="{value} users stopped in the last 28 days",
        phrase_ja="直近28日間に{value}人が利用をやめた",
    ),
    Feature(
        name="returning_user_share_28d_56d", group="people", kind="share", unit="share", low=0,
        high=1, churn=-1, expansion=1, null_means="no user seen in the 28 days before",
        needs=_USERS,
        label_en="Share of the month before's users who came back",
        label_ja="前月のユーザーのうち今月も利用した割合",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure people per account: one row per account and as_of with users seen in 84 days."""
    users = view.recent_users
    counted = users.group_by(KEYS).aggregate(**_counts(users))
    return counted.select(*KEYS, *_LEVELS, **_shares(counted))


_LEVELS = (
    "n_active_users_7d", "n_active_users_28d", "n_active_users_84d", "n_power_users_28d",
    "n_new_users_28d_84d", "n_lost_users_28d_84d",
)  # fmt: skip


def _counts(users: ir.Table) -> dict[str, ir.Value]:
    active, before = users.days_28d > 0, users.days_before > 0
    return {
        "n_active_users_7d": count_where(users.days_7d > 0),
        "n_active_users_28d": count_where(active),
        "n_active_users_84d": users.count(),
        "n_power_users_28d": count_where(users.days_28d >= _POWER_DAYS),
        "n_new_users_28d_84d": count_where(active & ~before),
        "n_lost_users_28d_84d": count_where(before & ~active),
        "_prior": count_where(users.days_prior > 0),
        "_returned": count_where((users.days_prior > 0) & active),
        "_one_day": count_where(users.days_28d == 1),
        "_before": count_where(before),
        "_days": users.days_28d.sum(),
        "_events": users.events_28d.sum(),
        "_top": users.events_28d.max(),
    }


def _shares(row: ir.Table) -> dict[str, ir.Value]:
    active = row.n_active_users_28d
    return {
        "daily_users_28d": row["_days"].cast("float64") / 28,
        "active_users_trend_28d_56d": ratio(active, row["_prior"]),
        "stickiness_28d": ratio(row["_days"], active * 28),
        "power_user_share_28d": ratio(row.n_power_users_28d, active),
        "top_user_share_28d": ratio(row["_top"], row["_events"]),
        "lost_user_share_28d_84d": ratio(row.n_lost_users_28d_84d, row["_before"]),
        "weekly_user_share_28d": ratio(row.n_active_users_7d, active),
        "one_day_user_share_28d": ratio(row["_one_day"], active),
        "events_per_user_28d": ratio(row["_events"], active),
        "new_user_share_28d_84d": ratio(row.n_new_users_28d_84d, active),
        "returning_user_share_28d_56d": ratio(row["_returned"], row["_prior"]),
    }
