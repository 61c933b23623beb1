"""Roles: who holds an account, whether the champion is active, silent or gone.

From the optional table ``users``; a user deactivated before as_of is no longer there. A champion
is a user whose role is ``champion`` or ``sponsor``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    count_where,
    days_from,
    flag,
    join_keyed,
    min_where,
    only,
    ratio,
)
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_USERS = ("usage.user_id",)
_ROLES = ("users", "users.role")
_GONE = ("users", "users.deactivated_at")
_LEADS = ("champion", "sponsor")

FEATURES = (
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
    Feature(
        name="n_champions", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, expansion=1, null_means="no users table or no roles", needs=_ROLES,
        label_en="Champions and sponsors", label_ja="推進担当者の数",
        phrase_en="{value} champions and sponsors", phrase_ja="推進担当者は{value}人",
    ),
    Feature(
        name="is_champion_silent_28d", group="people", kind="flag", unit="yes/no", low=0, high=1,
        churn=1, expansion=-1, null_means="no champion or sponsor",
        needs=(*_ROLES, *_USERS),
        label_en="No champion used it in the last 28 days",
        label_ja="直近28日間に推進担当者の利用なし",
    ),
    Feature(
        name="days_since_champion_left", group="people", kind="days", unit="days", low=1,
        churn=-1, null_means="no champion or sponsor has left",
        needs=(*_ROLES, "users.deactivated_at"),
        label_en="Days since a champion left", label_ja="推進担当者が離れてからの日数",
        phrase_en="A champion left {value} ago", phrase_ja="推進担当者の離脱は{value}前",
    ),
    Feature(
        name="n_users", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, expansion=1, null_means="no users table", needs=("users",),
        label_en="Users with an account", label_ja="登録ユーザー数",
        phrase_en="{value} users have an account", phrase_ja="登録ユーザーは{value}人",
    ),
    Feature(
        name="n_admins", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, null_means="no users table or no roles", needs=_ROLES,
        label_en="Admins", label_ja="管理者の数",
        phrase_en="{value} admins", phrase_ja="管理者は{value}人",
    ),
    Feature(
        name="active_admin_share_28d", group="people", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, null_means="no admin", needs=(*_ROLES, *_USERS),
        label_en="Share of admins active in the last 28 days",
        label_ja="直近28日間に利用した管理者の割合",
    ),
    Feature(
        name="dormant_user_share_84d", group="people", kind="share", unit="share", low=0, high=1,
        churn=1, expansion=-1, null_means="no user with an account", needs=("users", *_USERS),
        label_en="Share of users with an account not seen for 84 days",
        label_ja="84日間利用のない登録ユーザーの割合",
    ),
    Feature(
        name="n_users_added_84d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=-1, expansion=1, null_means="no users table", needs=("users",),
        label_en="Users added in the last 84 days", label_ja="直近84日間に追加されたユーザー数",
        phrase_en="{value} users added in the last 84 days",
        phrase_ja="直近84日間に{value}人を追加",
    ),
    Feature(
        name="n_users_left_84d", group="people", kind="count", unit="users", low=0, empty=0,
        churn=1, expansion=-1, null_means="no departures in the users table", needs=_GONE,
        label_en="Users removed in the last 84 days", label_ja="直近84日間に削除されたユーザー数",
        phrase_en="{value} users removed in the last 84 days",
        phrase_ja="直近84日間に{value}人を削除",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure roles per account: one row per account and as_of with any user."""
    users = _seen_users(view)
    row = join_keyed(users.group_by(KEYS).aggregate(**_counts(users)), _champion_use(view))
    silent = flag(row["_active_champions"] == 0)
    return row.select(
        *KEYS,
        *_LEVELS,
        "days_since_champion_use",
        is_champion_silent_28d=only(silent, row.n_champions > 0),
        active_admin_share_28d=ratio(row["_active_admins"], row.n_admins),
        dormant_user_share_84d=ratio(row["_dormant"], row.n_users),
    )


_LEVELS = (
    "n_users", "n_admins", "n_champions", "has_champion", "n_champions_left_84d",
    "days_since_champion_left", "n_users_added_84d", "n_users_left_84d",
)  # fmt: skip


def _seen_users(view: View) -> ir.Table:
    users = view.users
    seen = view.recent_users.select(
        days_28d="days_28d", _account="account_id", _as_of="as_of", _user="user_id"
    )
    same = [
        users.account_id == seen["_account"],
        users.as_of == seen["_as_of"],
        users.user_id == seen["_user"],
    ]
    joined = users.left_join(seen, same)
    return joined.mutate(
        here=joined.deactivated_at.isnull(),
        leads=joined.role.isin(_LEADS).fill_null(False),
        admin=(joined.role == "admin").fill_null(False),
        left_age=days_from(joined.deactivated_at, joined.as_of),
        active=(joined.days_28d > 0).fill_null(False),
        dormant=joined.days_28d.isnull(),
    )


def _counts(users: ir.Table) -> dict[str, ir.Value]:
    champions, admins = users.leads & users.here, users.admin & users.here
    return {
        "n_users": count_where(users.here),
        "n_admins": count_where(admins),
        "n_champions": count_where(champions),
        "has_champion": flag(champions).max(),
        "n_champions_left_84d": count_where(users.leads & (users.left_age <= 84)),
        "days_since_champion_left": min_where(users.left_age, users.leads),
        "n_users_added_84d": count_where(users.age <= 84),
        "n_users_left_84d": count_where(users.left_age <= 84),
        "_active_champions": count_where(champions & users.active),
        "_active_admins": count_where(admins & users.active),
        "_dormant": count_where(users.here & users.dormant),
    }


def _champion_use(view: View) -> ir.Table:
    present = view.users.filter(view.users.role.isin(_LEADS) & view.users.deactivated_at.isnull())
    named = present.select(_account=present.account_id, _as_of=present.as_of, _user=present.user_id)
    days = view.user_days
    # One account's champion may be a guest of another.
    same = [
        days.account_id == named["_account"],
        days.user_id == named["_user"],
        days.as_of == named["_as_of"],
    ]
    theirs = days.inner_join(named, same)
    return theirs.group_by(KEYS).aggregate(days_since_champion_use=theirs.age.min())
