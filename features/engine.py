"""The one module that opens a back end and a source on it.

The engine (DuckDB or Spark) computes; the place (a folder, a PostgreSQL database, a URI) is where
the tables lie.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TypedDict, Unpack

from features.backend import Backend, EngineName
from features.errors import BackendError, SourceError, refusal
from features.places import Place, folder, is_postgres, is_remote
from features.source import Source, compiled, declared_tables

__all__ = ["Options", "Source", "compiled", "declared_tables", "inspect_source", "open_source"]

_OPENED = itertools.count()


class Options(TypedDict, total=False):
    """How a source is opened.

    Attributes
    ----------
    engine : "duckdb" or "spark"
        What computes; the cells are the same. DuckDB by default.
    spark_url : str or None
        Spark's master, such as ``"spark://host:7077"`` or ``"yarn"``; by default the session that
        is running, else one inside this process.
    memory_limit : str
        Most memory DuckDB may take, by default ``"4GB"``; above it, it spills to disk. With Spark,
        the memory of a session that is started inside this process.
    temp_directory : str or Path or None
        Where it spills to; by default a folder of the system's temporary place.
    stage_directory : str or Path or None
        Where the daily stage is kept for the next run; by default it goes with the source.
    """

    engine: EngineName
    spark_url: str | None
    memory_limit: str
    temp_directory: str | Path | None
    stage_directory: str | Path | None


def open_source(location: str | Path, **options: Unpack[Options]) -> Source:
    """Open a place that holds tables; use it as a context manager.

    Parameters
    ----------
    location : str or Path
        A folder of ``<table>.parquet``, ``<table>.csv`` or ``<table>/`` with Parquet parts; the
        URL of a PostgreSQL database (``postgresql://``, tables on its search path); with Spark
        also the URI of a folder that the cluster reads, such as ``s3a://``.
    **options
        See ``Options``.

    Raises
    ------
    SourceError
        The place or a required table or column is missing, a file is damaged, a type is wrong.
    """
    source = inspect_source(location, **options)
    if source.structural:
        source.close()
        raise SourceError(refusal(source.location, source.structural), source.structural)
    return source


def inspect_source(location: str | Path, **options: Unpack[Options]) -> Source:
    """Open a source even when its shape is wrong: the problems stand in ``structural``."""
    own = f"tierwise-{os.getpid()}-{next(_OPENED)}"  # two engines must not share a place
    scratch = Path(options.get("temp_directory") or tempfile.gettempdir()) / own
    kept = options.get("stage_directory")
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, scratch, ignore_errors=True)
        backend = _backend(options, scratch)
        undo.callback(backend.close)
        place = _place(location, backend, scratch)
        kept_in = Path(kept) if kept else None
        source = Source(place, backend, scratch=scratch, stage_directory=kept_in)
        undo.pop_all()
    return source


def _backend(options: Options, scratch: Path) -> Backend:
    engine = options.get("engine", "duckdb")
    limit = options.get("memory_limit", "4GB")
    if engine == "spark":
        from features.spark_backend import SparkBackend

        return SparkBackend(options.get("spark_url"), memory_limit=limit)
    if engine != "duckdb":
        raise SourceError(f"unknown engine {engine!r}: take 'duckdb' or 'spark'")
    from features.duckdb_backend import DuckDBBackend

    try:
        return DuckDBBackend(memory_limit=limit, temp_directory=scratch / "spill")
    except BackendError as error:
        raise SourceError(f"the engine does not start: {error}") from error


def _place(location: str | Path, backend: Backend, scratch: Path) -> Place:
    if is_postgres(location):
        from features.postgres import copied_out

        return copied_out(str(location), scratch / "tables")
    if is_remote(location):
        return backend.remote(str(location))
    return folder(Path(location))
