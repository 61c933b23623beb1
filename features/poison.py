"""Tables whose future is garbage: what the poison test of ``features.leak_check`` feeds the panel.

A row is future when its own time or its ``known_at`` is at or after the moment. Of about half of
the accounts the future is gone; of the others keys and times stay, so that the rows stay future,
and the rest becomes garbage that is valid by the schema, so that no check helps. ``csms`` come and
go by days of their own; ``modules`` have no time and stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from features.engine import Source
from features.schema import TABLES, Column, Table
from features.versions import is_correction

_WORD = "poison"
# Within every scale of survey questions.
_SCORE = 1.0
_LARGE = 1_000_003


def sample_of(source: Source, accounts: int | None) -> dict[str, ir.Table]:
    """Return the tables and columns a source has, of so many accounts drawn by their id's hash."""
    present = {
        name: _present(source, table)
        for name, table in TABLES.items()
        if name not in source.missing
    }
    if accounts is None:
        return present
    ids = source.read(present["accounts"].select("account_id").distinct())["account_id"]
    drawn = sorted(ids.to_pylist(), key=lambda i: hashlib.sha256(str(i).encode()).digest())[
        :accounts
    ]
    return {
        name: table.filter(table.account_id.isin(drawn)) if "account_id" in table.columns else table
        for name, table in present.items()
    }


def poisoned(
    tables: Mapping[str, ir.Table], moment: datetime
) -> tuple[dict[str, ir.Table], ir.Table]:
    """Return the tables with a poisoned future, and one row ``n``: how many rows were future."""
    found, counts = {}, []
    victim = tables["accounts"].account_id.min().as_scalar()
    for name, table in tables.items():
        declared = TABLES[name]
        if name == "csms":
            found[name] = _staff(table, moment)
            continue
        if declared.time is None:
            found[name] = table
            continue
        future = _future(table, declared, moment)
        garbage = _garbage(table, declared, moment, future, victim)
        gone = _removed(table, future)
        if name == "accounts":
            # The first row stays: rows of other tables need an account to belong to.
            gone &= _correction(table, declared)
        found[name] = table.mutate(**garbage, _gone=gone).filter(~ibis._["_gone"]).drop("_gone")
        counts.append(table.aggregate(n=ibis.ifelse(future, 1, 0).sum()))
    union = ibis.union(*counts)
    return found, union.aggregate(n=union.n.sum())


def _staff(csms: ir.Table, moment: datetime) -> ir.Table:
    """Return who had come by then, without the days on which they leave later.

    The table has no time but these two, and nobody is told when a day was known.
    """
    at = ibis.literal(moment)
    if "to" in csms.columns:
        left = csms["to"]
        csms = csms.mutate(to=ibis.ifelse(left < at, left, ibis.null(left.type())))
    if "from" in csms.columns:
        csms = csms.filter((csms["from"] < at).fill_null(True))
    return csms


def _removed(table: ir.Table, future: ir.BooleanValue) -> ir.BooleanValue:
    """Return which future rows are gone altogether: what counts rows must not see them either."""
    # Of the whole id, for ids may well end alike; last digits of a hash are even or odd alike.
    last = table.account_id.hexdigest("md5").right(1)
    return future & (last.ascii_str() % 2 == 0).fill_null(False)


def _present(source: Source, table: Table) -> ir.Table:
    absent = {
        name.partition(".")[2] for name in source.missing if name.startswith(f"{table.name}.")
    }
    return source.tables[table.name].select(*[n for n in table.names if n not in absent])


def _future(table: ir.Table, declared: Table, moment: datetime) -> ir.BooleanValue:
    own = table[str(declared.time)] >= ibis.literal(moment)
    if "known_at" not in table.columns:
        return own
    return own | (table.known_at >= ibis.literal(moment)).fill_null(False)


def _garbage(
    table: ir.Table,
    declared: Table,
    moment: datetime,
    future: ir.BooleanValue,
    victim: ir.StringScalar,
) -> dict[str, ir.Value]:
    kept = {*declared.key, declared.time, "known_at"}
    cells = {}
    for column in declared.columns:
        if column.name in kept or column.name not in table.columns:
            continue
        value, bad = table[column.name], future
        if column.clock is not None:
            told = table[column.clock] if column.clock in table.columns else ibis.null("timestamp")
            late = (told >= ibis.literal(moment)).fill_null(True)
            # What a correction tells again is known with it.
            again = _correction(table, declared) if column.told_again else ibis.literal(False)
            bad = future | (late & ~again)
        wrong = victim if column.name == "account_id" else _wrong(column, value, moment)
        cells[column.name] = ibis.ifelse(bad, wrong, value).cast(value.type())
    return cells


def _correction(table: ir.Table, declared: Table) -> ir.BooleanValue:
    if "known_at" not in table.columns:
        return ibis.literal(False)
    known_at = ibis.coalesce(table.known_at, table[str(declared.time)])
    return is_correction(table, declared, known_at)


def _wrong(column: Column, value: ir.Value, moment: datetime) -> Any:
    if column.values:
        first, last = column.values[0], column.values[-1]
        return ibis.ifelse(ibis.coalesce(value, "") == first, last, first)
    if column.name == "score":
        return ibis.literal(_SCORE)
    if column.type == "bool":
        return ~ibis.coalesce(value, False)
    if column.type == "timestamp":
        return ibis.literal(moment + timedelta(days=3))
    if column.type == "string":
        return ibis.literal(_WORD)
    return ibis.literal(column.high if column.high is not None else _LARGE)
