"""Support: what hurts now, and how well it was answered.

As of ``t`` a ticket resolved at or after ``t`` is open and its score is not yet given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    count_where,
    days_from,
    from_units,
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
        label_en="Urgent tickets in the last 84 days",
        label_ja="直近84日間の緊急・重大な問い合わせ件数",
        phrase_en="{value} urgent tickets in the last 84 days",
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
        "n_open_tickets",
        "n_tickets_84d",
        "n_urgent_tickets_84d",
        days_to_resolve_84d=ratio(row["_took"], row["_resolved"]),
        ticket_csat_364d=ratio(from_units(row["_score"]), row["_scored"]),
    )


def _sums(tickets: ir.Table) -> dict[str, ir.Value]:
    lately = tickets.age <= 84
    done = tickets.resolved_age <= 84
    scored = tickets.score.notnull() & (tickets.resolved_age <= 364)
    return {
        "n_open_tickets": count_where(tickets.resolved_at.isnull()),
        "n_tickets_84d": count_where(lately),
        "n_urgent_tickets_84d": count_where(lately & tickets.severity.isin(("high", "urgent"))),
        "_took": only(tickets.took, done).sum(),
        "_resolved": count_where(done),
        "_score": only(tickets.score, scored).sum(),
        "_scored": count_where(scored),
    }


def _not_negative(days: ir.IntegerValue) -> ir.IntegerValue:
    import ibis

    # A date stands for its 00:00, so a ticket may be resolved "before" it was opened that day.
    return ibis.ifelse(days < 0, 0, days)
