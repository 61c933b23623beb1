"""How one table's files become a view of declared types (in DuckDB's words; used by ``engine``).

The view reads the files themselves: every statement binds every view below its own.
A value that does not parse becomes null in the view and a problem in the check, never a 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from features.backend import Backend
from features.errors import BackendError, nearest
from features.layout import TableFiles
from features.problem import Problem
from features.ragged import ragged_lines
from features.schema import Column, ColumnType, Table

IBIS_TYPES: dict[ColumnType, str] = {
    "string": "string",
    "timestamp": "timestamp",
    "int": "int64",
    "float": "float64",
    "bool": "boolean",
}
_SQL_TYPES: dict[ColumnType, str] = {
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
}
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_UNSIGNED = tuple(f"U{name}" for name in _WHOLE)
_NUMBERS = (*_WHOLE, *_UNSIGNED, "FLOAT", "DOUBLE", "DECIMAL")
# Which types of a Parquet file are read as which declared type without loss.
_ACCEPTED: dict[ColumnType, tuple[str, ...]] = {
    "string": ("VARCHAR", "ENUM", "UUID"),
    "timestamp": ("TIMESTAMP", "DATE"),
    "int": _NUMBERS,
    "float": _NUMBERS,
    "bool": ("BOOLEAN",),
}
_SPOKEN: dict[ColumnType, str] = {
    "string": "text",
    "timestamp": "a UTC timestamp or date (ISO 8601)",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}
EXAMPLES = 5


@dataclass(frozen=True)
class OpenedTable:
    """What opening a table found: problems of shape, absent optional parts, types of the files.

    ``rows`` reads the files as they are.
    """

    problems: tuple[Problem, ...] = ()
    missing: frozenset[str] = frozenset()
    types: Mapping[str, str] = field(default_factory=dict)
    rows: str = ""


def open_table(
    backend: Backend,
    table: Table,
    files: TableFiles | None,
    types_of: Callable[[str], Mapping[str, str]],
) -> OpenedTable:
    """Create the view of a table; an absent or unreadable table becomes an empty view.

    ``types_of`` returns the types of opened files' columns, as ``Backend.types`` does.
    """
    if files is None:
        _create_view(backend, table, {})
        return OpenedTable(missing=frozenset([table.name]))
    try:
        rows = backend.open_files(f"raw_{table.name}", files)
        opened = OpenedTable(types=types_of(rows), rows=rows)
        problems = ragged_lines(table, files) if _missing_columns(table, opened.types) else ()
        if not problems:
            return _opened(backend, table, files, opened)
    except BackendError as error:
        cannot = Problem(table.name, None, f"cannot be read: {error}")
        problems = ragged_lines(table, files) or (cannot,)
    _create_view(backend, table, {})
    return OpenedTable(problems)


def _opened(backend: Backend, table: Table, files: TableFiles, opened: OpenedTable) -> OpenedTable:
    types = opened.types
    problems = (*_missing_columns(table, types), *_wrong_types(backend, table, opened, files))
    broken = {problem.column for problem in problems}
    readable = {name: type_ for name, type_ in types.items() if name not in broken}
    _create_view(backend, table, readable, opened.rows)
    absent = [column.name for column in table.columns if not _name_in_file(column, types)]
    missing = frozenset(f"{table.name}.{name}" for name in absent)
    return replace(opened, problems=problems, missing=missing)


def open_part(backend: Backend, table: Table, files: TableFiles, name: str) -> None:
    """Create a view of declared columns over some files of a table that opened without problems."""
    rows = backend.open_files(f"raw_{name}", files)
    _create_view(backend, table, backend.types(rows), rows, name)


def unreadable_values(backend: Backend, table: Table, opened: OpenedTable) -> list[Problem]:
    """Count the values of a table's files that do not parse as declared, with examples."""
    tests = {c: test for c in table.columns if (test := _does_not_parse(c, opened.types))}
    if not tests:
        return []
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests.values())
    found = backend.words(f"SELECT {counts} FROM {opened.rows}")[0]
    return [
        _unreadable(backend, table, column, test, n_rows=n_rows, opened=opened)
        for (column, test), n_rows in zip(tests.items(), found, strict=True)
        if n_rows
    ]


def _unreadable(
    backend: Backend,
    table: Table,
    column: Column,
    test: str,
    *,
    n_rows: int,
    opened: OpenedTable,
) -> Problem:
    name = _name_in_file(column, opened.types) or column.name
    found = backend.words(
        f'SELECT CAST("{name}" AS VARCHAR) AS v FROM {opened.rows} WHERE {test} '
        f"GROUP BY ALL ORDER BY v LIMIT {EXAMPLES}"
    )
    examples = tuple({name: value} for (value,) in found)
    return Problem(table.name, name, f"is not {_SPOKEN[column.type]}", n_rows, examples)


def _create_view(
    backend: Backend,
    table: Table,
    types: Mapping[str, str],
    rows: str = "",
    name: str | None = None,
) -> None:
    columns = ", ".join(f'{_read_as(c, types)} AS "{c.name}"' for c in table.columns)
    source = f"FROM {rows}" if types else "WHERE false"
    backend.worded_view(name or table.name, f"SELECT {columns} {source}")


def _name_in_file(column: Column, types: Mapping[str, str]) -> str | None:
    names = (column.name, column.alias)
    return next((name for name in names if name is not None and name in types), None)


def _read_as(column: Column, types: Mapping[str, str]) -> str:
    name = _name_in_file(column, types)
    if name is None:
        return f"CAST(NULL AS {_SQL_TYPES[column.type]})"
    return _parsed(f'"{name}"', column.type, types[name])


def _parsed(value: str, wanted: ColumnType, has: str) -> str:
    if wanted == "string" and has == "VARCHAR":
        return f"NULLIF({value}, '')"  # as delimited text has it: empty is missing
    if wanted == "int":
        return (
            f"TRY_CAST(TRY_CAST({value} AS DOUBLE) AS BIGINT)"
            if _is_loose(has)
            else (f"TRY_CAST({value} AS BIGINT)")
        )
    # Nanoseconds with a zone do not parse as a time without one, but as one with a zone.
    if wanted == "timestamp" and has in ("VARCHAR", "TIMESTAMPTZ_NS"):
        return f"CAST(TRY_CAST({value} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"TRY_CAST({value} AS {_SQL_TYPES[wanted]})"


def _is_loose(has: str) -> bool:
    return has in ("VARCHAR", "FLOAT", "DOUBLE") or has.startswith("DECIMAL")


def _does_not_parse(column: Column, types: Mapping[str, str]) -> str | None:
    name = _name_in_file(column, types)
    if name is None or (column.type == "string" and types[name] == "VARCHAR"):
        return None
    parsed = _parsed(f'"{name}"', column.type, types[name])
    test = f'("{name}" IS NOT NULL AND {parsed} IS NULL)'
    if column.type == "int" and _is_loose(types[name]):
        test += f' OR TRY_CAST("{name}" AS DOUBLE) <> {parsed}'
    return test


def _missing_columns(table: Table, types: Mapping[str, str]) -> list[Problem]:
    absent = [c for c in table.columns if c.required and not _name_in_file(c, types)]
    return [Problem(table.name, c.name, _missing_column(c, types)) for c in absent]


def _missing_column(column: Column, types: Mapping[str, str]) -> str:
    instead = f" (or {column.alias!r})" if column.alias else ""
    columns = ", ".join(types)
    return f"the required column is missing{instead}{nearest(column.name, list(types))}: " + (
        f"the file has {columns}"
    )


def _wrong_types(
    backend: Backend,
    table: Table,
    opened: OpenedTable,
    files: TableFiles,
) -> list[Problem]:
    if files.format == "csv":
        return []
    wrong = []
    for column in table.columns:
        name = _name_in_file(column, opened.types)
        if name is None or opened.types[name].startswith(_ACCEPTED[column.type]):
            continue
        wrong += _wrong_type(backend, table, column, name, opened)
    return wrong


def _wrong_type(
    backend: Backend, table: Table, column: Column, name: str, opened: OpenedTable
) -> list[Problem]:
    counted = backend.words(f'SELECT count("{name}") FROM {opened.rows}')[0]
    if counted[0] == 0:  # a column of nulls has no type of its own
        return []
    found = backend.words(
        f'SELECT DISTINCT CAST("{name}" AS VARCHAR) AS v FROM {opened.rows} '
        f'WHERE "{name}" IS NOT NULL ORDER BY v LIMIT {EXAMPLES}'
    )
    examples = tuple({name: value} for (value,) in found)
    text = f"has the wrong type {opened.types[name]}, expected {_SPOKEN[column.type]}"
    return [Problem(table.name, name, text, counted[0], examples)]
