"""What the engine asks of a back end; DuckDB and Spark answer, each in a module of its own.

Two kinds of SQL come in: the reading of files is written in DuckDB's words (``words``, ``view``),
what the features need is compiled by Ibis for the back end's ``dialect`` (everything else).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import pyarrow as pa

from features.layout import TableFiles
from features.parts import Parts
from features.places import Place

EngineName = Literal["duckdb", "spark"]


class Backend(Protocol):
    """A place where files are opened and SQL runs; times are UTC without zone.

    Every method raises ``BackendError`` with the first line of what the back end said.
    """

    dialect: str

    def open_files(self, name: str, files: TableFiles) -> str:
        """Open files, under a name if need be; return what reads them, in DuckDB's words."""
        ...

    def types(self, rows: str) -> dict[str, str]:
        """Return the types of opened files' columns, by DuckDB's names."""
        ...

    def words(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query written in DuckDB's words and return its rows."""
        ...

    def row_hash(self, columns: Sequence[str]) -> str:
        """Return, in DuckDB's words, a whole number that tells rows of columns apart."""
        ...

    def worded_view(self, name: str, sql: str) -> None:
        """Name a query written in DuckDB's words."""
        ...

    def view(self, name: str, sql: str) -> None:
        """Name a compiled query, in the place of what had the name; nothing runs yet."""
        ...

    def keep(self, name: str, sql: str) -> None:
        """Compute a compiled query once and keep its rows under a name."""
        ...

    def drop(self, name: str) -> None:
        """Let go of kept rows."""
        ...

    def place(self, name: str, rows: pa.Table) -> None:
        """Put rows under a name, in the place of what it held."""
        ...

    def fetch(self, sql: str) -> pa.Table:
        """Run a compiled query and return its rows."""
        ...

    def parts(self, uri: str) -> Parts:
        """Return where partitions of a panel lie below a URI that only this back end can write."""
        ...

    def remote(self, location: str) -> Place:
        """Return the tables at a URI that only this back end can list."""
        ...

    def expect(self, rows: int) -> None:
        """Hear how many rows the next queries read, so that few are not shared out."""
        ...

    def close(self) -> None:
        """Let go of everything that was opened or kept."""
        ...
