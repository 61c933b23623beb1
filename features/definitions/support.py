"""Support: what hurts now, and how well it was answered.

As of ``t`` a ticket resolved at or after ``t`` is open and its score is not yet given. Whether it
was reopened is told by its versions known before ``t``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    count_where,
    days_from,
    from_units,
    max_where,
    only,
    ratio,
    whole_units,
)
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_NEEDS = ("tickets",)

FEATURES = (
    Feature(
        name="n_open_tickets", group="support", kind="count", unit="tickets", low=0, empty=0,
        churn=1, null_means="no tickets table", needs=("tickets", "tickets.resolved_at"),
        label_en="Open tickets", label_ja="未解決の問い合わせ件数",
        phrase_en="{value} tickets are open", phrase_ja="未解決の問い合わせが{value}件",
    ),
    Feature(
        name="n_tickets_84d", group="support", kind="count", unit="tickets", low=0, empty=0,
        null_means="no tickets table", needs=_NEEDS,
        label_en="Tickets in the last 84 days", label_ja="直近84日間の問い合わせ件数",
        phrase_en="{value} tickets in the last 84 days",
        phrase_ja="直近84日間の問い合わせは{value}件",
    ),
    Feature(
        name="n_urgent_tickets_84d", group="support", kind="count", unit="tickets", low=0, empty=0,
        churn=1, null_means="no severity written down", needs=("tickets", "tickets.severity"),
        label_en="Tickets of high or urgent severity in the last 84 days",
        label_ja="直近84日間の緊急・重大な問い合わせ件数",
        phrase_en="{value} tickets of high or urgent severity in the last 84 days",
        phrase_ja="直近84日間に緊急・重大な問い合わせ{value}件",
    ),
    Feature(
        name="days_to_resolve_84d", group="support", kind="days", unit="days", low=0, churn=1,
        null_means="no ticket resolved in the last 84 days",
        needs=("tickets", "tickets.resolved_at"),
        label_en="Mean days to resolve a ticket", label_ja="問い合わせの平均解決日数",
        phrase_en="Tickets took {value} to resolve", phrase_ja="問い合わせの解決に平均{value}",
    ),
    Feature(
        name="ticket_csat_364d", group="support", kind="number", unit="score 1-5", low=1, high=5,
        churn=-1, expansion=1, null_means="no ticket scored in the last 364 days",
        needs=("tickets", "tickets.csat", "tickets.resolved_at"),
        label_en="Mean score of resolved tickets", label_ja="問い合わせ対応の平均満足度",
    ),
    Feature(
        name="n_tickets_28d", group="support", kind="count", unit="tickets", low=0, empty=0,
        null_means="no tickets table", needs=_NEEDS,
        label_en="Tickets in the last 28 days", label_ja="直近28日間の問い合わせ件数",
        phrase_en="{value} tickets in the last 28 days",
        phrase_ja="直近28日間の問い合わせは{value}件",
    ),
    Feature(
        name="tickets_trend_28d_84d", group="support", kind="number", unit="ratio", low=0,
        null_means="no ticket in the 56 days before the last 28", needs=_NEEDS,
        label_en="Tickets against the two months before",
        label_ja="その前の2か月と比べた問い合わせ件数",
    ),
    Feature(
        name="days_since_ticket", group="support", kind="days", unit="days", low=1,
        null_means="never opened a ticket", needs=_NEEDS,
        label_en="Days since the last ticket", label_ja="最後の問い合わせからの日数",
        phrase_en="Last opened a ticket {value} ago", phrase_ja="最後の問い合わせは{value}前",
    ),
    Feature(
        name="n_open_urgent_tickets", group="support", kind="count", unit="tickets", low=0,
        empty=0, churn=1, null_means="no severity written down",
        needs=("tickets", "tickets.resolved_at", "tickets.severity"),
        label_en="Open tickets of high or urgent severity",
        label_ja="未解決の緊急・重大な問い合わせ件数",
        phrase_en="{value} tickets of high or urgent severity are open",
        phrase_ja="緊急・重大な問い合わせ{value}件が未解決",
    ),
    Feature(
        name="oldest_open_ticket_days", group="support", kind="days", unit="days", low=0, empty=0,
        churn=1, null_means="no tickets table", needs=("tickets", "tickets.resolved_at"),
        label_en="Days the oldest open ticket waits (0: none does)",
        label_ja="最も古い未解決の問い合わせの経過日数（0は該当なし）",
        phrase_en="The oldest open ticket waits for {value}",
        phrase_ja="最も古い未解決の問い合わせは{value}経過",
    ),
    Feature(
        name="urgent_share_364d", group="support", kind="share", unit="share", low=0, high=1,
        churn=1, null_means="no ticket in the last 364 days", needs=("tickets", "tickets.severity"),
        label_en="Share of tickets of high or urgent severity in the last 364 days",
        label_ja="直近364日間の緊急・重大な問い合わせの割合",
    ),
    Feature(
        name="scored_share_364d", group="support", kind="share", unit="share", low=0, high=1,
        churn=-1, null_means="no ticket resolved in the last 364 days",
        needs=("tickets", "tickets.csat", "tickets.resolved_at"),
        label_en="Share of resolved tickets that got a score",
        label_ja="解決済みの問い合わせのうち評価された割合",
    ),
    Feature(
        name="n_bad_scores_364d", group="support", kind="count", unit="tickets", low=0, empty=0,
        churn=1, expansion=-1, null_means="no ticket scores written down",
        needs=("tickets", "tickets.csat", "tickets.resolved_at"),
        label_en="Tickets scored 1 or 2 in the last 364 days",
        label_ja="直近364日間に評価が1か2だった問い合わせ件数",
        phrase_en="{value} tickets got a score of 1 or 2",
        phrase_ja="評価が1か2の問い合わせが{value}件",
    ),
    Feature(
        name="tickets_per_user_84d", group="support", kind="number", unit="tickets per user",
        low=0, churn=1, null_means="no user seen in the last 84 days",
        needs=("tickets", "usage.user_id"),
        label_en="Tickets per active user in the last 84 days",
        label_ja="アクティブユーザー1人あたりの直近84日間の問い合わせ件数",
    ),
    Feature(
        name="n_reopened_364d", group="support", kind="count", unit="tickets", low=0, empty=0,
        churn=1, expansion=-1, null_means="earlier versions of a ticket are not told apart",
        needs=("tickets", "tickets.resolved_at", "tickets.known_at"),
        label_en="Tickets opened in the last 364 days that were reopened",
        label_ja="直近364日間の問い合わせのうち再オープンされた件数",
        phrase_en="{value} tickets opened in the last 364 days were reopened",
        phrase_ja="直近364日間の問い合わせのうち{value}件が再オープン",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure tickets per account: one row per account and as_of with any ticket."""
    tickets = view.tickets
    resolved = days_from(tickets.resolved_at, tickets.as_of)
    timed = tickets.mutate(
        resolved_age=resolved,
        took=_not_negative(days_from(tickets.opened_at, tickets.resolved_at)),
        score=whole_units(tickets.csat),
    )
    row = timed.group_by(KEYS).aggregate(**_sums(timed))
    return row.select(
        *KEYS,
        *_LEVELS,
        tickets_trend_28d_84d=ratio(row.n_tickets_28d * 2, row.n_tickets_84d - row.n_tickets_28d),
        urgent_share_364d=ratio(row["_urgent"], row["_opened"]),
        scored_share_364d=ratio(row["_scored"], row["_done"]),
        days_to_resolve_84d=ratio(row["_took"], row["_resolved"]),
        ticket_csat_364d=ratio(from_units(row["_score"]), row["_scored"]),
    )


def derive(panel: ir.Table) -> dict[str, ir.Value]:
    """Derive tickets per active user."""
    return {"tickets_per_user_84d": ratio(panel.n_tickets_84d, panel.n_active_users_84d)}


_LEVELS = (
    "n_open_tickets", "n_tickets_28d", "n_tickets_84d", "n_urgent_tickets_84d",
    "days_since_ticket", "n_open_urgent_tickets", "oldest_open_ticket_days", "n_bad_scores_364d",
    "n_reopened_364d",
)  # fmt: skip
_URGENT = ("high", "urgent")
_BAD = 2


def _sums(tickets: ir.Table) -> dict[str, ir.Value]:
    lately = tickets.age <= 84
    done = tickets.resolved_age <= 84
    scored = tickets.score.notnull() & (tickets.resolved_age <= 364)
    waiting, urgent = tickets.resolved_at.isnull(), tickets.severity.isin(_URGENT)
    return {
        "n_open_tickets": count_where(waiting),
        "n_tickets_28d": count_where(tickets.age <= 28),
        "n_tickets_84d": count_where(lately),
        "n_urgent_tickets_84d": count_where(lately & urgent),
        "days_since_ticket": tickets.age.min(),
        "n_open_urgent_tickets": count_where(waiting & urgent),
        "oldest_open_ticket_days": max_where(tickets.age, waiting),
        "n_bad_scores_364d": count_where(scored & (tickets.csat <= _BAD)),
        "n_reopened_364d": count_where(tickets.is_reopened & (tickets.age <= 364)),
        "_opened": count_where(tickets.age <= 364),
        "_urgent": count_where(urgent & (tickets.age <= 364)),
        "_done": count_where(tickets.resolved_age <= 364),
        "_took": only(tickets.took, done).sum(),
        "_resolved": count_where(done),
        "_score": only(tickets.score, scored).sum(),
        "_scored": count_where(scored),
    }


def _not_negative(days: ir.IntegerValue) -> ir.IntegerValue:
    import ibis

    # A date stands for its 00:00, so a ticket may be resolved "before" it was opened that day.
    return ibis.ifelse(days < 0, 0, days)
