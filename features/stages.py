"""The daily stage: usage summed once per day, so that every snapshot reads small tables.

Grain: one row per account (and user, or feature), day and the day the rows became known.
``days`` is 1 on the first-known row of a day (of a user, or an account) and 0 on later arrivals for
the same day, so that the sum of ``days`` counts distinct days under any as_of; an account's
``n_users`` are those whose day is first known by that row, so that they add up too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir


@dataclass(frozen=True)
class Stage:
    """Usage per day: of users, of features, and of whole accounts."""

    users: ir.Table
    features: ir.Table
    accounts: ir.Table


_NUMBERS = {"day": "date", "known_on": "date", "n_events": "int64"}
_ACCOUNT, _USER = {"account_id": "string"}, {"user_id": "string"}
SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "user_days": {**_ACCOUNT, **_USER, **_NUMBERS, "days": "int64"},
    "feature_days": {**_ACCOUNT, "feature": "string", **_NUMBERS},
    "account_days": {**_ACCOUNT, **_NUMBERS, "days": "int64", "n_users": "int64"},
}


def stage_tables() -> Stage:
    """Return the tables of the stage, by the names under which a source holds them."""
    users, features, accounts = (ibis.table(dict(s), name=name) for name, s in SCHEMAS.items())
    return Stage(users=users, features=features, accounts=accounts)


def user_days(usage: ir.Table, *, late: bool) -> ir.Table:
    """Sum usage per user and day; ``late`` says whether rows may arrive after their day."""
    rows = _daily_rows(usage)
    return _counted(rows.filter(rows.user_id.notnull()), ("account_id", "user_id"), late=late)


def feature_days(usage: ir.Table) -> ir.Table:
    """Sum usage per feature and day."""
    summed = _summed(_daily_rows(usage), "account_id", "feature", "day", "known_on")
    return summed.select(*SCHEMAS["feature_days"])


def account_days(features: ir.Table, users: ir.Table, *, late: bool) -> ir.Table:
    """Sum the days of features to days of accounts, and count their users."""
    days = _counted(features, ("account_id",), late=late)
    grain = ("account_id", "day", "known_on")
    # Whoever names a user is a row of use of the account, known on the same day.
    counted = users.group_by(list(grain)).aggregate(n=users.days.sum().cast("int64"))
    theirs = counted.select("n", **{f"_{name}": counted[name] for name in grain})
    joined = days.left_join(theirs, [days[name] == theirs[f"_{name}"] for name in grain])
    return joined.select(*days.columns, n_users=joined.n.fill_null(0))


def _counted(rows: ir.Table, whose: tuple[str, ...], *, late: bool) -> ir.Table:
    columns = (*whose, *_NUMBERS, "days")
    on_time = _summed(rows.filter(rows.known_on == rows.day), *whose, "day")
    on_time = on_time.mutate(known_on=on_time.day, days=_whole(1)).select(*columns)
    if not late:
        return on_time
    arrived = _summed(rows.filter(rows.known_on > rows.day), *whose, "day", "known_on")
    return ibis.union(on_time, _arrived_later(arrived, on_time, whose).select(*columns))


def _daily_rows(usage: ir.Table) -> ir.Table:
    # A row that counts nothing, as exports pad them, is no day of use.
    used = usage.filter(usage["count"].fill_null(1) > 0)
    known_at = ibis.coalesce(used.known_at, used.day)
    day, known_on = used.day.date(), known_at.date()
    return used.select(
        "account_id",
        "user_id",
        "feature",
        day=day,
        known_on=ibis.ifelse(known_on > day, known_on, day),
        n_events=used["count"].fill_null(1),
    )


def _summed(rows: ir.Table, *grain: str) -> ir.Table:
    return rows.group_by(list(grain)).aggregate(n_events=rows.n_events.sum().cast("int64"))


def _arrived_later(arrived: ir.Table, on_time: ir.Table, whose: tuple[str, ...]) -> ir.Table:
    # Late rows are few: only they are ranked, and only against the days they are late for.
    grain = (*whose, "day")
    first = arrived.known_on.min().over(ibis.window(group_by=list(grain)))
    ranked = arrived.mutate(first=arrived.known_on == first)
    before = on_time.select(**{f"_{name}": on_time[name] for name in grain})
    joined = ranked.left_join(before, [ranked[name] == before[f"_{name}"] for name in grain])
    is_first = joined["first"] & joined["_day"].isnull()
    return joined.mutate(days=ibis.ifelse(is_first, _whole(1), _whole(0)))


def _whole(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, type="int64")
