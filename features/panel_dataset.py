"""A panel as a dataset: one folder an as_of, ``as_of=2026-10-01/part.parquet``.

A partition is written beside its place and moved there when complete, so that a killed run leaves
whole partitions only. What is there and was made of the same things is left alone: adding the
newest snapshot costs in proportion to its windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, Catalogue
from features.check import require_checked
from features.errors import PanelError
from features.label_window import LabelWindow
from features.panel import moments_of, panel_runs
from features.panel_file import write_panel
from features.source import Source
from features.visible import marks_of

_MADE_OF = b"tierwise.made_of"
_REACH = (b"tierwise.lead_days", b"tierwise.horizon_days", b"tierwise.grace_days")
_THE_SAME = (b"tierwise.catalogue", *_REACH, b"tierwise.expansion_min")


@dataclass(frozen=True)
class WrittenDataset:
    """What a run left: rows in the dates asked for, and which of them were computed now."""

    folder: Path
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
        The dataset; partitions of other dates in it are left alone.

    Raises
    ------
    PanelError, CheckError, FeatureRangeError
        As ``build_panel``.
    """
    place = Path(folder)
    moments = moments_of(as_of)
    require_checked(source)
    made_of = _made_of(source, moments, labels, catalogue)
    stale = [moment for moment in moments if _written(part(place, moment)) != made_of[moment]]
    if stale:
        for run in panel_runs(source, stale, labels=labels, catalogue=catalogue):
            _write(run, place, made_of)
    facts = [pq.read_metadata(part(place, moment)) for moment in moments]
    return WrittenDataset(
        place, sum(f.num_rows for f in facts), tuple(facts[0].schema.names), tuple(stale)
    )


def part(folder: Path, moment: datetime) -> Path:
    """Return the file of one as_of."""
    return folder / f"as_of={moment:%Y-%m-%d}" / "part.parquet"


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
    agreed.pop(_MADE_OF, None)
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
    newest = metadata.get(b"tierwise.newest")
    days = [metadata.get(name) for name in _REACH]
    if newest is None or None in days:
        return None
    certain = part["as_of"][0].as_py() + timedelta(days=sum(int(d) for d in days if d is not None))
    return newest if datetime.fromisoformat(newest.decode()) < certain else None


def _made_of(
    source: Source,
    moments: Sequence[datetime],
    labels: LabelWindow | None,
    catalogue: Catalogue,
) -> dict[datetime, str]:
    marks = marks_of(source, moments, labels)
    also = f"{catalogue.fingerprint} {labels} {sorted(source.missing)}"
    return {t: sha256(f"{mark} {also}".encode()).hexdigest() for t, mark in marks.items()}


def _written(file: Path) -> str | None:
    """Return what a partition says it was made of; None where it is missing or damaged."""
    try:
        metadata = pq.read_schema(file).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None
    return metadata.get(_MADE_OF, b"").decode()


def _write(run: pa.Table, folder: Path, made_of: Mapping[datetime, str]) -> None:
    moments: list[datetime] = run["as_of"].unique().to_pylist()  # type: ignore[assignment]
    for moment in moments:
        rows = run.filter(pc.equal(run["as_of"], pa.scalar(moment, pa.timestamp("us"))))
        metadata = {**(rows.schema.metadata or {}), _MADE_OF: made_of[moment].encode()}
        write_panel(rows.replace_schema_metadata(metadata), part(folder, moment))
