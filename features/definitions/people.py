"""People: how many use the product, how often, and whether the champion still does.

Active users are seen in usage; roles and departures come from the optional table ``users``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where, days_from, flag, join_keyed, ratio, sum_where
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_IDLE = "no user seen in the last 28 days"
_USERS = ("usage.user_id",)
# Used on at least three days of every week: a habit.
_POWER_DAYS = 12
_LEADS = ("champion", "sponsor")

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
        name="days_since_champion_use", group="people", kind="days", unit="days", low=1, high=364,
        churn=1, expansion=-1, null_means="no champion or sponsor seen in 364 days",
        needs=("users", "users.role", *_USERS),
        label_en="Days since the champion's last use", label_ja="推進担当者の最終利用からの日数",
        phrase_en="The champion last used it {value} ago",
        phrase_ja="推進担当者の最終利用は{value}前",
    ),
    Feature(
        name="has_champion", group="people", kind="flag", unit="yes/no", low=0, high=1,
        churn=-1, expansion=1, empty=0, null_means="no users table or no roles",
        needs=("users", "users.role"),
        label_en="Has a champion or sponsor", label_ja="推進担当者の有無",
    ),
    Feature(
        name="n_champions_left_84d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=1, expansion=-1, null_means="no roles or departures in the users table",
        needs=("users", "users.role", "users.deactivated_at"),
        label_en="Champions who left in the last 84 days",
        label_ja="直近84日間に離れた推進担当者の数",
        phrase_en="{value} champions left in the last 84 days",
        phrase_ja="直近84日間に推進担当者{value}人が離脱",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure people per account: one row per account known at as_of."""
    accounts = view.accounts.select(*KEYS)
    for group in (_active(view), _roles(view), _champion_use(view)):
        accounts = join_keyed(accounts, group)
    return accounts


def _active(view: View) -> ir.Table:
    days = view.user_days.filter(view.user_days.age <= 84)
    users = days.group_by([*KEYS, "user_id"]).aggregate(
        days_28d=sum_where(days.days, days.age <= 28),
        days_prior=sum_where(days.days, (days.age > 28) & (days.age <= 56)),
        days_before=sum_where(days.days, days.age > 28),
        events_28d=sum_where(days.n_events, days.age <= 28),
    )
    counted = users.group_by(KEYS).aggregate(**_counts(users))
    return counted.select(*KEYS, "n_active_users_28d", **_shares(counted))


def _counts(users: ir.Table) -> dict[str, ir.Value]:
    active, before = users.days_28d > 0, users.days_before > 0
    return {
        "n_active_users_28d": count_where(active),
        "_prior": count_where(users.days_prior > 0),
        "_power": count_where(users.days_28d >= _POWER_DAYS),
        "_before": count_where(before),
        "_lost": count_where(before & ~active),
        "_days": users.days_28d.sum(),
        "_events": users.events_28d.sum(),
        "_top": users.events_28d.max(),
    }


def _shares(row: ir.Table) -> dict[str, ir.Value]:
    active = row.n_active_users_28d
    return {
        "active_users_trend_28d_56d": ratio(active, row["_prior"]),
        "stickiness_28d": ratio(row["_days"], active * 28),
        "power_user_share_28d": ratio(row["_power"], active),
        "top_user_share_28d": ratio(row["_top"], row["_events"]),
        "lost_user_share_28d_84d": ratio(row["_lost"], row["_before"]),
    }


def _roles(view: View) -> ir.Table:
    users = view.users
    here = users.deactivated_at.isnull()
    leads = users.role.isin(_LEADS)
    left = days_from(users.deactivated_at, users.as_of) <= 84
    return users.group_by(KEYS).aggregate(
        n_users=count_where(here),
        has_champion=flag((leads & here).fill_null(False)).max(),
        n_champions_left_84d=count_where(leads & left),
    )


def _champion_use(view: View) -> ir.Table:
    present = view.users.filter(view.users.role.isin(_LEADS) & view.users.deactivated_at.isnull())
    named = present.select(_as_of=present.as_of, _user=present.user_id)
    days = view.user_days
    theirs = days.inner_join(named, [days.user_id == named["_user"], days.as_of == named["_as_of"]])
    return theirs.group_by(KEYS).aggregate(days_since_champion_use=theirs.age.min())
