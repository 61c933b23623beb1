"""A bundle on disk: `manifest.json` beside `model.txt`, `model_1.txt`, ...

The manifest holds the SHA-256 of every other file; the folder is written aside and renamed, so that
a killed run leaves no half of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scoring.errors import BundleError
from scoring.manifest import Manifest

MANIFEST = "manifest.json"


def write_files(folder: Path, manifest: Manifest, models: Sequence[str]) -> None:
    """Write the files of a bundle into a folder that does not exist yet."""
    if folder.exists():
        raise BundleError(
            f"{folder} exists already: a bundle is never changed, choose a new folder"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _fill(aside, manifest, models)
        aside.chmod(0o755)
        os.replace(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _fill(folder: Path, manifest: Manifest, models: Sequence[str]) -> None:
    """Write the models, then the manifest with their digests."""
    digests = {}
    for position, text in enumerate(models):
        content = text.encode("utf-8")
        name = model_name(position)
        (folder / name).write_bytes(content)
        digests[name] = hashlib.sha256(content).hexdigest()
    (folder / MANIFEST).write_bytes(manifest_bytes(manifest, digests))


def manifest_bytes(manifest: Manifest, digests: Mapping[str, str]) -> bytes:
    """Return the bytes of `manifest.json`: sorted keys, no NaN, one newline at the end."""
    content = {**manifest.to_json(), "files": dict(digests)}
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def model_name(position: int) -> str:
    """Return the file name of the model of one seed."""
    return "model.txt" if position == 0 else f"model_{position}.txt"


def read_files(folder: Path) -> tuple[Manifest, tuple[str, ...]]:
    """Read and check the files of a bundle.

    Raises
    ------
    BundleError
        When a file is missing, unreadable or has other bytes than the manifest says.
    """
    raw = _read_manifest(folder)
    digests = raw.get("files")
    if not isinstance(digests, dict) or not digests:
        raise BundleError(f"{folder / MANIFEST} names no model file: train the model again")
    expected = [model_name(position) for position in range(len(digests))]
    if sorted(digests) != sorted(expected):
        raise BundleError(f"{folder / MANIFEST} names {sorted(digests)}, expected {expected}")
    manifest = Manifest.from_json(raw)
    return manifest, tuple(_read_checked(folder / name, digests[name]) for name in expected)


def _read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest as a JSON object."""
    raw = _read(folder / MANIFEST)
    try:
        parsed = json.loads(raw.decode("utf-8"))
    except ValueError as error:
        raise BundleError(f"{folder / MANIFEST} is damaged ({error}): train again") from error
    if not isinstance(parsed, dict):
        raise BundleError(f"{folder / MANIFEST} is not a JSON object: train the model again")
    return parsed


def _read_checked(path: Path, digest: object) -> str:
    """Read one model file and compare its digest."""
    content = _read(path)
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise BundleError(
            f"{path} is damaged: its SHA-256 is {found[:12]}, the manifest says "
            f"{str(digest)[:12]}; fetch or train the model again"
        )
    return content.decode("utf-8")


def _read(path: Path) -> bytes:
    """Read a file of the bundle; BundleError when it is not there."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}; is it a bundle?") from error
