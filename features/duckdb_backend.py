"""DuckDB, inside this process: the default back end.

It takes no more memory than it is given and spills to a folder of its own; times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from features.errors import BackendError, SourceError, first_line
from features.layout import TableFiles
from features.parts import Parts
from features.places import Place, shown

# Up to so many rows of usage one thread does it all: to share out small tables costs a fifth more
# CPU and, of a whole run, no less time.
_FEW_ROWS = 1_000_000


class DuckDBBackend:
    """One connection to an engine that lives and dies with it.

    Parameters
    ----------
    memory_limit : str
        Such as ``"4GB"``.
    temp_directory : Path
        Where it spills to; no other engine may use the same.
    """

    dialect = "duckdb"

    def __init__(self, *, memory_limit: str, temp_directory: Path) -> None:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": str(temp_directory),
            "autoinstall_known_extensions": False,
            "preserve_insertion_order": False,
        }
        with _said():
            self._connection = duckdb.connect(":memory:", config=settings)
            self._connection.execute("SET TimeZone = 'UTC'")
            # A file is opened by several statements; its footer is read once while it stays.
            self._connection.execute("SET parquet_metadata_cache = true")

    def open_files(self, name: str, files: TableFiles) -> str:
        """See ``Backend``; text is read once and kept, so that damage shows here."""
        if files.format == "parquet":
            return rows_of(files)
        self.keep(name, f"SELECT * FROM {rows_of(files)}")
        return f'"{name}"'

    def types(self, rows: str) -> dict[str, str]:
        """See ``Backend``."""
        described = self.words(f"DESCRIBE SELECT * FROM {rows}")
        return {column: type_ for column, type_, *_ in described}

    def words(self, sql: str) -> list[tuple[Any, ...]]:
        """See ``Backend``."""
        with _said():
            return self._connection.execute(sql).fetchall()

    def row_hash(self, columns: Sequence[str]) -> str:
        """See ``Backend``."""
        names = ", ".join(f'"{name}"' for name in columns)
        return f"hash({names})"

    def worded_view(self, name: str, sql: str) -> None:
        """See ``Backend``."""
        self.view(name, sql)

    def view(self, name: str, sql: str) -> None:
        """See ``Backend``."""
        with _said():
            self._connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS {sql}')

    def keep(self, name: str, sql: str) -> None:
        """See ``Backend``."""
        with _said():
            self._connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {sql}')

    def place(self, name: str, rows: pa.Table) -> None:
        """See ``Backend``."""
        with _said():
            self._connection.from_arrow(rows).create_view("placed", replace=True)
            self._connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS FROM placed')
            self._connection.execute("DROP VIEW placed")

    def fetch(self, sql: str) -> pa.Table:
        """See ``Backend``."""
        with _said():
            rows: pa.Table = self._connection.sql(sql).to_arrow_table()
        return rows

    def write(self, sql: str, path: Path) -> None:
        """Write a query's rows to one Parquet file, in the order the query asks for."""
        target = str(path).replace("'", "''")
        with _said():
            self._connection.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet, CODEC zstd)")

    def drop(self, name: str) -> None:
        """See ``Backend``."""
        with _said():
            self._connection.execute(f'DROP TABLE IF EXISTS "{name}"')

    def parts(self, uri: str) -> Parts:
        """Refuse: what lies behind a URI is for a cluster to write."""
        raise SourceError(
            f"{shown(uri)} is no folder of this machine: give a folder, or let Spark write it "
            "(--engine spark)"
        )

    def remote(self, location: str) -> Place:
        """Refuse: what lies behind a URI is for a cluster to read."""
        raise SourceError(
            f"{shown(location)} is no folder of this machine: give a folder, a postgresql:// URL, "
            "or let Spark read it"
        )

    def expect(self, rows: int) -> None:
        """See ``Backend``."""
        with _said():
            self._connection.execute("SET threads = 1" if rows <= _FEW_ROWS else "RESET threads")

    def close(self) -> None:
        """See ``Backend``."""
        self._connection.close()


def rows_of(files: TableFiles, *, alike: bool = False) -> str:
    """Return what reads the rows of files, in DuckDB's words.

    Files that are ``alike`` have the same columns: the first one's footer tells them.
    """
    paths = ", ".join(_quoted(str(path)) for path in files.paths)
    if files.format == "csv":
        return f"read_csv([{paths}], all_varchar = true, header = true)"
    # To unite columns costs every statement that reads them; one file has no other's.
    unite = ", union_by_name = true" if len(files.paths) > 1 and not alike else ""
    return f"read_parquet([{paths}]{unite})"


def text_of(files: TableFiles) -> pa.Table:
    """Return the rows of CSV files as text, for a back end that would read them otherwise."""
    with _said(), duckdb.connect() as connection:
        rows: pa.Table = connection.sql(f"SELECT * FROM {rows_of(files)}").to_arrow_table()
    return rows


def _quoted(path: str) -> str:
    # The engine would read a pattern where a folder's name holds brackets or stars.
    literal = re.sub(r"([\[*?])", r"[\1]", path)
    return "'" + literal.replace("'", "''") + "'"


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise BackendError(first_line(error)) from error
