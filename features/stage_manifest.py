"""What the daily stage on disk holds, and from what: which file of usage has which months.

A month is known by its content: its rows, and the sum of the rows' hashes, whatever their order.
It is kept by the day on which the rows became known: what was known of a month by an earlier day.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from hashlib import sha256
from pathlib import Path

import duckdb

# Row hashes may differ between versions of the engine: another one builds anew.
_MADE_BY = f"stage 6, duckdb {duckdb.__version__}"


@dataclass(frozen=True)
class Content:
    """How many rows of usage there are, and the sum of their hashes modulo 2**64."""

    rows: int
    hashes: int

    def __add__(self, other: Content) -> Content:
        return Content(self.rows + other.rows, (self.hashes + other.hashes) % 2**64)

    @property
    def mark(self) -> str:
        """A short name of the content."""
        return sha256(f"{self.rows} {self.hashes}".encode()).hexdigest()[:16]


@dataclass
class Manifest:
    """What the stage holds: the content of each file of usage as last read, and the months built.

    A file's content is told by month and day of becoming known, such as ``"2026-10 2026-11-02"``.
    """

    made_by: str = _MADE_BY
    files: dict[str, tuple[list[int], dict[str, Content]]] = field(default_factory=dict)
    months: dict[str, str] = field(default_factory=dict)

    def known(self) -> dict[str, Content]:
        """Return the content over all files, by month and day of becoming known."""
        return _added((key, one) for _, found in self.files.values() for key, one in found.items())

    def contents(self) -> dict[str, Content]:
        """Return the content of each month over all files."""
        return _added((month_of(key), content) for key, content in self.known().items())


def month_of(key: str) -> str:
    """Return the month of a month and day of becoming known."""
    return key.split()[0]


def _added(each: Iterable[tuple[str, Content]]) -> dict[str, Content]:
    total: dict[str, Content] = {}
    for key, content in each:
        total[key] = total.get(key, Content(0, 0)) + content
    return total


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a stage; an empty one where there is none that can be used."""
    try:
        written = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Manifest()
    if written.get("made_by") != _MADE_BY:
        return Manifest()
    files = {
        name: (stamp, {key: Content(*numbers) for key, numbers in found.items()})
        for name, (stamp, found) in written["files"].items()
    }
    return Manifest(files=files, months=written["months"])


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest of a stage, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        name: (stamp, {key: astuple(content) for key, content in found.items()})
        for name, (stamp, found) in manifest.files.items()
    }
    written = {"made_by": manifest.made_by, "files": files, "months": manifest.months}
    target = folder / "manifest.json"
    unfinished = target.with_name(f".manifest.{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(written), encoding="utf-8")
    os.replace(unfinished, target)
