"""The one module that opens a back end: it connects, reads a source, and runs expressions.

DuckDB for now; everything else in this package is written against Ibis tables.
Times are UTC; the tables handed out hold every declared column, absent ones as typed nulls.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from features.errors import SourceError, refusal
from features.layout import TableFiles, digest, find_tables
from features.problem import Problem
from features.reading import IBIS_TYPES, open_table, unreadable_values
from features.schema import TABLES
from features.watermark import newest

_OPENED = itertools.count()


class Source:
    """An open source: the declared tables of a folder, and the connection that reads them.

    Attributes
    ----------
    location : Path
        The folder.
    tables : dict of str to ibis Table
        Every declared table with every declared column; absent tables are empty.
    missing : frozenset of str
        Optional tables (``"tickets"``) and columns (``"tickets.csat"``) that are absent.
    structural : tuple of Problem
        What is wrong with the shape of the source; empty unless opened for a check.
    checked : tuple of Problem or None
        What the check found, None before it ran.
    """

    def __init__(self, location: Path, *, memory_limit: str, temp_directory: Path) -> None:
        self.location = location
        self._found: dict[str, TableFiles] = {}
        self.checked: tuple[Problem, ...] | None = None
        self._connection = _connect(memory_limit, temp_directory)
        try:
            self._read()
        except BaseException:
            self.close()
            raise

    def _read(self) -> None:
        self._found, problems = find_tables(self.location)
        missing: set[str] = set()
        for table in TABLES.values():
            opened = open_table(self._connection, table, self._found.get(table.name))
            problems += opened.problems
            missing |= opened.missing
        self.structural: tuple[Problem, ...] = tuple(problems)
        self.missing = frozenset(missing)
        self.tables = declared_tables()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what was kept in it is gone."""
        self._connection.close()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over table names, sizes and contents, as hexadecimal text."""
        return digest(self._found)

    @cached_property
    def newest(self) -> datetime | None:
        """The data watermark: time of the newest row of an event table, UTC without zone.

        Contract changes may be dated ahead, so they count from the time they were known, if
        that is written down; else they do not move the watermark.
        """
        found: datetime | None = self.read(newest(self.tables))["newest"][0].as_py()
        return found

    @cached_property
    def unreadable(self) -> tuple[Problem, ...]:
        """Values of the files that do not parse as the declared type, counted with examples."""
        return tuple(
            problem
            for name in self._found
            if name in self.usable
            for problem in self._unreadable_in(name)
        )

    def _unreadable_in(self, name: str) -> list[Problem]:
        try:
            return unreadable_values(self._connection, TABLES[name])
        except duckdb.Error as error:
            return [Problem(name, None, f"cannot be read: {_first_line(error)}")]

    @property
    def usable(self) -> frozenset[str]:
        """Tables that are present and opened without a structural problem of their own."""
        broken = {problem.table for problem in self.structural if problem.column is None}
        return frozenset(self._found) - broken

    def read(self, expression: ir.Table) -> pa.Table:
        """Run an expression over this source's tables and return its rows."""
        return self.run(compiled(expression))

    def run(self, sql: str) -> pa.Table:
        """Run a compiled expression (see ``compiled``) and return its rows."""
        try:
            rows: pa.Table = self._connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise SourceError(f"{self.location} cannot be read: {_first_line(error)}") from error
        return rows

    def keep(self, name: str, expression: ir.Table) -> None:
        """Compute an expression once and keep its rows as a temporary table of this name."""
        sql = f'CREATE OR REPLACE TEMP TABLE "{name}" AS {compiled(expression)}'
        try:
            self._connection.execute(sql)
        except duckdb.Error as error:
            raise SourceError(f"{self.location} cannot be read: {_first_line(error)}") from error

    def place(self, name: str, rows: pa.Table) -> None:
        """Put rows into a temporary table of this name, in the place of what it held."""
        relation = self._connection.from_arrow(rows)
        relation.create_view("placed", replace=True)
        self._connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS FROM placed')
        self._connection.execute("DROP VIEW placed")


def open_source(
    location: str | Path, *, memory_limit: str = "4GB", temp_directory: str | Path | None = None
) -> Source:
    """Open a folder of tables; use it as a context manager.

    Parameters
    ----------
    location : str or Path
        A folder of ``<table>.parquet``, ``<table>.csv`` or ``<table>/`` with Parquet parts.
    memory_limit : str
        Most memory the engine may take, such as ``"4GB"``; above it, it spills to disk.
    temp_directory : str or Path, optional
        Where it spills to; by default a folder of the system's temporary place.

    Raises
    ------
    SourceError
        The folder or a required table or column is missing, a file is damaged, a type is wrong.
    """
    source = inspect_source(location, memory_limit=memory_limit, temp_directory=temp_directory)
    if source.structural:
        source.close()
        raise SourceError(refusal(str(location), source.structural), source.structural)
    return source


def inspect_source(
    location: str | Path, *, memory_limit: str = "4GB", temp_directory: str | Path | None = None
) -> Source:
    """Open a folder even when its shape is wrong: the problems stand in ``structural``."""
    own = f"tierwise-{os.getpid()}-{next(_OPENED)}"  # two engines must not share a place
    spill = Path(temp_directory or tempfile.gettempdir()) / own
    return Source(Path(location), memory_limit=memory_limit, temp_directory=spill)


def declared_tables() -> dict[str, ir.Table]:
    """Return every declared table by name; expressions over them fit every source."""
    return {
        name: ibis.table({c.name: IBIS_TYPES[c.type] for c in table.columns}, name=name)
        for name, table in TABLES.items()
    }


def compiled(expression: ir.Table) -> str:
    """Return the back end's SQL for an expression: compile once, run many times."""
    return _sql(expression.op())


@lru_cache(maxsize=128)
def _sql(node: object) -> str:
    return str(ibis.to_sql(node.to_expr(), dialect="duckdb"))  # type: ignore[attr-defined]


def _connect(memory_limit: str, temp_directory: Path) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": str(temp_directory),
        "autoinstall_known_extensions": False,
        "preserve_insertion_order": False,
    }
    try:
        connection = duckdb.connect(":memory:", config=settings)
    except duckdb.Error as error:
        raise SourceError(f"the engine does not start: {_first_line(error)}") from error
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
