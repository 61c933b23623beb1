"""What the daily stage on disk holds, and from what: which file of usage has which months.

A month is known by its content: its rows, and the sum of the rows' hashes, whatever their order.
"""

from __future__ import annotations

import json
import os
from dataclasses import astuple, dataclass, field
from hashlib import sha256
from pathlib import Path

import duckdb

# Row hashes may differ between versions of the engine: another one builds anew.
_MADE_BY = f"stage 5, duckdb {duckdb.__version__}"


@dataclass(frozen=True)
class Content:
    """How many rows of usage a month has, and the sum of their hashes modulo 2**64."""

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
    """What the stage holds: the months of each file of usage as last read, and those built."""

    made_by: str = _MADE_BY
    files: dict[str, tuple[list[int], dict[str, Content]]] = field(default_factory=dict)
    months: dict[str, str] = field(default_factory=dict)

    def contents(self) -> dict[str, Content]:
        """Return the content of each month over all files."""
        total: dict[str, Content] = {}
        for _, months in self.files.values():
            for month, content in months.items():
                total[month] = total.get(month, Content(0, 0)) + content
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
        name: (stamp, {month: Content(*numbers) for month, numbers in months.items()})
        for name, (stamp, months) in written["files"].items()
    }
    return Manifest(files=files, months=written["months"])


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest of a stage, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        name: (stamp, {month: astuple(content) for month, content in months.items()})
        for name, (stamp, months) in manifest.files.items()
    }
    written = {"made_by": manifest.made_by, "files": files, "months": manifest.months}
    target = folder / "manifest.json"
    unfinished = target.with_name(f".manifest.{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(written), encoding="utf-8")
    os.replace(unfinished, target)
