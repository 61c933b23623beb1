"""Which rows of a table can be learnt from, and which of its columns are features.

Asked of keys, labels and names alone: the features of a large table are never read for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from features.catalogue import Catalogue
from features.label_window import REACH
from training.errors import NotEnoughError, TableError
from training.tables.labels import read_labels
from training.tables.reading import refuse_duplicates, require_column
from training.tables.roles import PANEL_LABELS, Roles
from training.tables.settled import settled_rows
from training.tables.times import read_times

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Floats = npt.NDArray[np.float64]

DEFAULT_TIME = "as_of"
# Names of the columns that we write beside the features in what is kept of a run.
OURS_BESIDE = frozenset({"@entity", "@time", "@label", "@probability", "@arr"})
# Names of the columns that scores hold beside the keys, and how the names of the reasons begin.
OURS_OF_SCORES = frozenset({"probability", "margin", "base_probability"})
REASON = "pp:"
LOST = (
    "a panel of ours, but its label window and grace are lost (pandas and CSV do not keep the "
    "metadata of a Parquet file): the window is that of the settings, no grace is waited for, so "
    "that the newest rows may lack leavers; train on the file that 'tierwise features' wrote"
)


@dataclass(frozen=True)
class Learnable:
    """Which rows can be learnt from.

    Attributes
    ----------
    kept : ndarray (n,) of bool
        Of all n rows, those that are eligible at a settled date and have a known label.
    labels : ndarray (n,)
        1.0, 0.0, or NaN for not known yet.
    time_name : str or None
    notes : tuple of str
        Why rows were left out.
    """

    kept: npt.NDArray[np.bool_]
    labels: Floats
    time_name: str | None
    notes: tuple[str, ...]


def learnable_rows(raw_table: pa.Table, roles: Roles) -> Learnable:
    """Check the keys and labels of a table and say which of its rows can be learnt from.

    Parameters
    ----------
    raw_table : pyarrow.Table
        Keys, label and, of a panel, `eligible`; other columns are not looked at.
    roles : Roles

    Raises
    ------
    TableError
        When a key or a label cannot be used.
    NotEnoughError
        When no label is known, or all known labels are the same.
    """
    raw_labels = read_labels(
        require_column(raw_table, roles.label_name, role="label"), name=roles.label_name
    )
    require_column(raw_table, roles.entity, role="entity")
    time_name = find_time(raw_table, roles.time)
    _refuse_two_roles({"label": roles.label_name, "entity": roles.entity, "time": time_name})
    keys = [roles.entity] + ([time_name] if time_name else [])
    _refuse_our_names(keys)
    _refuse_null_keys(raw_table, keys)
    refuse_duplicates(_keys_as_read(raw_table, roles.entity, time_name), keys)
    settled, held_back = settled_rows(raw_table, raw_labels)
    labels = np.where(settled, raw_labels, np.nan)
    kept, notes = _kept(raw_table, labels, label=roles.label_name)
    return Learnable(kept, labels, time_name, (*held_back, *notes))


def find_time(raw_table: pa.Table, asked: str | None) -> str | None:
    """Return the time column: the one asked for, else `as_of` when the table has it."""
    if asked is not None:
        require_column(raw_table, asked, role="time")
        return asked
    return DEFAULT_TIME if DEFAULT_TIME in raw_table.column_names else None


def _refuse_two_roles(roles: Mapping[str, str | None]) -> None:
    """Raise TableError when a column is asked to be two things."""
    for (role, name), (other, again) in combinations(roles.items(), 2):
        if name == again:
            raise TableError(f"the column '{name}' cannot be both {role} and {other}; name two")


def _refuse_our_names(keys: Sequence[str]) -> None:
    """Raise TableError when a key is named like a column that we write beside it."""
    for name in keys:
        if name in OURS_BESIDE | OURS_OF_SCORES or name.startswith(REASON):
            raise TableError(
                f"the name of the key column '{name}' is in use by us: scores hold one of that "
                "name beside the keys; rename it"
            )


def _refuse_null_keys(raw_table: pa.Table, keys: Sequence[str]) -> None:
    """Raise TableError when a key is null."""
    for key in keys:
        n_null = raw_table.column(key).null_count
        if n_null:
            raise TableError(f"'{key}' is null in {n_null} rows; every row needs its key")


def _keys_as_read(raw_table: pa.Table, entity: str, time_name: str | None) -> pa.Table:
    """Return the keys with moments for times: 2023-01-02 and 2023/1/2 are one."""
    found: dict[str, Any] = {entity: raw_table.column(entity)}
    if time_name is not None:
        found[time_name] = pa.array(read_times(raw_table.column(time_name), name=time_name))
    return pa.table(found)


def _kept(
    raw_table: pa.Table, labels: Floats, *, label: str
) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Return which rows have a known label and are eligible, and what to say about the others."""
    known = ~np.isnan(labels)
    kept = known.copy()
    notes = [f"{label}: {int((~known).sum())} rows without a known label left out"]
    if "eligible" in raw_table.column_names and label in PANEL_LABELS:
        eligible = read_labels(raw_table.column("eligible"), name="eligible") == 1.0
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


@dataclass(frozen=True)
class FeatureNames:
    """The features in model order, with the catalogue's fingerprint when they are ours."""

    names: tuple[str, ...]
    fingerprint: str | None
    notes: tuple[str, ...]


def feature_names(
    rows: pa.Table, roles: Roles, time_name: str | None, catalogue: Catalogue
) -> FeatureNames:
    """Find the features among the columns of a table; its rows are not looked at.

    Raises
    ------
    TableError
        When a column to drop is not there, a name is in use by us, or the panel was made under
        another catalogue.
    """
    unknown = [name for name in roles.drop if name not in rows.column_names]
    if unknown:
        require_column(rows, unknown[0], role="dropped")
    _refuse_other_catalogue(rows.schema.metadata or {}, catalogue)
    ours, aside = set(catalogue.names), _aside(roles, time_name)
    if ours <= set(rows.column_names) and ours.isdisjoint(roles.drop):
        notes = _spare(rows, {*catalogue.names, *aside}) + _silent(rows, roles)
        return FeatureNames(tuple(catalogue.names), catalogue.fingerprint, notes)
    names = tuple(name for name in rows.column_names if name not in aside)
    taken = sorted(OURS_BESIDE.intersection(names))
    if taken:
        raise TableError(f"the name of the column '{taken[0]}' is in use by us; rename or drop it")
    return FeatureNames(names, None, ())


def _aside(roles: Roles, time_name: str | None) -> set[str | None]:
    """Return the columns that are no features: keys, labels and what the user drops."""
    return {roles.label_name, roles.entity, time_name, *roles.drop, *PANEL_LABELS}


def _spare(rows: pa.Table, known: Collection[str | None]) -> tuple[str, ...]:
    """Say which columns of a panel are left out because the catalogue does not declare them."""
    spare = [name for name in rows.column_names if name not in known]
    if not spare:
        return ()
    shown = ", ".join(spare[:5]) + (", ..." if len(spare) > 5 else "")
    return (f"{shown}: left out, not in the feature catalogue (declare them as own features)",)


def _silent(rows: pa.Table, roles: Roles) -> tuple[str, ...]:
    """Say that a panel with labels of ours no longer tells how they were made."""
    told = rows.schema.metadata or {}
    if roles.label_name not in PANEL_LABELS or all(name in told for name in REACH):
        return ()
    return (LOST,)


def _refuse_other_catalogue(metadata: Mapping[bytes, bytes], in_force: Catalogue) -> None:
    """Raise TableError when the panel was made under another catalogue."""
    made_with = metadata.get(b"tierwise.catalogue", in_force.fingerprint.encode()).decode()
    if made_with != in_force.fingerprint:
        raise TableError(
            f"the panel was made with the feature catalogue {made_with[:12]}, but "
            f"{in_force.fingerprint[:12]} is in force: make the panel again"
        )
