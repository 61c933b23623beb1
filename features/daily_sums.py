"""Row hashes summed per day of becoming known, remembered while a table's files do not change.

What was summed over which files stands beside the stage; a query that is asked no more is
forgotten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb

from features.source import Source
from features.stage_store import stage_folder, stamp

Daily = Mapping[date | None, int]
# Row hashes may differ between versions of the engine, and views between ours.
_MADE_BY = f"sums 1, duckdb {duckdb.__version__}"


def daily_sums(source: Source, asked: Sequence[tuple[str, str]]) -> list[Daily]:
    """Return the answer to each query: a sum per day; null is what has no day.

    Parameters
    ----------
    asked : sequence of (str, str)
        The table that a query reads, and its SQL in DuckDB's words: a day and a sum a row.
    """
    file = stage_folder(source) / "sums.json"
    before = _read(file)
    keys = [_key(source, table, sql) for table, sql in asked]
    found = {
        key: before[key] if key in before else _summed(source, sql)
        for key, (_, sql) in zip(keys, asked, strict=True)
    }
    if found.keys() != before.keys():
        _write(file, found)
    return [_daily(found[key]) for key in keys]


def _summed(source: Source, sql: str) -> list[list[str]]:
    return [[str(day or ""), str(total)] for day, total in source.backend.words(sql)]


def _daily(rows: Iterable[Sequence[str]]) -> Daily:
    return {date.fromisoformat(day) if day else None: int(total) for day, total in rows}


def _key(source: Source, table: str, sql: str) -> str:
    files = source.place.found.get(table)
    stamps = [(str(path), *stamp(Path(path))) for path in files.paths] if files else []
    return sha256(f"{_MADE_BY} {stamps} {sql}".encode()).hexdigest()


def _read(file: Path) -> dict[str, list[list[str]]]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(file: Path, found: Mapping[str, list[list[str]]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(found), encoding="utf-8")
    os.replace(unfinished, file)
