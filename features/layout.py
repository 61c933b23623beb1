"""Which files of a folder hold which table, and the digest of what they contain.

A table is ``<table>.parquet``, ``<table>.csv`` or a folder ``<table>/`` or ``<table>.parquet/`` of
Parquet parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from features.errors import SourceError, nearest
from features.problem import Problem
from features.schema import REQUIRED, TABLES

_CHUNK = 1 << 20


@dataclass(frozen=True)
class TableFiles:
    """The files of one table, sorted by name, and their format; a URI stays text."""

    table: str
    format: Literal["parquet", "csv"]
    paths: tuple[Path | str, ...]


def find_tables(folder: Path) -> tuple[dict[str, TableFiles], list[Problem]]:
    """Find the declared tables in a folder.

    Returns
    -------
    found : dict of str to TableFiles
        One entry per table that has files, in declared order.
    problems : list of Problem
        Required tables without files, and tables that stand there twice.

    Raises
    ------
    SourceError
        The folder does not exist or is no folder.
    """
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise SourceError(
            f"{folder} {kind}: a source is a folder that holds {', '.join(REQUIRED)} "
            "as Parquet or CSV"
        )
    found, problems = {}, []
    for table in TABLES:
        candidates = _candidates(folder, table)
        if len(candidates) > 1:
            problems.append(_ambiguous(folder, table, candidates))
        elif candidates:
            found[table] = candidates[0]
        elif TABLES[table].required:
            problems.append(_missing(folder, table))
    return found, problems


def digest(found: Mapping[str, TableFiles]) -> str:
    """Return the SHA-256 over table names, sizes and contents; the folder's place is left out."""
    total = hashlib.sha256()
    for name in sorted(found):
        files = found[name]
        for number, path in enumerate(map(Path, files.paths)):
            header = f"{name}\0{number}\0{files.format}\0{path.stat().st_size}\0"
            total.update(header.encode())
            total.update(_content(path))
    return total.hexdigest()


def stamp(path: Path) -> tuple[int, int]:
    """Return size and time of a file: while they stay, it is not read again."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _content(path: Path) -> bytes:
    content = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            content.update(chunk)
    return content.digest()


def _candidates(folder: Path, table: str) -> list[TableFiles]:
    candidates = []
    if (folder / f"{table}.parquet").is_file():
        candidates.append(TableFiles(table, "parquet", (folder / f"{table}.parquet",)))
    if (folder / f"{table}.csv").is_file():
        candidates.append(TableFiles(table, "csv", (folder / f"{table}.csv",)))
    for parts in (_parts(folder / table), _parts(folder / f"{table}.parquet")):
        if parts:
            candidates.append(TableFiles(table, "parquet", parts))
    return candidates


def _parts(folder: Path) -> tuple[Path, ...]:
    """Return the Parquet parts in a folder but hidden and unfinished ones, as engines name them."""
    found = sorted(folder.rglob("*.parquet")) if folder.is_dir() else []
    return tuple(path for path in found if not _is_unfinished(path.relative_to(folder)))


def _is_unfinished(path: Path) -> bool:
    return any(name.startswith(("_", ".")) for name in path.parts)


def _ambiguous(folder: Path, table: str, candidates: list[TableFiles]) -> Problem:
    named = ", ".join(str(Path(files.paths[0]).relative_to(folder)) for files in candidates)
    return Problem(table, None, f"stands there more than once ({named}): keep one")


def _missing(folder: Path, table: str) -> Problem:
    present = sorted(path.stem for path in folder.iterdir() if path.stem not in TABLES)
    hint = nearest(table, present)
    return Problem(table, None, f"the required table is missing: add {table}.parquet or .csv{hint}")
