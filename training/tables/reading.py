"""Reads any table from a Parquet or CSV file, and says clearly when it cannot.

Nothing is interpreted here: columns keep the types of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from features.errors import PanelError
from training.errors import TableError
from training.tables.delimited import is_delimited, read_delimited

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

PARQUET_STARTS = b"PAR1"


def read_raw_table(source: Path | str | pa.Table, *, entity: str | None = None) -> pa.Table:
    """Read a table from a Parquet file, a panel dataset (folder of `as_of=…` parts) or a CSV file.

    Parameters
    ----------
    source : path or pyarrow.Table
    entity : str, optional
        The column that names the entities: of a CSV file it is read as text, digit for digit.

    Raises
    ------
    TableError
        When the file is absent, truncated, not a table, empty, or has a column twice.
    """
    if isinstance(source, pa.Table):
        table, shown = source, "the table"
    else:
        table, shown = _read_file(Path(source), entity), str(source)
    twice = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if twice:
        raise TableError(f"{shown} has these columns more than once: {', '.join(twice)}")
    if table.num_rows == 0:
        raise TableError(f"{shown} has no rows; give a table with one row per entity")
    return plain_types(table)


def _read_file(path: Path, entity: str | None) -> pa.Table:
    """Read a file by its ending; anything but delimited text is taken for Parquet."""
    if not path.exists():
        raise TableError(f"{path} does not exist; give a Parquet or CSV file")
    try:
        if is_delimited(path):
            return read_delimited(path, as_text=[] if entity is None else [entity])
        if any(path.glob("as_of=*/part.parquet")):
            return _read_dataset(path)
        _refuse_other_formats(path)
        return pyarrow.parquet.read_table(path)
    except PanelError as error:
        raise TableError(str(error)) from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise TableError(f"{path} cannot be read as a table ({reason}); is it complete?") from error


def _read_dataset(path: Path) -> pa.Table:
    """Read a panel that `tierwise features --out FOLDER` wrote; imports the engine."""
    from features.panel_dataset import read_panel_dataset

    return read_panel_dataset(path)


def _refuse_other_formats(path: Path) -> None:
    """Raise TableError for a file that does not even begin like Parquet."""
    if not path.is_file():
        return
    with path.open("rb") as opened:
        start = opened.read(len(PARQUET_STARTS))
    if start != PARQUET_STARTS:
        raise TableError(
            f"{path} is neither Parquet nor a .csv, .tsv or .txt file; save it as one of them"
        )


def plain_types(table: pa.Table) -> pa.Table:
    """Return the table with text in the one way of keeping it that every later step knows."""
    for position, field in enumerate(table.schema):
        if pa.types.is_string_view(field.type):
            values = table.column(position).cast(pa.string())
            table = table.set_column(position, field.name, values)
    return table


def require_column(table: pa.Table, name: str, *, role: str) -> pa.ChunkedArray[Any]:
    """Return a column, or raise TableError with the nearest name."""
    if name in table.column_names:
        return table.column(name)
    lower = {column.lower(): column for column in table.column_names}
    near = get_close_matches(name.lower(), list(lower), n=1, cutoff=0.5)
    hint = f"; did you mean '{lower[near[0]]}'?" if near else ""
    shown = ", ".join(table.column_names[:8]) + (", ..." if table.num_columns > 8 else "")
    raise TableError(f"the {role} column '{name}' is not in the table{hint} (it has: {shown})")


def refuse_duplicates(table: pa.Table, keys: Sequence[str]) -> None:
    """Raise TableError when two rows have the same keys, showing up to five."""
    counts = table.select(list(keys)).group_by(list(keys)).aggregate([([], "count_all")])
    twice = counts.filter(pc.greater(counts["count_all"], 1))
    if twice.num_rows:
        shown = [
            " at ".join(str(row[key]) for key in keys) for row in twice.slice(0, 5).to_pylist()
        ]
        hint = "" if len(keys) > 1 else "; name the time column when an entity has several rows"
        raise TableError(
            f"{twice.num_rows} keys ({', '.join(keys)}) have more than one row, such as "
            f"{', '.join(shown)}{hint}"
        )
