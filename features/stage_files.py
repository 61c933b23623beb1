"""The files of the daily stage: where a month lies, whether it is there, and when it goes."""

from __future__ import annotations

import os
from pathlib import Path

from features.stage_manifest import Manifest
from features.stages import SCHEMAS

# A run has ended so many seconds after it opened its stage.
_LONGEST_RUN = 86_400


def month_file(folder: Path, name: str, month: str, mark: str) -> Path:
    """Return where a table's rows of a month of this content lie."""
    return folder / name / f"{month}-{mark}.parquet"


def is_built(folder: Path, manifest: Manifest, month: str, mark: str) -> bool:
    """Return whether a month is known as built and its files, used from now on, are there."""
    files = (month_file(folder, name, month, mark) for name in SCHEMAS)
    return manifest.months.get(month) == mark and all(_used(file) for file in files)


def _used(file: Path) -> bool:
    """Return whether a file is there, and have it say that it is in use."""
    try:
        os.utime(file)
    except FileNotFoundError:
        return False
    except PermissionError:  # somebody else's: they keep the time
        return True
    return True


def tidy(folder: Path, manifest: Manifest) -> None:
    """Remove what months held before, once no run that still reads it can be under way."""
    now = (folder / "manifest.json").stat().st_mtime
    for path in (path for name in SCHEMAS for path in (folder / name).glob("[0-9]*.parquet")):
        month, mark = path.stem[:7], path.stem[8:]
        replaced = manifest.months.get(month, mark) != mark
        if replaced and now - _last_use(path) > _LONGEST_RUN:
            path.unlink(missing_ok=True)


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another run was faster
        return float("inf")
