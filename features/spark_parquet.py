"""Parquet of this machine as Spark is to read it: what it would refuse is told it by the footers.

Spark reads no column without a type, no time in nanoseconds (as pandas writes them) and no file
that has a type unknown to it in any column. So it gets the declared columns alone, with the types
that the footers tell; nanoseconds come as whole numbers and are made times.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.schema import TABLES, ColumnType

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong"
_TYPES: dict[ColumnType, str] = {
    "string": "STRING",
    "timestamp": "TIMESTAMP_NTZ",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
}


def read_declared(session: SparkSession, table: str, paths: Sequence[Path]) -> DataFrame | None:
    """Return the declared columns of a table's files.

    None where a required column is missing, or a type has no counterpart: then Spark reads the
    files by itself, and says what is wrong.
    """
    from pyspark.errors import PySparkException
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = _declared(table, paths)
    if schema is None:
        return None
    try:
        wanted = from_arrow_schema(_readable(schema), prefer_timestamp_ntz=True)
    except PySparkException:
        return None
    session.conf.set(_NANOS_AS_LONG, "true")
    frame = session.read.schema(wanted).parquet(*map(str, paths))
    return frame.selectExpr(*(_said(field, table) for field in schema))


def _declared(table: str, paths: Sequence[Path]) -> pa.Schema | None:
    """Return the declared columns as the footers have them; None where a required one is not."""
    columns = TABLES[table].columns
    names = {name for c in columns for name in (c.name, c.alias) if name is not None}
    try:
        parts = [_only(pq.read_schema(path), names) for path in paths]
        whole = pa.unify_schemas(parts, promote_options="permissive")
    except (OSError, pa.ArrowException):
        return None
    complete = all({c.name, c.alias} & set(whole.names) for c in columns if c.required)
    return whole if complete else None


def _only(footer: pa.Schema, names: set[str]) -> pa.Schema:
    fields = [field for field in footer if field.name in names]
    return pa.schema([pa.field(field.name, _decoded(field.type)) for field in fields])


def _decoded(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if isinstance(type_, pa.DictionaryType) else type_


def _readable(schema: pa.Schema) -> pa.Schema:
    typed = [field for field in schema if not pa.types.is_null(field.type)]
    return pa.schema([f.with_type(pa.int64()) if _is_nanos(f.type) else f for f in typed])


def _is_nanos(type_: pa.DataType) -> bool:
    return isinstance(type_, pa.TimestampType) and type_.unit == "ns"


def _said(field: pa.Field[Any], table: str) -> str:
    """Return a column in Spark's words."""
    name = f"`{field.name}`"
    if pa.types.is_null(field.type):
        (column,) = (c for c in TABLES[table].columns if field.name in (c.name, c.alias))
        return f"CAST(NULL AS {_TYPES[column.type]}) AS {name}"
    if _is_nanos(field.type):
        return f"CAST(timestamp_micros({name} DIV 1000) AS TIMESTAMP_NTZ) AS {name}"
    return name
