"""The command `score`: probabilities, and reasons on request, for the rows of any table.

A file is written whole or not at all; a large table is read and written in batches.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, Catalogue
from scoring.bundle import Bundle, load_bundle
from training.errors import PromotionError
from training.lifecycle.scored_rows import score_batches, score_rows
from training.tables.large import large_table
from training.tables.reading import read_raw_table
from training.tracking.store import Tracking


def score_table(
    table: Path | str | pa.Table,
    *,
    outcome: str,
    tracking: Tracking,
    catalogue: Catalogue = CATALOGUE,
    run_id: str | None = None,
    reasons: bool = False,
) -> pa.Table:
    """Score every row of a table.

    Parameters
    ----------
    table : path or pyarrow.Table
        Holds the trained columns, in any order, and the entity.
    outcome : str
    tracking : Tracking
    catalogue : Catalogue
        The one in force; a model of another one is refused.
    run_id : str, optional
        By default the champion.
    reasons : bool
        Add `base_probability` and one `pp:<feature>` column per feature, in probability points.

    Returns
    -------
    pyarrow.Table
        The entity (and time) column, `probability`, `margin`, and the reasons.

    Raises
    ------
    PromotionError
        When there is no champion or no such run.
    ScoringError
        When the rows cannot be read by the model.
    """
    bundle = fetch_bundle(outcome, tracking=tracking, catalogue=catalogue, run_id=run_id)
    large = large_table(table)
    if large is None:
        raw_table = read_raw_table(table, entity=bundle.manifest.entity)
        return score_rows(bundle, raw_table, reasons=reasons)
    return pa.concat_tables(score_batches(bundle, large, reasons=reasons))


@dataclass(frozen=True)
class Written:
    """What a file of scores holds."""

    n_rows: int
    column_names: tuple[str, ...]


def score_file(
    table: Path | str,
    out: Path | str,
    *,
    outcome: str,
    tracking: Tracking,
    catalogue: Catalogue = CATALOGUE,
    run_id: str | None = None,
    reasons: bool = False,
) -> Written:
    """Score every row of a file into a Parquet file; a large table is never held whole.

    Parameters, columns and refusals are those of `score_table`; when anything is refused, `out` is
    what it was before.
    """
    bundle = fetch_bundle(outcome, tracking=tracking, catalogue=catalogue, run_id=run_id)
    large = large_table(table)
    if large is not None:
        return _write_parts(score_batches(bundle, large, reasons=reasons), out)
    raw_table = read_raw_table(table, entity=bundle.manifest.entity)
    scores = score_rows(bundle, raw_table, reasons=reasons)
    write_scores(scores, out)
    return Written(scores.num_rows, tuple(scores.column_names))


def fetch_bundle(
    outcome: str, *, tracking: Tracking, catalogue: Catalogue, run_id: str | None = None
) -> Bundle:
    """Load the bundle of a run, by default of the champion."""
    if run_id is not None:
        version = tracking.version_of(outcome, run_id)
    elif (champion := tracking.champion(outcome)) is not None:
        version = champion
    else:
        raise PromotionError(
            f"there is no champion for '{outcome}' yet: promote a run with "
            f"'tierwise promote --outcome {outcome}', or name one with --run-id"
        )
    return load_bundle(tracking.bundle_folder(version), catalogue=catalogue)


def write_scores(scores: pa.Table, path: Path | str) -> None:
    """Write scores as Parquet; a killed run leaves the old file or none."""
    with _aside(Path(path)) as aside:
        pq.write_table(scores, aside)


def _write_parts(parts: Iterator[pa.Table], path: Path | str) -> Written:
    """Write scores batch by batch; the first, which has no rows, has the columns."""
    first, n_rows = next(parts), 0
    with _aside(Path(path)) as aside, pq.ParquetWriter(aside, first.schema) as writer:
        for part in parts:
            writer.write_table(part)
            n_rows += part.num_rows
    return Written(n_rows, tuple(first.column_names))


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Give a path to write to, and put what was written in its place when all is well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield aside
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
