"""What several groups of features read, summed once a run: weeks of accounts, and recent users.

Both are made of days as they became known: events and days add up, whatever arrived late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, sum_where

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Four weeks, and the half-year before them.
WEEKS = 30


def weeks(arrivals: ir.Table) -> ir.Table:
    """Return one row per account, as_of and week of use: ``week`` and sums over its days.

    Week 0 is the last before as_of; there are ``WEEKS`` of them. ``n_user_days`` are the days of
    all its users.
    """
    lately = arrivals.filter(arrivals.age <= 7 * WEEKS)
    dated = lately.mutate(week=((lately.age - 1) / 7.0).floor().cast("int64"))
    return dated.group_by([*KEYS, "week"]).aggregate(
        n_events=dated.n_events.sum().cast("int64"),
        n_days=dated.days.sum().cast("int64"),
        n_user_days=dated.n_users.sum().cast("int64"),
    )


def recent_users(user_days: ir.Table) -> ir.Table:
    """Return one row per account, as_of and user seen in 84 days: days and events of use."""
    days = user_days.filter(user_days.age <= 84)
    return days.group_by([*KEYS, "user_id"]).aggregate(
        days_7d=sum_where(days.days, days.age <= 7).cast("int64"),
        days_28d=sum_where(days.days, days.age <= 28).cast("int64"),
        days_prior=sum_where(days.days, (days.age > 28) & (days.age <= 56)).cast("int64"),
        days_before=sum_where(days.days, days.age > 28).cast("int64"),
        events_28d=sum_where(days.n_events, days.age <= 28).cast("int64"),
    )
