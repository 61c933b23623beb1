"""What the daily stage on disk holds, and from what: which file of usage has which months.

A month is known by its content: its rows, and the sum of the rows' hashes, whatever their order.
It is kept by the day on which the rows became known: what was known of a month by an earlier day.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import duckdb

# Row hashes may differ between versions of the engine: another one builds anew.
_MADE_BY = f"stage 6, duckdb {duckdb.__version__}"


# Rows, and the sum of their hashes modulo 2**64, by month and day of becoming known, such as
# "2026-10 2026-11-02". There are some fifty a month: they stay as JSON has them.
Known = dict[str, list[int]]


@dataclass(frozen=True)
class Content:
    """How many rows of usage a month has, and the sum of their hashes modulo 2**64."""

    rows: int
    hashes: int

    @property
    def mark(self) -> str:
        """A short name of the content."""
        return sha256(f"{self.rows} {self.hashes}".encode()).hexdigest()[:16]


@dataclass
class Manifest:
    """What the stage holds: the content of each file of usage as last read, and the months built.

    ``changed`` tells whether it differs from what is written.
    """

    made_by: str = _MADE_BY
    files: dict[str, tuple[list[int], Known]] = field(default_factory=dict)
    months: dict[str, str] = field(default_factory=dict)
    changed: bool = True

    def known(self) -> dict[str, int]:
        """Return the hashes summed over all files, by month and day of becoming known."""
        total: dict[str, int] = {}
        for key, _, hashes in self._each():
            total[key] = total.get(key, 0) + hashes
        return total

    def contents(self) -> dict[str, Content]:
        """Return the content of each month over all files."""
        rows: dict[str, int] = {}
        total: dict[str, int] = {}
        for key, n, hashes in self._each():
            month = month_of(key)
            rows[month] = rows.get(month, 0) + n
            total[month] = total.get(month, 0) + hashes
        return {month: Content(n, total[month] % 2**64) for month, n in rows.items()}

    def _each(self) -> Iterator[tuple[str, int, int]]:
        for _, found in self.files.values():
            for key, (n, hashes) in found.items():
                yield key, n, hashes


def month_of(key: str) -> str:
    """Return the month of a month and day of becoming known."""
    return key.split(" ", 1)[0]


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a stage; an empty one where there is none that can be used."""
    try:
        written = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Manifest()
    if written.get("made_by") != _MADE_BY:
        return Manifest()
    files = {name: (stamp, found) for name, (stamp, found) in written["files"].items()}
    return Manifest(files=files, months=written["months"], changed=False)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest of a stage, whole or not at all, unless it says the same."""
    if not manifest.changed:
        return
    folder.mkdir(parents=True, exist_ok=True)
    written = {
        "made_by": manifest.made_by,
        "files": manifest.files,
        "months": manifest.months,
    }
    target = folder / "manifest.json"
    unfinished = target.with_name(f".manifest.{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(written), encoding="utf-8")
    os.replace(unfinished, target)
