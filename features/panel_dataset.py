"""A panel as a dataset: one folder an as_of, ``as_of=2026-10-01/part.parquet``.

A partition is written beside its place and moved there when complete, so that a killed run leaves
whole partitions only. What is there and was made of the same things is left alone: adding the
newest snapshot costs in proportion to its windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, Catalogue
from features.check import require_checked
from features.errors import PanelError
from features.label_window import REACH, LabelWindow, last_certain
from features.panel import moments_of, panel_runs
from features.parts import MADE_OF, LocalParts, Parts
from features.places import is_remote
from features.source import Source
from features.visible import marks_of

_THE_SAME = (b"tierwise.catalogue", *REACH, b"tierwise.expansion_min")


@dataclass(frozen=True)
class WrittenDataset:
    """What a run left: rows in the dates asked for, and which of them were computed now."""

    folder: str | Path
    rows: int
    columns: tuple[str, ...]
    built: tuple[datetime, ...]


def write_panel_dataset(
    source: Source,
    as_of: Sequence[datetime],
    folder: str | Path,
    *,
    labels: LabelWindow | None = None,
    catalogue: Catalogue = CATALOGUE,
) -> WrittenDataset:
    """Build the partitions that are missing or were made of other things.

    Parameters
    ----------
    source, as_of, labels, catalogue
        As for ``build_panel``.
    folder : str or Path
        The dataset; partitions of other dates in it are left alone. With Spark also a URI of
        Hadoop's file systems, such as ``s3a://``: written there, with the cluster's rights.

    Raises
    ------
    PanelError, CheckError, FeatureRangeError
        As ``build_panel``.
    """
    moments = moments_of(as_of)
    require_checked(source)
    parts = _parts(source, folder)
    made_of = _made_of(source, moments, labels, catalogue)
    stale = [t for t in moments if (parts.note(t) or {}).get("made_of") != made_of[t]]
    if stale:
        for run in panel_runs(source, stale, labels=labels, catalogue=catalogue):
            _write(run, parts, made_of)
            del run  # room for the next
    notes = [parts.note(moment) or {} for moment in moments]
    rows = sum(note["rows"] for note in notes)
    return WrittenDataset(folder, rows, tuple(notes[0]["columns"]), tuple(stale))


def _parts(source: Source, folder: str | Path) -> Parts:
    """Return where the partitions lie."""
    if is_remote(folder):
        return source.backend.parts(str(folder))
    return LocalParts(Path(folder))


def read_panel_dataset(folder: str | Path) -> pa.Table:
    """Return a dataset as the one panel that it is, sorted by ``as_of``, ``account_id``.

    Its watermark ``tierwise.newest`` is that of the newest partition, unless the labels of another
    were not certain yet when it was built: then that one's, so that nobody learns from its dates.

    Raises
    ------
    PanelError
        When there is no partition, or they were not made in the same way.
    """
    files = sorted(Path(folder).glob("as_of=*/part.parquet"))
    if not files:
        raise PanelError(f"{folder} holds no as_of=…/part.parquet: build a panel into it first")
    parts = [pq.ParquetFile(file).read() for file in files]
    metadata = _agreed([dict(part.schema.metadata or {}) for part in parts], files)
    newest = [_uncertain_since(part) for part in parts if part.num_rows]
    if b"tierwise.newest" in metadata:
        metadata[b"tierwise.newest"] = min(
            filter(None, newest), default=metadata[b"tierwise.newest"]
        )
    return pa.concat_tables([part.replace_schema_metadata(metadata) for part in parts])


def _agreed(each: Sequence[dict[bytes, bytes]], files: Sequence[Path]) -> dict[bytes, bytes]:
    """Return the newest partition's metadata; the catalogue and the label window are of all."""
    agreed = max(each, key=lambda metadata: metadata.get(b"tierwise.newest", b""))
    agreed.pop(MADE_OF, None)
    for metadata, file in zip(each, files, strict=True):
        for name in _THE_SAME:
            if metadata.get(name) != agreed.get(name):
                raise PanelError(
                    f"{file} was made with another {name.decode().split('.')[1]} than the newest "
                    "partition: build all dates again, with the same catalogue and label window"
                )
    return agreed


def _uncertain_since(part: pa.Table) -> bytes | None:
    """Return the watermark a partition was built at, if its labels were not certain then."""
    metadata = part.schema.metadata or {}
    last = last_certain(metadata)
    if last is None or part["as_of"][0].as_py() <= last:
        return None
    return metadata[b"tierwise.newest"]


def _made_of(
    source: Source,
    moments: Sequence[datetime],
    labels: LabelWindow | None,
    catalogue: Catalogue,
) -> dict[datetime, str]:
    marks = marks_of(source, moments, labels)
    also = f"{catalogue.fingerprint} {labels} {sorted(source.missing)}"
    return {t: sha256(f"{mark} {also}".encode()).hexdigest() for t, mark in marks.items()}


def _write(run: pa.Table, parts: Parts, made_of: Mapping[datetime, str]) -> None:
    moments: list[datetime] = run["as_of"].unique().to_pylist()  # type: ignore[assignment]
    for moment in moments:
        rows = run
        if len(moments) > 1:
            rows = run.filter(pc.equal(run["as_of"], pa.scalar(moment, pa.timestamp("us"))))
        parts.write(moment, rows, made_of=made_of[moment])
