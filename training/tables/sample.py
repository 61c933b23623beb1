"""A sample of entities stands for a large table: held in memory, and never fitted with the rest.

The keys and labels of all rows decide what can be learnt from, every column is described on all its
rows; then whole entities are drawn by a seeded hash, with all their rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from features.catalogue import CATALOGUE, Catalogue
from scoring.manifest import Column
from scoring.matching import read_as
from training.tables.columns import Prepared, as_table, prepare_column, require_some
from training.tables.date_columns import Clock
from training.tables.large import Flags, LargeTable
from training.tables.learnable import Learnable, feature_names, find_time, learnable_rows
from training.tables.reading import require_column
from training.tables.roles import PANEL_LABELS, Roles
from training.tables.splits import hashed_share
from training.tables.table import Examples, Whole, examples_of, read_times

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Floats = npt.NDArray[np.float64]

# About so many rows are drawn, or so many events where these are rare; never more than this share.
SAMPLE_ROWS = 200_000
SAMPLE_EVENTS = 2_000
LARGEST_SHARE = 0.2


@dataclass(frozen=True)
class Sampled:
    """A large table and the sample of its entities.

    Attributes
    ----------
    table : LargeTable
    examples : Examples
        The sample's rows that can be learnt from.
    raw_table : pyarrow.Table
        All rows of the sample, those that wait for their outcome too, as they are in the file.
    kept : ndarray (n_rows,) of bool
        Which of all rows can be learnt from.
    drawn : ndarray (n,) of bool
        Which of these n are the sample's.
    y : ndarray (n,)
    time : ndarray (n,) of datetime64[us] or None
    """

    table: LargeTable
    examples: Examples
    raw_table: pa.Table
    kept: Flags
    drawn: Flags
    y: Floats
    time: npt.NDArray[np.datetime64] | None


@dataclass(frozen=True)
class _Columns:
    """The features as described on all rows, and as they are in the sample's rows."""

    described: tuple[Column, ...]
    drawn: dict[str, pa.ChunkedArray[Any]]
    notes: tuple[str, ...]


def read_sample(
    table: LargeTable, roles: Roles, catalogue: Catalogue = CATALOGUE, *, seed: int
) -> Sampled:
    """Read the keys of a large table, describe its columns and draw the sample.

    Raises
    ------
    TableError, NotEnoughError
        As `read_examples`.
    """
    keys = _keys(table, roles)
    found = learnable_rows(keys, roles)
    y = found.labels[found.kept]
    features = feature_names(table.schema.empty_table(), roles, found.time_name, catalogue)
    drawn = _draw(keys.column(roles.entity), y, seed=seed)
    clock = Clock.of(keys.filter(pa.array(found.kept)), found.time_name)
    keep_all = features.fingerprint is not None
    columns = _read_columns(table, features.names, found.kept, drawn, clock, keep_all=keep_all)
    raw_table = keys.filter(pa.array(drawn))
    for name, values in columns.drawn.items():
        raw_table = raw_table.append_column(name, values)
    examples = _examples(raw_table, found, drawn, roles, columns)
    examples = replace(
        examples,
        catalogue=features.fingerprint,
        digest=_digest(table, roles, examples.columns),
        notes=(*found.notes, *features.notes, *columns.notes, _note(examples, len(y))),
        whole=Whole(n=len(y), n_events=int(y.sum()), n_entities=_n_entities(keys, found, roles)),
    )
    time = None
    if found.time_name is not None:
        time = read_times(keys.column(found.time_name), name=found.time_name)[found.kept]
    return Sampled(table, examples, raw_table, found.kept, drawn[found.kept], y, time)


def _n_entities(keys: pa.Table, found: Learnable, roles: Roles) -> int:
    """Return how many entities have a row that can be learnt from."""
    entity = keys.column(roles.entity).filter(pa.array(found.kept))
    return int(pc.count_distinct(entity).as_py())


def _keys(table: LargeTable, roles: Roles) -> pa.Table:
    """Return keys, label and what says who is eligible, of all rows."""
    empty = table.schema.empty_table()
    require_column(empty, roles.label_name, role="label")
    require_column(empty, roles.entity, role="entity")
    time_name = find_time(empty, roles.time)
    wanted = dict.fromkeys([roles.entity, time_name, roles.label_name, *PANEL_LABELS])
    return table.read([name for name in wanted if name in table.schema.names])


def _draw(entity: pa.ChunkedArray[Any], y: Floats, *, seed: int) -> Flags:
    """Return which of all rows belong to the entities drawn."""
    rarer = min(y.sum(), len(y) - y.sum())
    share = min(LARGEST_SHARE, max(SAMPLE_ROWS / len(y), SAMPLE_EVENTS / rarer))
    coded: Any = entity.cast(pa.large_string()).combine_chunks().dictionary_encode()
    hashed = hashed_share(coded.dictionary.to_pylist(), salt=f"sample-{seed}")
    return np.asarray((hashed < share)[coded.indices.to_numpy()], dtype=np.bool_)


def _read_columns(
    table: LargeTable,
    names: Sequence[str],
    kept: Flags,
    drawn: Flags,
    clock: Clock,
    *,
    keep_all: bool,
) -> _Columns:
    """Describe each feature on all rows that can be learnt from, and keep the sample's values."""
    described, sample, notes = list[Column](), dict[str, Any](), list[str]()
    of_kept, of_drawn = pa.array(kept), pa.array(drawn)
    for name, raw in table.columns(names):
        found = prepare_column(name, raw.filter(of_kept), clock, keep_all=keep_all)
        if found.note:
            notes.append(f"{name}: {found.note}")
        if found.column is not None:
            described.append(found.column)
            sample[name] = raw.filter(of_drawn)
    require_some(described, notes)
    return _Columns(tuple(described), sample, tuple(notes))


def _examples(
    raw_table: pa.Table, found: Learnable, drawn: Flags, roles: Roles, columns: _Columns
) -> Examples:
    """Put the sample's examples together."""
    rows = raw_table.filter(pa.array(found.kept[drawn]))
    read = [read_as(rows, each) for each in columns.described]
    prepared = Prepared(as_table(columns.described, read), columns.described, columns.notes)
    return examples_of(rows, found.labels[drawn & found.kept], roles, found.time_name, prepared)


def _digest(table: LargeTable, roles: Roles, columns: Sequence[Column]) -> str:
    """Return the SHA-256 of the files and of how they are read."""
    return hashlib.sha256(f"{table.digest()} {roles.label_name} {columns!r}".encode()).hexdigest()


def _note(examples: Examples, n_rows: int) -> str:
    """Say what was learnt from which rows."""
    n_entities = len(np.unique(examples.entity))
    return (
        f"large table: trees from all {n_rows:,} rows; their shape, the calibrator, figures and "
        f"checks from {len(examples.y):,} rows of {n_entities:,} entities set aside for that"
    )
