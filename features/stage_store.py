"""The daily stage on disk: one Parquet file a month and table, rebuilt only where a month changed.

A month is known by its content (rows, and a sum of row hashes, so the order of rows is nothing): a
late row rebuilds its own month and no other. Files of usage that did not change are not read
again. The manifest is replaced last, so that a killed run leaves the stage as it was. What a month
held before goes a day after its last use, so that a run beside this one can read to its end.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import ibis
import pyarrow as pa

from features.duckdb_backend import DuckDBBackend, rows_of
from features.layout import TableFiles, stamp
from features.reading import open_part
from features.schema import TABLES
from features.source import Source, compiled, declared_tables
from features.stage_files import is_built, month_file, tidy
from features.stage_manifest import (
    Content,
    Known,
    Manifest,
    month_of,
    read_manifest,
    write_manifest,
)
from features.stages import SCHEMAS, account_days, feature_days, user_days

# Rows of usage summed in one go; bounds the memory a first build takes.
_ROWS_AT_ONCE = 20_000_000
_ARROW = {"string": pa.string(), "date": pa.date32(), "int64": pa.int64()}
_CONTENT = """
SELECT strftime(month, '%Y-%m ') || CAST(known AS VARCHAR), n, hashes % (2 ** 64)::HUGEINT FROM (
  SELECT date_trunc('month', day) AS month, CAST(coalesce(known_at, day) AS DATE) AS known,
         count(*)::BIGINT AS n,
         sum(hash(account_id, user_id, day, feature, "count", known_at)) AS hashes
  FROM {usage} WHERE day IS NOT NULL GROUP BY ALL)
"""


def open_stage(source: Source, months: Sequence[str]) -> int:
    """Bring the stage of these months up to date and name its tables beside the source.

    Parameters
    ----------
    months : sequence of str
        Such as ``"2026-10"``; others are left as they are.

    Returns
    -------
    int
        Rows of usage in these months; 0 where nobody counted them.
    """
    if not isinstance(source.backend, DuckDBBackend):
        _keep(source, "usage", edges(months), prefix="")
        return 0
    folder = source.kept_in
    parts = _parts(source)
    manifest = _looked_at(source, folder, parts)
    contents = manifest.contents()
    wanted = [month for month in months if month in contents]
    changed = [m for m in wanted if not is_built(folder, manifest, m, contents[m].mark)]
    for chunk in _chunks(changed, contents):
        marks = {month: contents[month].mark for month in chunk}
        _build(source, folder, marks, _holding(manifest, parts, chunk))
        manifest.months |= marks
        manifest.changed = True
    write_manifest(folder, manifest)
    tidy(folder, manifest)
    _name_tables(source, folder, {month: contents[month].mark for month in wanted})
    return _rows(wanted, contents)


def usage_sums(source: Source) -> dict[str, int]:
    """Return row hashes of usage summed by month and day of becoming known.

    Only files that changed are read.
    """
    folder = source.kept_in
    manifest = _looked_at(source, folder, _parts(source))
    write_manifest(folder, manifest)
    return manifest.known()


def months_between(first: datetime, last: datetime) -> list[str]:
    """Return the months that hold the days from first to last, both included."""
    months = []
    day = first.replace(day=1)
    while day <= last:
        months.append(f"{day:%Y-%m}")
        day = edges(months[-1:])[1]
    return months


def edges(months: Sequence[str]) -> tuple[datetime, datetime]:
    """Return the first day of the first month and the day after the last."""
    first, last = (datetime.fromisoformat(f"{month}-01") for month in (months[0], months[-1]))
    return first, (last + timedelta(days=32)).replace(day=1)


def _parts(source: Source) -> dict[str, TableFiles]:
    files = source.place.found["usage"]
    if files.format == "csv":  # text was read whole when the source was opened
        return {"usage": files}
    return {str(path): TableFiles("usage", "parquet", (path,)) for path in files.paths}


def _looked_at(source: Source, folder: Path, parts: Mapping[str, TableFiles]) -> Manifest:
    manifest = read_manifest(folder)
    seen, manifest.files = manifest.files, {}
    for name, files in parts.items():
        stamps = [n for path in files.paths for n in stamp(Path(path))]
        if name in seen and seen[name][0] == stamps:
            manifest.files[name] = seen[name]
        else:
            manifest.files[name] = (stamps, _contents(source, files))
            manifest.changed = True
    manifest.changed |= seen.keys() != manifest.files.keys()
    return manifest


def _contents(source: Source, files: TableFiles) -> Known:
    rows = source.backend.words(_CONTENT.format(usage=_opened(source, [files])))
    return {key: [int(n), int(hashes)] for key, n, hashes in rows}


def _opened(source: Source, parts: Sequence[TableFiles]) -> str:
    if parts[0].format == "csv":
        return "usage"
    paths = tuple(path for files in parts for path in files.paths)
    open_part(source.backend, TABLES["usage"], TableFiles("usage", "parquet", paths), "usage_part")
    return "usage_part"


def _chunks(months: Sequence[str], contents: Mapping[str, Content]) -> list[list[str]]:
    chunks: list[list[str]] = []
    for month in sorted(months):
        follows = bool(chunks) and edges([chunks[-1][-1]])[1] == edges([month])[0]
        if follows and _rows(chunks[-1], contents) + contents[month].rows <= _ROWS_AT_ONCE:
            chunks[-1].append(month)
        else:
            chunks.append([month])
    return chunks


def _rows(months: Sequence[str], contents: Mapping[str, Content]) -> int:
    return sum(contents[month].rows for month in months)


def _holding(
    manifest: Manifest, parts: Mapping[str, TableFiles], months: Sequence[str]
) -> list[TableFiles]:
    read = manifest.files
    wanted = set(months)
    return [
        files
        for name, files in parts.items()
        if not wanted.isdisjoint(map(month_of, read[name][1]))
    ]


def _build(
    source: Source, folder: Path, marks: Mapping[str, str], parts: Sequence[TableFiles]
) -> None:
    backend = _duckdb(source)
    _keep(source, _opened(source, parts), edges(list(marks)), prefix="new_")
    for name in SCHEMAS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for month, mark in marks.items():
            first, end = edges([month])
            rows = (
                f"SELECT * FROM new_{name} WHERE day >= '{first:%Y-%m-%d}' "
                f"AND day < '{end:%Y-%m-%d}' ORDER BY account_id"
            )
            _write_rows(backend, rows, month_file(folder, name, month, mark))
        backend.drop(f"new_{name}")


def _keep(source: Source, relation: str, span: tuple[datetime, datetime], *, prefix: str) -> None:
    usage = ibis.table(declared_tables()["usage"].schema(), name=relation)
    usage = usage.filter((usage.day >= ibis.literal(span[0])) & (usage.day < ibis.literal(span[1])))
    late = "usage.known_at" not in source.missing
    users, features = (
        ibis.table(dict(SCHEMAS[name]), name=f"{prefix}{name}")
        for name in ("user_days", "feature_days")
    )
    for name, expression in (
        ("user_days", user_days(usage, late=late)),
        ("feature_days", feature_days(usage)),
        ("account_days", account_days(features, users, late=late)),
    ):
        source.keep(f"{prefix}{name}", compiled(expression, source.backend.dialect))


def _duckdb(source: Source) -> DuckDBBackend:
    assert isinstance(source.backend, DuckDBBackend)
    return source.backend


def _write_rows(backend: DuckDBBackend, rows: str, target: Path) -> None:
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        backend.write(rows, unfinished)
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _name_tables(source: Source, folder: Path, marks: Mapping[str, str]) -> None:
    for name, schema in SCHEMAS.items():
        paths = tuple(month_file(folder, name, month, mark) for month, mark in marks.items())
        if paths:
            rows = rows_of(TableFiles(name, "parquet", paths), alike=True)
            source.backend.view(name, f"SELECT * FROM {rows}")
        else:
            fields = [pa.field(column, _ARROW[type_]) for column, type_ in schema.items()]
            source.backend.place(name, pa.schema(fields).empty_table())
