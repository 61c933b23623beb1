"""The scores of rows: of a table in memory, or of one too large to be held, a batch at a time.

One row in, one row out, in the same order; the keys keep their own names. A row's scores do not
depend on the rows beside it, nor on the batch it is read in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa

from scoring.bundle import Bundle, Explanation
from scoring.errors import RowError, RowProblem
from scoring.manifest import Manifest
from scoring.matching import match_types
from training.tables.large import LargeTable
from training.tables.reading import require_column

# Rows of a large table that are scored at one time: with the reasons of 120 columns, some 200 MB.
ROWS_AT_ONCE = 32_768


def score_rows(bundle: Bundle, raw_table: pa.Table, *, reasons: bool) -> pa.Table:
    """Return the scores of the rows of a table, see `training.score_table`."""
    keys = _keys(raw_table, bundle.manifest)
    return _score(bundle, keys, match_types(raw_table, bundle.manifest), reasons=reasons)


def score_batches(bundle: Bundle, table: LargeTable, *, reasons: bool) -> Iterator[pa.Table]:
    """Yield the scores of all rows of a large table, in order; first of none of them."""
    manifest, empty = bundle.manifest, table.schema.empty_table()
    yield score_rows(bundle, empty, reasons=reasons)
    names, start = list(dict.fromkeys([*_keys(empty, manifest), *manifest.names])), 0
    for raw_rows in table.batches(names, n_rows=ROWS_AT_ONCE):
        try:
            yield score_rows(bundle, raw_rows, reasons=reasons)
        except RowError as error:
            raise RowError([_moved(problem, start) for problem in error.details]) from error
        start += raw_rows.num_rows


def _moved(problem: RowProblem, start: int) -> RowProblem:
    """Return a problem of a batch with its row counted from the first of the table."""
    return problem if problem.row is None else replace(problem, row=start + problem.row)


def _keys(raw_table: pa.Table, manifest: Manifest) -> dict[str, Any]:
    """Return the entity column, and the time column when the table has it."""
    keys = {manifest.entity: require_column(raw_table, manifest.entity, role="entity")}
    if manifest.time is not None and manifest.time in raw_table.column_names:
        keys[manifest.time] = raw_table.column(manifest.time)
    return keys


def _score(bundle: Bundle, keys: dict[str, Any], rows: pa.Table, *, reasons: bool) -> pa.Table:
    """Return keys and scores of rows that are read as the model was trained on them."""
    if reasons:
        return _with_reasons(keys, bundle.explain(rows))
    scores = bundle.score(rows)
    found: dict[str, Any] = {"probability": scores.probability, "margin": scores.margin}
    return pa.table(keys | found)


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
