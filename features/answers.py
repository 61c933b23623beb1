"""What was asked of tables, remembered while their files do not change.

Answers stand beside the stage; a question that is asked no more is forgotten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import duckdb

from features.layout import TableFiles, stamp

# Row hashes may differ between versions of the engine, and views between ours.
_MADE_BY = f"answers 2, duckdb {duckdb.__version__}"


class Answers:
    """The answers to the questions of one caller; a context that keeps them when it is left.

    Parameters
    ----------
    file : Path
        Where they stand.
    found : mapping of str to TableFiles
        The files of each table; what lies at a URI has no stamp, so that nothing is remembered.
    """

    def __init__(self, file: Path, found: Mapping[str, TableFiles]) -> None:
        self._file = file
        self._found = found
        self._before = _read(file)
        self._asked: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._asked.keys() != self._before.keys():
            _write(self._file, self._asked)

    def to(self, question: str, tables: Collection[str], ask: Callable[[], Any]) -> Any:
        """Return the answer to a question about tables, asked if it is not known from before.

        ``ask`` returns it as JSON can hold it.
        """
        paths = [path for name in tables if name in self._found for path in self._found[name].paths]
        stamps = [(str(path), *stamp(path)) for path in paths if isinstance(path, Path)]
        if len(stamps) < len(paths):
            return ask()
        key = sha256(f"{_MADE_BY} {stamps} {question}".encode()).hexdigest()
        if key not in self._asked:
            self._asked[key] = self._before[key] if key in self._before else ask()
        return self._asked[key]


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
