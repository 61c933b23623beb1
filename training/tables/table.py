"""Reads a labelled table: our panel, or anybody's.

One row per entity and time (or per entity); rows without a known label are not learnt from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import CATALOGUE, Catalogue
from scoring.encoding import encode
from scoring.manifest import Column
from training.tables.columns import Prepared, prepare_columns
from training.tables.learnable import feature_names, learnable_rows
from training.tables.reading import read_raw_table
from training.tables.roles import PANEL_LABELS as PANEL_LABELS
from training.tables.roles import Roles
from training.tables.times import read_times as read_times

Floats = npt.NDArray[np.float64]

# Under these names a panel of ours tells the label window of its rows.
WINDOW = (b"tierwise.lead_days", b"tierwise.horizon_days")


@dataclass(frozen=True)
class Whole:
    """Rows, events and entities of a table of which only a sample of entities is in memory."""

    n: int
    n_events: int
    n_entities: int


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
    own_window : bool
        Whether the table itself tells that window; else it is that of the settings.
    digest : str
        SHA-256 of matrix, labels, keys and column names.
    catalogue : str or None
        Fingerprint when the table holds all features of the catalogue in force.
    notes : tuple of str
        What was changed or left out on the way.
    whole : Whole or None
        What these rows are a sample of, when the table is too large to be held; `digest` is the
        whole's then.
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
    whole: Whole | None = None
    own_window: bool = True

    @property
    def window(self) -> dict[str, object] | None:
        """Return the label window in days and who tells it; None without time."""
        if self.time is None:
            return None
        teller = "table" if self.own_window else "settings"
        return {"lead_days": self.lead_days, "horizon_days": self.horizon_days, "from": teller}

    @property
    def window_words(self) -> str:
        """Return that window in words, for a note; empty without time."""
        if self.time is None:
            return ""
        teller = "as the table itself tells" if self.own_window else "as the settings say"
        return f"label window: {self.horizon_days} days after a lead of {self.lead_days}, {teller}"

    @property
    def n_known(self) -> int:
        """Rows with a known label in the whole table."""
        return len(self.y) if self.whole is None else self.whole.n

    @property
    def n_events(self) -> int:
        """Rows with the label 1 in the whole table."""
        return int(self.y.sum()) if self.whole is None else self.whole.n_events

    @property
    def n_entities(self) -> int:
        """Different entities with a known label in the whole table."""
        return len(np.unique(self.entity)) if self.whole is None else self.whole.n_entities


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
    raw_table = read_raw_table(source, entity=roles.entity)
    found = learnable_rows(raw_table, roles)
    rows = raw_table.filter(found.kept)
    features = feature_names(rows, roles, found.time_name, catalogue)
    keep_all = features.fingerprint is not None
    prepared = prepare_columns(rows, features.names, keep_all=keep_all, time_name=found.time_name)
    examples = examples_of(rows, found.labels[found.kept], roles, found.time_name, prepared)
    notes = (*found.notes, *features.notes, *prepared.notes)
    return replace(examples, catalogue=features.fingerprint, notes=notes)


def examples_of(
    rows: pa.Table, y: Floats, roles: Roles, time_name: str | None, prepared: Prepared
) -> Examples:
    """Put the examples together from the rows that can be learnt from."""
    matrix = encode(prepared.table, prepared.columns)
    entity = np.asarray(rows.column(roles.entity).cast(pa.string()).to_pylist(), dtype=np.str_)
    time = None if time_name is None else read_times(rows.column(time_name), name=time_name)
    metadata = rows.schema.metadata or {}
    lead, horizon = _label_window(metadata, roles)
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
        own_window=all(name in metadata for name in WINDOW),
    )


def _label_window(metadata: Mapping[bytes, bytes], roles: Roles) -> tuple[int, int]:
    """Return lead and horizon in days, as the panel tells them, else as the roles do."""
    lead, horizon = (metadata.get(name) for name in WINDOW)
    return (
        roles.lead_days if lead is None else int(lead),
        roles.horizon_days if horizon is None else int(horizon),
    )


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
