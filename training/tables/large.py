"""Parquet tables that are read in batches and never held whole.

What is narrow (keys, labels, one column) is read for all rows; all columns together only a batch
at a time, in the order of the files.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from features.errors import PanelError
from scoring.manifest import Column, clocks_of
from scoring.matching import read_as
from training.errors import TableError
from training.tables.reading import plain_types

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Rows x columns from which a table is large. The usual way holds it about five times, as float64:
# below this, in less than 4 GB.
LARGE_CELLS = 100_000_000
# Rows that are numbers in memory at one time.
BATCH_ROWS = 8_192
# Columns that are read for all rows at one time.
COLUMNS_AT_ONCE = 4


@dataclass(frozen=True)
class LargeTable:
    """A table in Parquet files, in order.

    Attributes
    ----------
    path : Path
        The file or folder as it was given.
    files : tuple of Path
    schema : pyarrow.Schema
        Of every file, with the metadata of the whole.
    n_rows : int
    """

    path: Path
    files: tuple[Path, ...]
    schema: pa.Schema
    n_rows: int

    def read(self, names: Sequence[str]) -> pa.Table:
        """Return some columns of all rows, values where codes stand for them."""
        parts = [pq.ParquetFile(file).read(columns=list(names)) for file in self.files]
        tables = [part.select(list(names)).replace_schema_metadata(None) for part in parts]
        found = pa.concat_tables([_decoded(each) for each in tables])
        return found.replace_schema_metadata(self.schema.metadata)

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, pa.ChunkedArray[Any]]]:
        """Yield columns of all rows one after the other."""
        for start in range(0, len(names), COLUMNS_AT_ONCE):
            some = self.read(names[start : start + COLUMNS_AT_ONCE])
            yield from zip(some.column_names, some.columns, strict=True)

    def matrices(self, columns: Sequence[Column], wanted: Flags) -> Iterator[Floats]:
        """Yield the matrix (m, p) of the wanted rows of each batch, as a model reads them.

        Parameters
        ----------
        columns : sequence of Column
        wanted : ndarray (n_rows,)
        """
        start = 0
        for batch in self.batches(names_read(columns)):
            rows = wanted[start : start + batch.num_rows]
            start += batch.num_rows
            if rows.any():
                yield as_matrix(batch if rows.all() else batch.filter(pa.array(rows)), columns)

    def batches(self, names: Sequence[str], *, n_rows: int | None = None) -> Iterator[pa.Table]:
        """Yield some columns of all rows in order, `BATCH_ROWS` or as many as asked at a time."""
        for file in self.files:
            yield from batches(file, names, n_rows=n_rows)

    def digest(self) -> str:
        """Return the SHA-256 of the files."""
        digest = hashlib.sha256()
        for file in self.files:
            with file.open("rb") as opened:
                while block := opened.read(1 << 22):
                    digest.update(block)
        return digest.hexdigest()


def _decoded(table: pa.Table) -> pa.Table:
    """Return a table in plain types; columns of codes are hashed, counted and joined as values."""
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            values = table.column(position).cast(field.type.value_type)
            table = table.set_column(position, field.name, values)
    return plain_types(table)


def batches(file: Path, names: Sequence[str], *, n_rows: int | None = None) -> Iterator[pa.Table]:
    """Yield the rows of one file in order, a batch at a time."""
    size = n_rows or BATCH_ROWS
    with pq.ParquetFile(file, buffer_size=1 << 20) as opened:
        for batch in opened.iter_batches(size, columns=list(names), use_threads=False):
            yield pa.Table.from_batches([batch])


def names_read(columns: Sequence[Column]) -> list[str]:
    """Return the columns that the inputs of a model are read from: their own, and clocks."""
    return list(dict.fromkeys([*(column.name for column in columns), *clocks_of(columns)]))


def as_matrix(rows: pa.Table, columns: Sequence[Column]) -> Floats:
    """Return some rows as the matrix of a model, columns read as was decided on the whole.

    The same as `scoring.encoding.encode`, which checks every value once more: these have been.
    """
    matrix = np.empty((rows.num_rows, len(columns)))
    for position, column in enumerate(columns):
        values = read_as(rows, column)
        if column.kind == "category":
            levels = pa.array(column.levels, type=pa.string())
            codes = pc.index_in(values, value_set=levels, skip_nulls=True)
            values = codes.cast(pa.float64())
        matrix[:, position] = values.to_numpy()
    return matrix


def large_table(source: object) -> LargeTable | None:
    """Return a table to be read in batches, or None when the usual way is to read it.

    Raises
    ------
    TableError
        When the parts of a large table do not belong together.
    """
    if not isinstance(source, str | Path):
        return None
    path = Path(source)
    files = _files(path)
    try:
        footers = [pq.read_metadata(file) for file in files]
    except (pa.ArrowException, OSError):
        return None  # the usual way says what is wrong
    if not files or sum(each.num_rows * each.num_columns for each in footers) < LARGE_CELLS:
        return None
    schema = _schema(path, files)
    return LargeTable(path, files, schema, sum(each.num_rows for each in footers))


def _files(path: Path) -> tuple[Path, ...]:
    """Return the files of a table: a panel dataset's by date, a folder's by name, or the one."""
    if path.is_dir():
        return tuple(sorted(path.glob("as_of=*/part.parquet")) or sorted(path.glob("*.parquet")))
    return (path,) if path.is_file() else ()


def _schema(path: Path, files: Sequence[Path]) -> pa.Schema:
    """Return the schema that all files share."""
    schemas = [pq.read_schema(file) for file in files]
    for file, schema in zip(files, schemas, strict=True):
        if not schema.equals(schemas[0]):
            raise TableError(
                f"{file} has other columns or types than {files[0]}: write all parts of a large "
                "table with the same ones"
            )
    names = schemas[0].names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(f"{path} has these columns more than once: {', '.join(twice)}")
    is_panel = files[0].parent.name.startswith("as_of=")
    return schemas[0].with_metadata(_agreed(files)) if is_panel else schemas[0]


def _agreed(files: Sequence[Path]) -> dict[bytes, bytes]:
    """Return what the parts of a panel dataset agree on, read from their first rows alone."""
    from features.panel_dataset import read_panel_dataset

    with tempfile.TemporaryDirectory(prefix="tierwise-") as scratch:
        for file in files:
            first = next(batches(file, ["as_of"]), None)
            if first is None:
                continue
            part = Path(scratch) / file.parent.name / file.name
            part.parent.mkdir()
            metadata = pq.read_schema(file).metadata
            pq.write_table(first.slice(0, 1).replace_schema_metadata(metadata), part)
        try:
            return read_panel_dataset(scratch).schema.metadata or {}
        except PanelError as error:
            raise TableError(str(error)) from error
