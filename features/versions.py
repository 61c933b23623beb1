"""Versions of a row: until when each stands, and what the versions before it tell.

A row and its corrections are told apart by ``known_at``. What is added to a version comes from
versions known no later than itself, so whoever may see the version may see that too.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.schema import Table


def with_versions(timed: ir.Table, declared: Table) -> ir.Table:
    """Add ``corrected_at``, when the next version of the key became known, and what is told again.

    ``is_correction`` says whether a version has one before it, where a column asks for it;
    ``is_reopened`` is about tickets.

    Parameters
    ----------
    timed : ibis Table
        Raw rows, each with a ``known_at``: one pass over them, whatever the snapshots.
    declared : Table
        Their declaration.
    """
    versions = ibis.window(group_by=list(declared.key), order_by=timed.known_at)
    dated = timed.mutate(corrected_at=timed.known_at.lead().over(versions))
    if any(column.told_again for column in declared.columns):
        dated = dated.mutate(is_correction=is_correction(dated, declared, dated.known_at))
    return _with_reopened(dated, declared) if declared.name == "tickets" else dated


def is_correction(rows: ir.Table, declared: Table, known_at: ir.TimestampValue) -> ir.BooleanValue:
    """Return whether a version of a row's key was known before it."""
    versions = ibis.window(group_by=[rows[name] for name in declared.key], order_by=known_at)
    return ibis.row_number().over(versions) > 0


def without_versions(timed: ir.Table, declared: Table) -> ir.Table:
    """Say of rows that are there once that no earlier version of them is known."""
    return timed.mutate(is_reopened=ibis.literal(False)) if declared.name == "tickets" else timed


def _with_reopened(tickets: ir.Table, declared: Table) -> ir.Table:
    """Add ``is_reopened``: a version told the ticket was resolved, a later one took that back.

    There is no history of a ticket's status. It was reopened where a version known when it had
    been resolved is followed by one that says it is not, or was later.
    """
    versions = ibis.window(group_by=list(declared.key), order_by=tickets.known_at)
    opened, resolved, known = tickets.opened_at, tickets.resolved_at, tickets.known_at
    beside = tickets.mutate(
        _resolved=resolved.lag().over(versions),
        # A version dated ahead of what follows it told nothing yet.
        _opened=opened.lag().over(versions) < known,
    )
    was_resolved = beside["_opened"] & (beside["_resolved"] < beside.known_at)
    again = beside.resolved_at.isnull() | (beside.resolved_at > beside["_resolved"])
    told = was_resolved & again & (beside.opened_at < beside.known_at)
    marked = beside.mutate(_again=ibis.ifelse(told, 1, 0))
    so_far = ibis.cumulative_window(group_by=list(declared.key), order_by=marked.known_at)
    return marked.mutate(is_reopened=marked["_again"].max().over(so_far) == 1).drop(
        "_resolved", "_opened", "_again"
    )
