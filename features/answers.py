"""What was asked of tables, remembered while their files do not change.

Answers stand beside the stage; a question that is asked no more is forgotten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from features.layout import TableFiles, stamp

# Row hashes may differ between versions of the engine, and views between ours.
_MADE_BY = f"answers 1, duckdb {duckdb.__version__}"


def remembered(
    file: Path,
    found: Mapping[str, TableFiles],
    asked: Sequence[tuple[Collection[str], str]],
    ask: Callable[[str], Any],
) -> list[Any]:
    """Return the answer to each question, asked only where it is not known from before.

    Parameters
    ----------
    file : Path
        Holds the answers to the questions of one caller.
    found : mapping of str to TableFiles
        The files of each table.
    asked : sequence of (names of tables, str)
        The tables that a question is about, and the question.
    ask : function
        Returns the answer to a question, as JSON can hold it.
    """
    before = _read(file)
    keys = [_key([found.get(name) for name in tables], question) for tables, question in asked]
    answers = {
        key: before[key] if key in before else ask(question)
        for key, (_, question) in zip(keys, asked, strict=True)
    }
    if answers.keys() != before.keys():
        _write(file, answers)
    return [answers[key] for key in keys]


def _key(tables: Sequence[TableFiles | None], question: str) -> str:
    paths = [path for files in tables if files for path in files.paths]
    stamps = [(str(path), *stamp(Path(path))) for path in paths]
    return sha256(f"{_MADE_BY} {stamps} {question}".encode()).hexdigest()


def _read(file: Path) -> dict[str, Any]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(file: Path, answers: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(answers), encoding="utf-8")
    os.replace(unfinished, file)
