"""An open source: its tables as Ibis expressions, and the back end that runs them.

Everything else in this package is written against Ibis tables. Times are UTC; the tables handed
out hold every declared column, absent ones as typed nulls.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from features.answers import Answers
from features.backend import Backend
from features.errors import BackendError, SourceError
from features.places import Place
from features.problem import Problem
from features.reading import IBIS_TYPES, OpenedTable, open_table, unreadable_values
from features.schema import TABLES, Table
from features.watermark import WATERMARKED, newest


class Source:
    """An open source: its declared tables and the back end that reads them.

    Attributes
    ----------
    location : str
        Where it lies, as it may be shown.
    place : Place
        The files of its tables.
    backend : Backend
        What runs the expressions.
    scratch : Path
        A folder of its own, gone when it is closed.
    stage_directory : Path or None
        Where its daily stage outlives it.
    missing : frozenset of str
        Optional tables (``"tickets"``) and columns (``"tickets.csat"``) that are absent.
    structural : tuple of Problem
        What is wrong with the shape of the source; empty unless opened for a check.
    checked : tuple of Problem or None
        What the check found, None before it ran.
    """

    def __init__(
        self, place: Place, backend: Backend, *, scratch: Path, stage_directory: Path | None
    ) -> None:
        self.location = place.name
        self.place = place
        self.backend = backend
        self.scratch = scratch
        self.stage_directory = stage_directory
        self.checked: tuple[Problem, ...] | None = None
        with self.answers("types") as answers:
            self._opened = {name: self._open(table, answers) for name, table in TABLES.items()}
        opened = self._opened.values()
        self.structural = (*place.problems, *(p for table in opened for p in table.problems))
        self.missing = frozenset(part for table in opened for part in table.missing)

    def _open(self, table: Table, answers: Answers) -> OpenedTable:
        def types_of(rows: str) -> dict[str, str]:
            found = answers.to(rows, [table.name], lambda: self.backend.types(rows))
            return dict(found)

        return open_table(self.backend, table, self.place.found.get(table.name), types_of)

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
        """Close the back end; what was kept in it is gone."""
        self.backend.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    @cached_property
    def tables(self) -> dict[str, ir.Table]:
        """Every declared table with every declared column; absent tables are empty."""
        return declared_tables()

    @cached_property
    def kept_in(self) -> Path:
        """The folder of what is kept of it between runs."""
        if self.stage_directory is None:
            return self.scratch / "stage"
        return self.stage_directory / sha256(self.location.encode()).hexdigest()[:16]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over table names, sizes and contents, as hexadecimal text."""
        with self.answers("digest") as answers:
            return str(answers.to("digest", TABLES, self.place.digest))

    @cached_property
    def newest(self) -> datetime | None:
        """The data watermark: time of the newest row of an event table, UTC without zone.

        Contract changes may be dated ahead, so they count from the time they were known, if
        that is written down; else they do not move the watermark.
        """
        with self._readable(), self.answers("newest") as answers:
            found = answers.to(newest(), WATERMARKED, self._newest)
        return None if found is None else datetime.fromisoformat(found)

    def _newest(self) -> str | None:
        ((found,),) = self.backend.words(newest())
        return None if found is None else str(found.isoformat())

    def answers(self, name: str) -> Answers:
        """Return what is remembered, under a name, of tables whose files did not change."""
        return Answers(self.kept_in / f"{name}.json", self.place.found)

    @cached_property
    def unreadable(self) -> tuple[Problem, ...]:
        """Values of the files that do not parse as the declared type, counted with examples."""
        told = {(problem.table, problem.column) for problem in self.structural}
        return tuple(
            problem
            for name in self.place.found
            if name in self.usable
            for problem in self._unreadable_in(name)
            if (problem.table, problem.column) not in told
        )

    def _unreadable_in(self, name: str) -> list[Problem]:
        try:
            return unreadable_values(self.backend, TABLES[name], self._opened[name])
        except BackendError as error:
            return [Problem(name, None, f"cannot be read: {error}")]

    @property
    def usable(self) -> frozenset[str]:
        """Tables that are present and opened without a structural problem of their own."""
        broken = {problem.table for problem in self.structural if problem.column is None}
        return frozenset(self.place.found) - broken

    def read(self, expression: ir.Table) -> pa.Table:
        """Run an expression over this source's tables and return its rows."""
        return self.run(compiled(expression, self.backend.dialect))

    def run(self, sql: str) -> pa.Table:
        """Run a compiled expression (see ``compiled``) and return its rows."""
        with self._readable():
            return self.backend.fetch(sql)

    def keep(self, name: str, sql: str) -> None:
        """Compute a compiled expression once and keep its rows under a name."""
        with self._readable():
            self.backend.keep(name, sql)

    def view(self, name: str, sql: str) -> None:
        """Give a compiled expression a name; it is folded into whatever reads it."""
        with self._readable():
            self.backend.view(name, sql)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except BackendError as error:
            raise SourceError(f"{self.location} cannot be read: {error}") from error


def declared_tables() -> dict[str, ir.Table]:
    """Return every declared table by name; expressions over them fit every source."""
    return {
        name: ibis.table({c.name: IBIS_TYPES[c.type] for c in table.columns}, name=name)
        for name, table in TABLES.items()
    }


def compiled(expression: ir.Table, dialect: str = "duckdb") -> str:
    """Return a back end's SQL for an expression: compile once, run many times."""
    return _sql(expression.op(), dialect)


@lru_cache(maxsize=512)
def _sql(node: object, dialect: str) -> str:
    return str(ibis.to_sql(node.to_expr(), dialect=dialect))  # type: ignore[attr-defined]
