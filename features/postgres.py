"""Copy a PostgreSQL database's tables out, all as of one moment, for the engine to read.

The database only hands rows over (``COPY``, in one read-only transaction, one table after the
other); it computes nothing, needs no rights but SELECT, and the cells are those of the same
tables in files. Only declared columns travel. No extension of the engine is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

import duckdb

from features.errors import SourceError, first_line, nearest
from features.layout import TableFiles
from features.places import Place, shown
from features.problem import Problem
from features.schema import TABLES, Table

if TYPE_CHECKING:
    import psycopg

# How a type travels: by which type of the engine, and by which expression of the database.
_PLAIN = "{column}"
_AS_TEXT = "{column}::text"
_TYPES: Mapping[str, tuple[str, str]] = {
    "bool": ("BOOLEAN", _PLAIN),
    "int2": ("SMALLINT", _PLAIN),
    "int4": ("INTEGER", _PLAIN),
    "int8": ("BIGINT", _PLAIN),
    "float4": ("FLOAT", _PLAIN),
    "float8": ("DOUBLE", _PLAIN),
    "numeric": ("DOUBLE", _PLAIN),
    "date": ("DATE", _PLAIN),
    "timestamp": ("TIMESTAMP", _PLAIN),
    "timestamptz": ("TIMESTAMP", "{column} AT TIME ZONE 'UTC'"),
}
_COLUMNS: LiteralString = """
SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_NAMES: LiteralString = """
SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
AND pg_table_is_visible(c.oid) AND c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%%'
"""
# Rows in the order in which they lie, so that the same tables are the same bytes.
_SESSION: LiteralString = """
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 1;
SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0
"""


def copied_out(url: str, folder: Path) -> Place:
    """Copy the declared tables of a database into a folder of Parquet files.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``; tables are found by the search path
        (``?options=-csearch_path%3Dschema`` chooses another).
    folder : Path
        Made here; about as large as the tables are as text while one is copied.

    Raises
    ------
    SourceError
        The database cannot be reached, or refuses to hand a table over.
    """
    folder.mkdir(parents=True)
    found: dict[str, TableFiles] = {}
    total = sha256()
    with _transaction(url) as cursor:
        for name, table in TABLES.items():
            columns = _declared_columns(cursor, table)
            if columns:
                total.update(f"{name}\0{sorted(columns.items())}\0".encode())
                total.update(_copy(cursor, name, columns, folder))
                path = folder / f"{name}.parquet"
                found[name] = TableFiles(name, "parquet", (path,))
        problems = tuple(_missing(cursor, found))
    return Place(shown(url), found, problems, total.hexdigest)


@contextmanager
def _transaction(url: str) -> Iterator[psycopg.Cursor]:
    try:
        import psycopg
    except ImportError:
        raise SourceError("PostgreSQL cannot be read: install tierwise[postgres]") from None
    try:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            for setting in _SESSION.split(";"):
                cursor.execute(setting)
            yield cursor
    except psycopg.Error as error:
        raise SourceError(f"{shown(url)} cannot be read: {first_line(error)}") from error


def _declared_columns(cursor: psycopg.Cursor, table: Table) -> dict[str, str]:
    """Return the database's type of each declared column that is there; empty without a table."""
    cursor.execute(_COLUMNS, (f'"{table.name}"',))
    known = {name for c in table.columns for name in (c.name, c.alias)}
    rows = cursor.fetchall()
    declared = {str(name): str(type_) for name, type_ in rows if name in known}
    # A table without one declared column is there all the same: its check says what is missing.
    return declared or {str(name): str(type_) for name, type_ in rows[:1]}


def _copy(cursor: psycopg.Cursor, table: str, columns: Mapping[str, str], folder: Path) -> bytes:
    from psycopg import sql

    text = folder / f"{table}.csv"
    selected = sql.SQL(", ").join(
        sql.SQL(_TYPES.get(type_, ("", _AS_TEXT))[1]).format(column=sql.Identifier(name))
        for name, type_ in columns.items()
    )
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv)")
    content = sha256()
    with (
        text.open("wb") as file,
        cursor.copy(query.format(selected, sql.Identifier(table))) as rows,
    ):
        for block in rows:
            content.update(block)
            file.write(block)
    _to_parquet(text, columns)
    return content.digest()


def _to_parquet(text: Path, columns: Mapping[str, str]) -> None:
    types = {name: _TYPES.get(type_, ("VARCHAR", ""))[0] for name, type_ in columns.items()}
    with duckdb.connect() as connection:
        # An empty text is quoted, a null is not; what both mean is for the reading to say.
        rows = connection.read_csv(
            str(text), header=False, columns=types, quotechar='"', escapechar='"',
            allow_quoted_nulls=False, auto_detect=False, delimiter=",",
        )  # fmt: skip
        rows.write_parquet(str(text.with_suffix(".parquet")), compression="zstd")
    text.unlink()


def _missing(cursor: psycopg.Cursor, found: Mapping[str, TableFiles]) -> Iterator[Problem]:
    absent = [name for name, table in TABLES.items() if table.required and name not in found]
    if absent:
        cursor.execute(_NAMES)
        present = sorted(str(name) for (name,) in cursor.fetchall() if name not in TABLES)
    for name in absent:
        hint = nearest(name, present)
        says = f"the required table is missing: add a table or view {name}{hint}"
        yield Problem(name, None, says)
