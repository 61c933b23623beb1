"""Spark, in this process or on a cluster: the same definitions, where the data lies.

Sessions run in UTC and timestamps have no zone. What is kept is cached by the executors and is a
leaf for whoever reads it, so that the plans Spark has to think about stay small.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
from ibis.config import Config

from features.duckdb_backend import text_of
from features.errors import BackendError, SourceError, first_line
from features.hadoop_parts import HadoopParts
from features.layout import TableFiles
from features.places import Place, is_remote, shown
from features.problem import Problem
from features.schema import TABLES
from features.spark_parquet import read_declared
from features.spark_session import SparkLease
from features.spark_words import duckdb_name, in_doubles, in_spark, row_hash

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class _DialectOptions(Config):  # type: ignore[misc]  # Ibis is not typed here
    """What Ibis asks while it writes Spark's SQL, when its own Spark connection is not loaded."""

    treat_nan_as_null: bool = False


class SparkBackend:
    """A Spark session; one that was already running is used and left running.

    Parameters
    ----------
    url : str or None
        The master, such as ``"spark://host:7077"``, ``"yarn"`` or ``"local[4]"``; None for the
        session that is running, else for one inside this process.
    memory_limit : str
        Memory of a Spark that is started inside this process.
    """

    dialect = "pyspark"

    def __init__(self, url: str | None = None, *, memory_limit: str = "4GB") -> None:
        if ibis.options.pyspark is None:
            ibis.options.pyspark = _DialectOptions()
        with _said():
            self._lease = SparkLease(url, memory_limit)
        self._session = self._lease.session
        self._kept: dict[str, DataFrame] = {}

    def open_files(self, name: str, files: TableFiles) -> str:
        """See ``Backend``; CSV of this machine is read by DuckDB, so that both read it alike."""
        if files.format == "csv" and not any(is_remote(path) for path in files.paths):
            self.place(name, text_of(files))
            return name
        paths = [str(path) for path in files.paths]
        with _said():
            reader = self._session.read
            if files.format == "parquet":
                here = [path for path in files.paths if isinstance(path, Path)]
                frame = read_declared(self._session, files.table, here) if here else None
                if frame is None:
                    frame = reader.option("mergeSchema", True).parquet(*paths)
            else:
                reader = reader.option("mode", "FAILFAST").option("enforceSchema", False)
                frame = reader.csv(paths, header=True, escape='"', multiLine=True)
            frame.createOrReplaceTempView(name)
        return name

    def types(self, rows: str) -> dict[str, str]:
        """See ``Backend``."""
        with _said():
            frame = self._session.table(rows)
            return {column: duckdb_name(type_) for column, type_ in frame.dtypes}

    def words(self, sql: str) -> list[tuple[Any, ...]]:
        """See ``Backend``."""
        with _said():
            return [tuple(row) for row in self._session.sql(in_spark(sql)).collect()]

    def row_hash(self, columns: Sequence[str]) -> str:
        """See ``Backend``."""
        return row_hash(columns)

    def worded_view(self, name: str, sql: str) -> None:
        """See ``Backend``."""
        self.view(name, in_spark(sql))

    def view(self, name: str, sql: str) -> None:
        """See ``Backend``."""
        with _said():
            self._session.sql(in_doubles(sql)).createOrReplaceTempView(name)

    def keep(self, name: str, sql: str) -> None:
        """See ``Backend``; the rows are computed when they are first read."""
        with _said():
            frame = self._session.sql(in_doubles(sql)).persist()
            frame.createOrReplaceTempView(name)
            self._let_go(name)
            self._kept[name] = frame

    def place(self, name: str, rows: pa.Table) -> None:
        """See ``Backend``."""
        with _said():
            self._session.createDataFrame(rows).createOrReplaceTempView(name)
            self._lease.step_back()

    def fetch(self, sql: str) -> pa.Table:
        """See ``Backend``."""
        with _said():
            rows: pa.Table = self._session.sql(in_doubles(sql)).toArrow()
        return rows

    def parts(self, uri: str) -> HadoopParts:
        """See ``Backend``."""
        return HadoopParts(self._session, uri)

    def remote(self, location: str) -> Place:
        """Return the tables of a folder that the cluster can list, by Hadoop's file systems."""
        with _said():
            sizes = self._listed(location)
        found = {name: files for name in TABLES if (files := _files(location, name, sizes))}
        missing = tuple(
            Problem(name, None, f"the required table is missing: add {name}/ or {name}.parquet")
            for name, table in TABLES.items()
            if table.required and name not in found
        )
        listing = "\n".join(f"{name}\0{facts}" for name, facts in sorted(sizes.items()))
        digest = sha256(listing.encode()).hexdigest()
        return Place(shown(location), found, missing, lambda: digest)

    def _listed(self, location: str) -> dict[str, str]:
        """Return size and time of every file below a folder, by its path inside the folder."""
        virtual: Any = self._session.sparkContext._jvm
        root = virtual.org.apache.hadoop.fs.Path(location)
        configured: Any = self._session.sparkContext._jsc
        system = root.getFileSystem(configured.hadoopConfiguration())
        if not system.exists(root):
            raise SourceError(f"{shown(location)} does not exist: give the URI of a folder")
        base = system.resolvePath(root).toUri().getPath()
        walk, found = system.listFiles(root, True), {}
        while walk.hasNext():
            status = walk.next()
            inside = PurePosixPath(status.getPath().toUri().getPath()).relative_to(base)
            found[str(inside)] = f"{status.getLen()} {status.getModificationTime()}"
        return found

    def drop(self, name: str) -> None:
        """See ``Backend``."""
        self._let_go(name)

    def _let_go(self, name: str) -> None:
        if (old := self._kept.pop(name, None)) is not None:
            old.unpersist()

    def expect(self, rows: int) -> None:
        """See ``Backend``; the cluster's settings decide."""

    def close(self) -> None:
        """See ``Backend``; a session that was running before goes on."""
        for name in list(self._kept):
            self._let_go(name)
        with _said():
            self._lease.end()


def _files(location: str, table: str, sizes: dict[str, str]) -> TableFiles | None:
    root = location.rstrip("/")
    for name, format_ in ((f"{table}.parquet", "parquet"), (f"{table}.csv", "csv")):
        if name in sizes:
            return TableFiles(table, "csv" if format_ == "csv" else "parquet", (f"{root}/{name}",))
    inside = (PurePosixPath(name) for name in sizes)
    if any(path.parts[0] in (table, f"{table}.parquet") for path in inside if path.parts[1:]):
        folder = (
            table if any(name.startswith(f"{table}/") for name in sizes) else f"{table}.parquet"
        )
        return TableFiles(table, "parquet", (f"{root}/{folder}",))
    return None


@contextmanager
def _said() -> Iterator[None]:
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]  # it has no types
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        # What Java said itself, not where in this process its object stands.
        said = getattr(error, "java_exception", None)
        raise BackendError(first_line(said.toString() if said else error)) from error
