"""The daily stage: usage summed once per day, so that every snapshot reads small tables.

Grain: one row per account (and user, or feature), day and the day the rows became known.
``days`` is 1 on the first-known row of a user and day and 0 on later arrivals for the same day,
so that the sum of ``days`` counts a user's distinct days under any as_of.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.engine import Source


@dataclass(frozen=True)
class Stage:
    """Usage per day: of users, of features, and of whole accounts."""

    users: ir.Table
    features: ir.Table
    accounts: ir.Table


_NUMBERS = {"day": "date", "known_on": "date", "n_events": "int64"}


def stage_tables() -> Stage:
    """Return the tables of the stage, as ``build_stage`` leaves them beside a source."""
    account, user = {"account_id": "string"}, {"user_id": "string"}
    return Stage(
        users=ibis.table({**account, **user, **_NUMBERS, "days": "int64"}, name="user_days"),
        features=ibis.table({**account, "feature": "string", **_NUMBERS}, name="feature_days"),
        accounts=ibis.table({**account, **_NUMBERS}, name="account_days"),
    )


def build_stage(source: Source) -> None:
    """Sum a source's usage per day, once, and keep it beside the source."""
    usage = _daily_rows(source.tables["usage"])
    late = "usage.known_at" not in source.missing
    users = _summed(usage.filter(usage.user_id.notnull()), "account_id", "user_id")
    source.keep("user_days", _first_known(users, "user_id") if late else _once(users))
    source.keep("feature_days", _summed(usage, "account_id", "feature"))
    source.keep("account_days", _summed(stage_tables().features, "account_id"))


def _daily_rows(usage: ir.Table) -> ir.Table:
    known_at = ibis.coalesce(usage.known_at, usage.day)
    day, known_on = usage.day.date(), known_at.date()
    return usage.select(
        "account_id",
        "user_id",
        "feature",
        day=day,
        known_on=ibis.ifelse(known_on > day, known_on, day),
        n_events=usage["count"].fill_null(1),
    )


def _summed(rows: ir.Table, *grain: str) -> ir.Table:
    return rows.group_by([*grain, "day", "known_on"]).aggregate(
        n_events=rows.n_events.sum().cast("int64")
    )


def _once(rows: ir.Table) -> ir.Table:
    return rows.mutate(days=ibis.literal(1, type="int64"))


def _first_known(rows: ir.Table, *grain: str) -> ir.Table:
    same_day = ibis.window(group_by=["account_id", *grain, "day"])
    first = rows.known_on.min().over(same_day)
    return rows.mutate(days=ibis.ifelse(rows.known_on == first, 1, 0).cast("int64"))
