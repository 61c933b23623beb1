"""The newest rows of a table: those a model will answer for first, whose outcome is not known yet.

With time, rows after the last labelled date; without, rows whose label is blank. Columns as the
model reads them, beside `@entity` and `@time`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from scoring.encoding import encode
from scoring.errors import RowError, RowProblem
from scoring.manifest import Manifest
from scoring.matching import match_types
from training.tables.labels import read_labels
from training.tables.roles import PANEL_LABELS
from training.tables.table import Examples, read_times

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

ENTITY, TIME = "@entity", "@time"
PANEL_ELIGIBLE = "eligible"


def newest_rows(raw_table: pa.Table, examples: Examples, manifest: Manifest) -> pa.Table | None:
    """Return the rows that wait for their outcome; None when there are none.

    Parameters
    ----------
    raw_table : pyarrow.Table
        The table the examples were read from.
    examples : Examples
    manifest : Manifest
        Names the columns of the model.

    Raises
    ------
    RowError
        When one of them cannot be read; problems name rows of `raw_table`.
    """
    waiting = np.flatnonzero(_waiting(raw_table, examples))
    rows = raw_table.take(waiting)
    if not rows.num_rows:
        return None
    found = match_types(rows, manifest)
    try:
        encode(found, manifest.columns)
    except RowError as error:
        raise RowError([_in_table(problem, waiting) for problem in error.details]) from error
    found = found.select(list(manifest.names))
    entity = rows.column(examples.entity_name).cast(pa.string())
    found = found.append_column(ENTITY, entity).replace_schema_metadata(None)
    if examples.time_name is None:
        return found
    times = read_times(rows.column(examples.time_name), name=examples.time_name)
    return found.append_column(TIME, pa.array(times))


def _in_table(problem: RowProblem, waiting: npt.NDArray[np.intp]) -> RowProblem:
    """Return a problem of a waiting row with its place in the whole table."""
    if problem.row is None:
        return problem
    return replace(problem, row=int(waiting[problem.row]))


def _waiting(raw_table: pa.Table, examples: Examples) -> npt.NDArray[np.bool_]:
    """Return which rows wait for their outcome, (n,)."""
    if examples.time is None or examples.time_name is None:
        label = raw_table.column(examples.label_name)
        return np.isnan(read_labels(label, name=examples.label_name))
    times = read_times(raw_table.column(examples.time_name), name=examples.time_name)
    later = np.asarray(times > examples.time.max(), dtype=np.bool_)
    if PANEL_ELIGIBLE not in raw_table.column_names or examples.label_name not in PANEL_LABELS:
        return later
    eligible = read_labels(raw_table.column(PANEL_ELIGIBLE), name=PANEL_ELIGIBLE)
    return np.asarray(later & (eligible == 1.0), dtype=np.bool_)


def last_date(newest: pa.Table) -> pa.Table:
    """Return the rows of the newest date; all rows of a table without time."""
    if TIME not in newest.column_names:
        return newest
    return newest.filter(pc.equal(newest.column(TIME), pc.max(newest.column(TIME))))
