"""The strict check of a source: every broken rule of the declared schema, counted, with examples.

Rows are counted by aggregates in the engine; only examples of broken rules are fetched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from features.catalogue import CATALOGUE
from features.engine import Source, inspect_source
from features.errors import CheckError, SourceError, refusal
from features.problem import Problem
from features.readiness import Readiness, readiness
from features.rules import Rule, hint, rules_of
from features.schema import TABLES, Table

_EXAMPLES = 5


@dataclass(frozen=True)
class CheckReport:
    """What a check found.

    Attributes
    ----------
    ok : bool
        No problem at all.
    problems : tuple of Problem
        One per broken rule.
    notes : tuple of str
        What is absent and which features come out null.
    readiness : tuple of Readiness
        One per outcome: what can be learnt from the source.
    """

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    readiness: tuple[Readiness, ...]

    @property
    def ok(self) -> bool:
        """Whether the source may be used."""
        return not self.problems

    def __str__(self) -> str:
        verdict = "The tables are sound." if self.ok else f"{len(self.problems)} problems:"
        lines = [verdict, *(f"  {problem}" for problem in self.problems)]
        lines += ["What can be learnt:"] if self.readiness else []
        lines += [f"  {outcome}" for outcome in self.readiness]
        lines += ["What is absent:"] if self.notes else []
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """Return the report as ``tierwise check --json`` writes it."""
        return {
            "ok": self.ok,
            "problems": [problem.to_json() for problem in self.problems],
            "readiness": [asdict(outcome) for outcome in self.readiness],
        }


def check_source(source: Source | str | Path) -> CheckReport:
    """Check a source against its declared schema.

    Parameters
    ----------
    source : Source or str or Path
        An open source, or the place of one; a place that cannot be opened is reported too.

    Raises
    ------
    SourceError
        The place is no folder.
    """
    if isinstance(source, Source):
        return _report(source)
    with inspect_source(source) as opened:
        return _report(opened)


def require_checked(source: Source) -> None:
    """Refuse a source that breaks its schema; an open source is checked once.

    Raises
    ------
    CheckError
        Lists the first problems.
    """
    if source.checked is None:
        source.checked = _problems(source)
    if source.checked:
        raise CheckError(refusal(str(source.location), source.checked), source.checked)


def _report(source: Source) -> CheckReport:
    source.checked = problems = _problems(source)
    whole_tables_fail = any(problem.column is None for problem in problems)
    outcomes = () if source.structural or whole_tables_fail else readiness(source)
    empty = () if whole_tables_fail else _empty(source)
    return CheckReport(problems, (*_notes(source), *empty), outcomes)


def _problems(source: Source) -> tuple[Problem, ...]:
    found = [*source.structural, *source.unreadable]
    damaged = {problem.table for problem in found if problem.column is None}
    for name in TABLES:
        if name in source.usable - damaged:
            try:
                found += _table_problems(source, TABLES[name])
            except SourceError as error:
                found.append(Problem(name, None, str(error)))
    return tuple(found)


def _table_problems(source: Source, table: Table) -> Iterator[Problem]:
    rows = source.tables[table.name]
    told = {p.column for p in (*source.structural, *source.unreadable) if p.table == table.name}
    present = frozenset(
        c.name
        for c in table.columns
        if f"{table.name}.{c.name}" not in source.missing and told.isdisjoint((c.name, c.alias))
    )
    rules = rules_of(table, rows, present)
    yield from _broken(source, table, rules)
    if table.key:
        yield from _duplicates(source, table)
    if "account_id" in table.names and table.name != "accounts" and "accounts" in source.usable:
        yield from _orphans(source, table)


def _broken(source: Source, table: Table, rules: list[Rule]) -> Iterator[Problem]:
    rows = source.tables[table.name]
    counts = {f"n{i}": ibis.ifelse(rule.bad, 1, 0).sum() for i, rule in enumerate(rules)}
    counted = source.read(rows.aggregate(n=rows.count(), **counts)).to_pylist()[0]
    if counted["n"] == 0 and table.required:
        yield Problem(table.name, None, "the required table has no rows")
    for i, rule in enumerate(rules):
        if counted[f"n{i}"]:
            yield _broken_rule(source, table, rule, int(counted[f"n{i}"]))


def _broken_rule(source: Source, table: Table, rule: Rule, n_rows: int) -> Problem:
    rows = source.tables[table.name].filter(rule.bad)
    examples = _examples(source, table, rows, rule.column)
    column = table.column(rule.column)
    near = hint(column, [example[rule.column] for example in examples])
    return Problem(table.name, rule.column, rule.says + near, n_rows, examples)


def _duplicates(source: Source, table: Table) -> Iterator[Problem]:
    rows = source.tables[table.name]
    key = list(table.key)
    if table.may_be_corrected and f"{table.name}.known_at" not in source.missing:
        rows = rows.mutate(known_at=ibis.coalesce(rows.known_at, rows[str(table.time)]))
        key.append("known_at")
    filled = rows.filter([rows[name].notnull() for name in table.key])
    groups = filled.group_by(key).aggregate(rows=filled.count())
    twice = groups.filter(groups["rows"] > 1)
    total = source.read(twice.aggregate(n=(twice["rows"] - 1).sum())).to_pylist()[0]["n"]
    if total:
        found = source.read(twice.order_by(key).limit(_EXAMPLES))
        says = f"the key {' and '.join(key)} is there more than once"
        yield Problem(table.name, table.key[0], says, int(total), _shown(found))


def _orphans(source: Source, table: Table) -> Iterator[Problem]:
    rows, accounts = source.tables[table.name], source.tables["accounts"]
    per = rows.group_by("account_id").aggregate(rows=rows.count())
    orphans = per.anti_join(accounts, "account_id").filter(lambda t: t.account_id.notnull())
    total = source.read(orphans.aggregate(n=orphans["rows"].sum())).to_pylist()[0]["n"]
    if total:
        found = source.read(orphans.order_by("account_id").limit(_EXAMPLES))
        says = "is not in accounts"
        yield Problem(table.name, "account_id", says, int(total), _shown(found))


def _examples(
    source: Source, table: Table, rows: ir.Table, column: str
) -> tuple[dict[str, object], ...]:
    key = [name for name in (*table.key, "account_id") if name in table.names]
    names = list(dict.fromkeys([*key, column]))
    chosen = rows.select(*names).order_by(names).limit(_EXAMPLES)
    return _shown(source.read(chosen))


def _shown(rows: pa.Table) -> tuple[dict[str, object], ...]:
    columns = [[_plain(cell) for cell in column] for column in rows.columns]
    return tuple(
        dict(zip(rows.column_names, row, strict=True)) for row in zip(*columns, strict=True)
    )


def _plain(cell: pa.Scalar[Any]) -> object:
    try:
        value = cell.as_py()
    except (OverflowError, ValueError):  # no calendar of Python's holds it, such as infinity
        return "a time before the year 1 or after 9999"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _notes(source: Source) -> Iterator[str]:
    for part, names in CATALOGUE.absent(source.missing).items():
        kind = "column" if "." in part else "table"
        yield f"no {kind} {part}: {', '.join(names)} come out null"


def _empty(source: Source) -> Iterator[str]:
    """Point at optional columns that stand there without a value, if a feature asks for them."""
    asked = CATALOGUE.absent(f"{table.name}.{n}" for table in TABLES.values() for n in table.names)
    for table in TABLES.values():
        parts = [f"{table.name}.{n}" for n in table.names if f"{table.name}.{n}" in asked]
        present = [part for part in parts if part not in source.missing]
        if not present or table.name not in source.usable:
            continue
        rows = source.tables[table.name]
        counts = {part: rows[part.split(".")[1]].count() for part in present}
        (found,) = source.read(rows.aggregate(n=rows.count(), **counts)).to_pylist()
        for part in (part for part in present if found["n"] and not found[part]):
            names = ", ".join(CATALOGUE.absent([part])[part])
            yield f"{part} is empty throughout: leave it out if you do not keep it ({names})"
