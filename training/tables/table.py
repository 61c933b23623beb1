"""Reads a labelled table: our panel, or anybody's.

One row per entity and time (or per entity); rows without a known label are not learnt from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from features.catalogue import CATALOGUE, Catalogue
from scoring.encoding import encode
from scoring.manifest import Column
from training.errors import NotEnoughError, TableError
from training.tables.columns import Prepared, prepare_columns
from training.tables.labels import read_labels
from training.tables.reading import read_raw_table, refuse_duplicates, require_column
from training.tables.roles import Roles
from training.tables.settled import settled_rows

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Floats = npt.NDArray[np.float64]

PANEL_LABELS = ("churned", "expanded", "contracted", "eligible")
DEFAULT_TIME = "as_of"
LEAD_DAYS, HORIZON_DAYS = 14, 90


@dataclass(frozen=True)
class Examples:
    """A labelled table that has passed every check; n rows, p features.

    Attributes
    ----------
    table : pyarrow.Table
        The features (float64 and string columns) as `Bundle.score` will receive them.
    columns : tuple of Column
    matrix : ndarray (n, p)
        `table` as the model sees it.
    y : ndarray (n,)
        1.0 or 0.0.
    entity : ndarray (n,) of str
    time : ndarray (n,) of datetime64[us] or None
    entity_name, label_name : str
    time_name : str or None
    lead_days, horizon_days : int
        The label window of a row at t is `[t + lead, t + lead + horizon)`.
    digest : str
        SHA-256 of matrix, labels, keys and column names.
    catalogue : str or None
        Fingerprint when the table holds all features of the catalogue in force.
    notes : tuple of str
        What was changed or left out on the way.
    """

    table: pa.Table
    columns: tuple[Column, ...]
    matrix: Floats
    y: Floats
    entity: npt.NDArray[np.str_]
    time: npt.NDArray[np.datetime64] | None
    entity_name: str
    label_name: str
    time_name: str | None
    lead_days: int
    horizon_days: int
    digest: str
    catalogue: str | None = None
    notes: tuple[str, ...] = ()


def read_examples(
    source: Path | str | pa.Table, roles: Roles, catalogue: Catalogue = CATALOGUE
) -> Examples:
    """Read and check a labelled table.

    Raises
    ------
    TableError
        When the file, a column, a key or a label cannot be used.
    NotEnoughError
        When no label is known, or all known labels are the same.
    """
    raw_table = read_raw_table(source)
    raw_labels = read_labels(
        require_column(raw_table, roles.label_name, role="label"), name=roles.label_name
    )
    require_column(raw_table, roles.entity, role="entity")
    time_name = _time_name(raw_table, roles.time)
    keys = [roles.entity] + ([time_name] if time_name else [])
    _refuse_null_keys(raw_table, keys)
    refuse_duplicates(raw_table, keys)
    settled, held_back = settled_rows(raw_table, raw_labels)
    raw_labels = np.where(settled, raw_labels, np.nan)
    kept, notes = _learnable_rows(raw_table, raw_labels, label=roles.label_name)
    rows = raw_table.filter(kept)
    names, fingerprint = _feature_names(rows, roles, time_name, catalogue)
    prepared = prepare_columns(rows, names, keep_all=fingerprint is not None)
    examples = _examples(rows, raw_labels[kept], roles, time_name, prepared)
    spare = [] if fingerprint is None else _spare(rows, {*names, *_aside(roles, time_name)})
    notes = [*held_back, *notes, *spare, *prepared.notes]
    return replace(examples, catalogue=fingerprint, notes=tuple(notes))


def _examples(
    rows: pa.Table, y: Floats, roles: Roles, time_name: str | None, prepared: Prepared
) -> Examples:
    """Put the examples together from the rows that can be learnt from."""
    matrix = encode(prepared.table, prepared.columns)
    entity = np.asarray(rows.column(roles.entity).cast(pa.string()).to_pylist(), dtype=np.str_)
    time = None if time_name is None else read_times(rows.column(time_name), name=time_name)
    lead, horizon = _label_window(rows.schema.metadata or {})
    return Examples(
        table=prepared.table,
        columns=prepared.columns,
        matrix=matrix,
        y=y,
        entity=entity,
        time=time,
        entity_name=roles.entity,
        label_name=roles.label_name,
        time_name=time_name,
        lead_days=lead,
        horizon_days=horizon,
        digest=_digest(prepared.columns, matrix, y, entity, time),
    )


def _time_name(raw_table: pa.Table, asked: str | None) -> str | None:
    """Return the time column: the one asked for, else `as_of` when the table has it."""
    if asked is not None:
        require_column(raw_table, asked, role="time")
        return asked
    return DEFAULT_TIME if DEFAULT_TIME in raw_table.column_names else None


def _refuse_null_keys(raw_table: pa.Table, keys: Sequence[str]) -> None:
    """Raise TableError when a key is null."""
    for key in keys:
        n_null = raw_table.column(key).null_count
        if n_null:
            raise TableError(f"'{key}' is null in {n_null} rows; every row needs its key")


def _learnable_rows(
    raw_table: pa.Table, labels: Floats, *, label: str
) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Return which rows have a known label and are eligible, and what to say about the others."""
    known = ~np.isnan(labels)
    kept = known.copy()
    notes = [f"{label}: {int((~known).sum())} rows without a known label left out"]
    if "eligible" in raw_table.column_names and label in PANEL_LABELS:
        eligible = pc.fill_null(raw_table.column("eligible").cast(pa.bool_()), False).to_numpy()
        notes.append(f"eligible: {int((known & ~eligible).sum())} rows not eligible left out")
        kept &= eligible
    if not kept.any():
        raise NotEnoughError(f"nothing to learn: no row has a known label '{label}'")
    found = np.unique(labels[kept])
    if len(found) == 1:
        raise NotEnoughError(
            f"nothing to learn: all {int(kept.sum())} known labels '{label}' are {found[0]:g}"
        )
    return kept, [note for note in notes if ": 0 rows" not in note]


def _feature_names(
    rows: pa.Table, roles: Roles, time_name: str | None, catalogue: Catalogue
) -> tuple[list[str], str | None]:
    """Return the features in model order, and the fingerprint when they are ours."""
    unknown = [name for name in roles.drop if name not in rows.column_names]
    if unknown:
        require_column(rows, unknown[0], role="dropped")
    _refuse_other_catalogue(rows.schema.metadata or {}, catalogue)
    ours = set(catalogue.names)
    if ours <= set(rows.column_names) and ours.isdisjoint(roles.drop):
        return list(catalogue.names), catalogue.fingerprint
    aside = _aside(roles, time_name)
    return [name for name in rows.column_names if name not in aside], None


def _aside(roles: Roles, time_name: str | None) -> set[str | None]:
    """Return the columns that are no features: keys, labels and what the user drops."""
    return {roles.label_name, roles.entity, time_name, *roles.drop, *PANEL_LABELS}


def _spare(rows: pa.Table, known: Collection[str | None]) -> list[str]:
    """Say which columns of a panel are left out because the catalogue does not declare them."""
    spare = [name for name in rows.column_names if name not in known]
    if not spare:
        return []
    shown = ", ".join(spare[:5]) + (", ..." if len(spare) > 5 else "")
    return [f"{shown}: left out, not in the feature catalogue (declare them as own features)"]


def _refuse_other_catalogue(metadata: Mapping[bytes, bytes], in_force: Catalogue) -> None:
    """Raise TableError when the panel was made under another catalogue."""
    made_with = metadata.get(b"tierwise.catalogue", in_force.fingerprint.encode()).decode()
    if made_with != in_force.fingerprint:
        raise TableError(
            f"the panel was made with the feature catalogue {made_with[:12]}, but "
            f"{in_force.fingerprint[:12]} is in force: make the panel again"
        )


def _label_window(metadata: Mapping[bytes, bytes]) -> tuple[int, int]:
    """Return lead and horizon in days, from the panel or by default."""
    lead = int(metadata.get(b"tierwise.lead_days", str(LEAD_DAYS).encode()))
    horizon = int(metadata.get(b"tierwise.horizon_days", str(HORIZON_DAYS).encode()))
    return lead, horizon


def read_times(values: pa.ChunkedArray[Any], *, name: str) -> npt.NDArray[np.datetime64]:
    """Read a time column (timestamps, dates or ISO texts, in UTC) as datetime64[us]."""
    try:
        if pa.types.is_timestamp(values.type) and values.type.tz is not None:
            values = values.cast(pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us"))
        return np.asarray(values.cast(pa.timestamp("us")).to_numpy(), dtype="datetime64[us]")
    except pa.ArrowException as error:
        raise TableError(f"time column '{name}' cannot be read as dates: {error}") from error


def _digest(
    columns: Sequence[Column],
    matrix: Floats,
    y: Floats,
    entity: npt.NDArray[np.str_],
    time: npt.NDArray[np.datetime64] | None,
) -> str:
    """Return the SHA-256 of everything that is learnt from."""
    digest = hashlib.sha256(repr(columns).encode())
    digest.update(np.ascontiguousarray(matrix).tobytes())
    digest.update(y.tobytes())
    digest.update("\x00".join(entity.tolist()).encode())
    if time is not None:
        digest.update(time.astype("int64").tobytes())
    return digest.hexdigest()
