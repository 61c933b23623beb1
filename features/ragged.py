"""Finds the line of a delimited file that has more or fewer cells than its header.

The engine guesses how a file is delimited; one such line makes it guess another header, and what it
then says is of columns that are there. This is asked only when a file cannot be read so.
"""

from __future__ import annotations

import csv
from collections.abc import Set
from pathlib import Path

from features.layout import TableFiles
from features.problem import Problem
from features.schema import Table

_DELIMITERS = ",;\t|"


def ragged_lines(table: Table, files: TableFiles) -> tuple[Problem, ...]:
    """Return the first such line of each file of delimited text on this machine, as a problem."""
    if files.format != "csv":
        return ()
    names = {name for column in table.columns for name in (column.name, column.alias) if name}
    try:
        told = [_ragged_line(path, names) for path in files.paths if isinstance(path, Path)]
    except csv.Error:  # no delimited text, such as a cell without an end: the engine says more
        return ()
    return tuple(Problem(table.name, None, words) for words in told if words)


def _ragged_line(path: Path, known: Set[str]) -> str | None:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        header = file.readline()
        delimiter = max(_DELIMITERS, key=header.count)
        names = next(csv.reader([header], delimiter=delimiter), [])
        if known.isdisjoint(names):  # what it is, is not known
            return None
        lines, begins = csv.reader(file, delimiter=delimiter), 2
        for row in lines:
            if row and len(row) != len(names):
                return _told(begins, row, len(names), delimiter)
            begins = lines.line_num + 2  # a cell in quotes may go over several lines
    return None


def _told(line: int, row: list[str], expected: int, delimiter: str) -> str:
    shown = delimiter.join(row)[:80]
    return (
        f"line {line} has {len(row)} cells where the header has {expected}: {shown!r}; put a cell "
        f"that holds {delimiter!r} in double quotes, leave none out"
    )
