"""The command `score`: probabilities, and reasons on request, for the rows of any table.

One row in, one row out, in the same order; the keys keep their own names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, Catalogue
from scoring.bundle import Bundle, Explanation, load_bundle
from scoring.manifest import Manifest
from training.errors import PromotionError
from training.tables.columns import match_types
from training.tables.reading import read_raw_table, require_column
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
    raw_table = read_raw_table(table)
    keys = _keys(raw_table, bundle.manifest)
    rows = match_types(raw_table, bundle.manifest)
    if not reasons:
        scores = bundle.score(rows)
        found: dict[str, Any] = {"probability": scores.probability, "margin": scores.margin}
        return pa.table(keys | found)
    return _with_reasons(keys, bundle.explain(rows))


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


def _keys(raw_table: pa.Table, manifest: Manifest) -> dict[str, Any]:
    """Return the entity column, and the time column when the table has it."""
    keys = {manifest.entity: require_column(raw_table, manifest.entity, role="entity")}
    if manifest.time is not None and manifest.time in raw_table.column_names:
        keys[manifest.time] = raw_table.column(manifest.time)
    return keys


def _with_reasons(keys: dict[str, Any], explanation: Explanation) -> pa.Table:
    """Return the scores with one column of probability points per feature."""
    points: dict[str, Any] = {
        f"pp:{name}": explanation.pp[:, position]
        for position, name in enumerate(explanation.columns)
    }
    found: dict[str, Any] = {
        "probability": explanation.probability,
        "margin": explanation.margin,
        "base_probability": explanation.base_probability,
    }
    return pa.table(keys | found | points)


def write_scores(scores: pa.Table, path: Path | str) -> None:
    """Write scores as Parquet; a killed run leaves the old file or none."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        pq.write_table(scores, aside)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
