"""The reference page of the raw tables, written from the declared schema (``docs/tables.md``)."""

from __future__ import annotations

from collections.abc import Iterator

from features.schema import TABLES, Column, Table

_HEAD = """# The tables you bring

Generated from the declared schema by `features.tables_page.markdown()`: change
`features/schema.py`, not this page.

A source is a folder of `<table>.parquet`, `<table>.csv`, or `<table>/` (or `<table>.parquet/`) with
Parquet parts; names that begin with `_` or `.` are no parts. Map your warehouse to these names once
(a view each); `tierwise check FOLDER` says what is wrong and what can be learnt. `*` marks what
must be there; without an optional table or column the features that need it come out null. Leave
out a column that you do not keep: one that is there and empty counts as kept, its counts as 0.
Columns not named here are ignored.

- Times are UTC timestamps or dates (a date means its 00:00 UTC); in CSV as ISO 8601.
- Ids are text; an empty text is missing, in every format. Money is in one currency, in major units.
- `known_at` is when a row became known; absent or null, the row's own time (⏱) counts. An update is
  a new row: `accounts` and the tables with columns that change later (`users`, `tickets`,
  `invoices`) may repeat a key with another `known_at`, and the newest known row counts.
- A column with a clock can change after the row was written: it counts from the time named.
"""


def markdown() -> str:
    """Return the page as Markdown: one section per table, in declared order."""
    return "\n".join([_HEAD, *(_section(table) for table in TABLES.values())])


def _section(table: Table) -> str:
    rows = "\n".join(_rows(table))
    key = f" Key: `{'`, `'.join(table.key)}`." if table.key else ""
    standing = "Required." if table.required else "Optional."
    return f"## {table.name}\n\n{standing}{key}\n\n{rows}\n"


def _rows(table: Table) -> Iterator[str]:
    yield "| column | type | allowed |"
    yield "|---|---|---|"
    for column in table.columns:
        marks = "*" * column.required + " ⏱" * (column.name == table.time)
        alias = f" (or `{column.alias}`)" if column.alias else ""
        yield f"| `{column.name}`{alias}{marks} | {column.type} | {_allowed(column) or '–'} |"


def _allowed(column: Column) -> str:
    parts = [", ".join(f"`{value}`" for value in column.values)]
    if column.low is not None:
        top = "" if column.high is None else f" to {column.high:g}"
        parts.append(f"{column.low:g}{top}" if top else f"at least {column.low:g}")
    if column.clock:
        again = ", or from a later version of the row" if column.told_again else ""
        parts.append(f"counts from `{column.clock}`{again}")
    return "; ".join(part for part in parts if part)
