"""The only door to the tables: a view of what was known strictly before each as_of.

A row is seen as of ``t`` when its own time and its ``known_at`` are both ``< t`` and no correction
of it was known before ``t``; a changeable value is seen when its own clock is ``< t``, or where a
correction that is seen tells it again. Every table of the view carries ``as_of`` and ``age``, the
whole days from the row's own time to ``as_of``: the window ``[t - 28 d, t)`` is ``age <= 28``.
``as_of`` is always 00:00 UTC, so an age is exact: a row at ``t - 28 d`` has age 28 and a row at
``t`` is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from features.expressions import KEYS, days_from, newest_rows, only
from features.products import changes_in_order
from features.rollups import recent_users, weeks
from features.schema import TABLES, Column, Table
from features.source import Source
from features.stages import Stage
from features.versions import with_versions, without_versions

# The longest window any feature looks back over usage, in days.
LONGEST_WINDOW = 364
_SNAPSHOTS = {"as_of": "timestamp", "newest": "timestamp"}
BRIDGE = "bridge"
_KEYED = ("contracts", "users", "tickets", "surveys", "invoices", "milestones", "touches")
# The changes that end a contract, and those that answer them.
_TURNS = ("new", "renewal", "reactivation", "notice", "churn")


@dataclass(frozen=True)
class View:
    """The tables as known at each as_of; grain is that of the raw table, times as_of.

    ``account_days`` holds one row per account, as_of and day of use (``age``, ``n_events``).
    ``user_days``, ``feature_days`` and ``arrivals`` (days of accounts as they became known) hold a
    further row for what arrived late for a day: sum their ``n_events``, and count the days of a
    user or an account by the sum of ``days``. ``module_days`` are those features' which have a
    ``module``.
    ``weeks`` and ``recent_users`` are sums of them that several groups read; see ``rollups``.
    ``tickets`` say by ``is_reopened`` whether versions known by then tell of a reopening.
    ``changes`` are the contracts' but notices, in their order per product (``features.products``).
    ``endings`` holds, per account and product, the newest decision known at as_of that began or
    ended it, whatever day it takes effect. It was made (``decided_at``) when it was asked for or
    known, whichever came first; a churn that has taken effect counts from that day.
    """

    accounts: ir.Table
    contracts: ir.Table
    changes: ir.Table
    endings: ir.Table
    users: ir.Table
    tickets: ir.Table
    surveys: ir.Table
    invoices: ir.Table
    milestones: ir.Table
    touches: ir.Table
    modules: ir.Table
    user_days: ir.Table
    feature_days: ir.Table
    module_days: ir.Table
    account_days: ir.Table
    arrivals: ir.Table
    weeks: ir.Table
    recent_users: ir.Table


def place_snapshots(source: Source, as_of: Sequence[datetime]) -> None:
    """Set the as_of moments, and the watermark, that the next run of expressions is about."""
    # Said in words: to hand over a table of rows takes the engine three times as long.
    newest = _in_words(source.newest)
    rows = ", ".join(f"({_in_words(moment)}, {newest})" for moment in as_of)
    words = f"SELECT * FROM (VALUES {rows}) AS moments(as_of, newest)"
    source.backend.worded_view("snapshots", words)


def _in_words(moment: datetime | None) -> str:
    value = "NULL" if moment is None else f"'{moment.isoformat(sep=' ')}'"
    return f"CAST({value} AS TIMESTAMP)"


def snapshots() -> ir.Table:
    """Return the table of as_of moments of the current run, one row each."""
    return watermarked_snapshots().drop("newest")


def watermarked_snapshots() -> ir.Table:
    """Return the as_of moments, each with the source's watermark: for labels alone."""
    return ibis.table(_SNAPSHOTS, name="snapshots")


def bridge() -> ir.Table:
    """Return the days in the windows of each as_of, and their age."""
    ages = ibis.range(1, LONGEST_WINDOW + 1).unnest().name("age").as_table()
    days = snapshots().cross_join(ages)
    day = (days.as_of - days.age.as_interval("D")).date()
    return days.select("as_of", day=day, age=days.age.cast("int64"))


def known_before(
    tables: Mapping[str, ir.Table], stage: Stage, corrected: Collection[str]
) -> dict[str, ir.Table]:
    """Return the tables and their daily stage as known at the placed snapshots, by name.

    Parameters
    ----------
    corrected : collection of str
        Tables that may hold a row and its correction; see ``corrected_tables``.
    """
    seen = {name: _seen(tables[name], TABLES[name], corrected) for name in _KEYED}
    arrivals, user_days = _bridged(stage.accounts), _bridged(stage.users)
    return {
        "accounts": _accounts(tables["accounts"], corrected),
        "changes": changes_in_order(seen["contracts"]),
        "endings": _endings(tables["contracts"]),
        "user_days": user_days,
        "feature_days": _bridged(stage.features),
        "module_days": _bridged(_of_modules(stage.features, tables["modules"])),
        "account_days": _once_a_day(stage.accounts),
        "arrivals": arrivals,
        "weeks": weeks(arrivals),
        "recent_users": recent_users(user_days),
        **seen,
    }


def view_of(known: Mapping[str, ir.Table], named: Collection[str], modules: ir.Table) -> View:
    """Return the view; some tables carry the names under which a run of the plan has them.

    The others are folded into what reads them.
    """
    others = {name: ibis.table(known[name].schema(), name=seen(name)) for name in named}
    return View(modules=modules, **{**known, **others})


def seen(name: str) -> str:
    """Return the name of a table as known at the placed snapshots."""
    return f"seen_{name}"


def corrected_tables(missing: Collection[str]) -> frozenset[str]:
    """Return the tables of a source that may hold a row and, known later, its correction.

    Without ``known_at`` a key is there once (the check refuses it twice), so nothing is ranked.
    """
    return frozenset(
        name
        for name in ("accounts", *_KEYED)
        if TABLES[name].may_be_corrected and not {name, f"{name}.known_at"} & set(missing)
    )


def _seen(table: ir.Table, declared: Table, corrected: Collection[str] = ()) -> ir.Table:
    crossed = _crossed(table, declared, corrected=declared.name in corrected)
    visible = crossed.filter(crossed[str(declared.time)] < crossed.as_of)
    clocks = {c.name: _told(visible, c) for c in declared.columns if c.clock}
    return visible.mutate(age=days_from(visible[str(declared.time)], visible.as_of), **clocks)


def _told(visible: ir.Table, column: Column) -> ir.Value:
    told = visible[str(column.clock)] < visible.as_of
    if column.told_again and "is_correction" in visible.columns:
        told |= visible.is_correction
    return only(visible[column.name], told)


def _crossed(table: ir.Table, declared: Table, *, corrected: bool = False) -> ir.Table:
    timed = table.mutate(known_at=ibis.coalesce(table.known_at, table[str(declared.time)]))
    if not corrected:
        crossed = without_versions(timed, declared).cross_join(snapshots())
        return crossed.filter(crossed.known_at < crossed.as_of)
    # A row stands until a correction of the same key is known.
    crossed = with_versions(timed, declared).cross_join(snapshots())
    stands = crossed.corrected_at.isnull() | (crossed.corrected_at >= crossed.as_of)
    return crossed.filter((crossed.known_at < crossed.as_of) & stands).drop("corrected_at")


def _accounts(accounts: ir.Table, corrected: Collection[str]) -> ir.Table:
    seen = _seen(accounts, TABLES["accounts"])
    if "accounts" not in corrected:
        return seen
    return newest_rows(seen, per=("account_id", "as_of"), order=("known_at", "created_at"))


def _endings(contracts: ir.Table) -> ir.Table:
    crossed = _crossed(contracts, TABLES["contracts"])
    turns = crossed.filter(crossed.type.isin(_TURNS))
    asked = ibis.coalesce(turns.requested_at, turns.happened_at)
    gone = (turns.type == "churn") & (turns.happened_at < turns.as_of)
    decided = ibis.ifelse(gone, turns.happened_at, ibis.least(turns.known_at, asked))
    return newest_rows(
        turns.mutate(product_id=ibis.coalesce(turns.product_id, ""), decided_at=decided),
        per=("account_id", "as_of", "product_id"),
        order=("decided_at", "known_at", "change_id"),
    )


def _bridged(stage: ir.Table) -> ir.Table:
    days = ibis.table(bridge().schema(), name=BRIDGE)
    joined = stage.inner_join(days, "day")
    return joined.filter(joined.known_on < joined.as_of.date())


def _of_modules(stage: ir.Table, modules: ir.Table) -> ir.Table:
    parts = modules.select("module", _feature=modules.feature)
    return stage.inner_join(parts, stage.feature == parts["_feature"]).select(
        "account_id", "module", "day", "known_on"
    )


def _once_a_day(stage: ir.Table) -> ir.Table:
    """Return one row per account, as_of and day of use, what arrived late for that day included.

    Late rows are few: they are added to the days they are late for by a join, which costs a small
    part of summing every day of every account again.
    """
    day = [*KEYS, "day", "age"]
    on_time = _bridged(stage.filter(stage.known_on == stage.day)).select(*day, "n_events")
    rows = _bridged(stage.filter(stage.known_on > stage.day))
    late = rows.group_by(day).aggregate(
        n_late=rows.n_events.sum().cast("int64"), days=rows.days.max()
    )
    more = late.select(**{f"_{name}": late[name] for name in (*KEYS, "day")}, n_late=late.n_late)
    joined = on_time.left_join(more, [on_time[name] == more[f"_{name}"] for name in (*KEYS, "day")])
    days = joined.select(*day, n_events=joined.n_events + joined.n_late.fill_null(0))
    alone = late.filter(late.days == 1).select(*day, n_events=late.n_late)
    return ibis.union(days, alone)
