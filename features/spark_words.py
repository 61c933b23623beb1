"""How Spark says what the engine says: queries, types, hashes of rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import sqlglot
from sqlglot import exp

# Others are called as Spark calls them.
_DUCKDB_NAMES = {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP_NTZ": "TIMESTAMP"}
_DAY = "'^ *[0-9]+(-[0-9]{1,2}-|/[0-9]{1,2}/)[0-9]{1,2}'"
_SLASHED = "'^( *[0-9]+)/([0-9]{1,2})/([0-9]{1,2})'"


@lru_cache(maxsize=512)
def in_doubles(sql: str) -> str:
    """Return compiled SQL whose fractions are doubles: Spark reads ``12.0`` as a decimal."""
    return sqlglot.parse_one(sql, read="spark").transform(_in_double).sql("spark", pretty=True)


def _in_double(node: exp.Expression) -> exp.Expression:
    is_fraction = isinstance(node, exp.Literal) and not node.is_string and "." in node.name
    if not is_fraction or isinstance(node.parent, exp.Cast):
        return node
    return exp.cast(node.copy(), exp.DataType.Type.DOUBLE)


def in_spark(sql: str) -> str:
    """Return a query in DuckDB's words as Spark says it."""
    return sqlglot.parse_one(sql, read="duckdb").transform(_moment).sql("spark")


def _moment(node: exp.Expression) -> exp.Expr:
    """Read text as DuckDB reads a moment: zones count, ``2024/05/20`` is a day, ``2024-05`` none.

    The plain TIMESTAMP, which sqlglot writes, has no zone in our sessions.
    """
    if not isinstance(node, exp.TryCast) or not node.to.is_type(exp.DataType.Type.TIMESTAMPTZ):
        return node
    value = node.this.sql("spark")
    moment = f"TRY_CAST(REGEXP_REPLACE({value}, {_SLASHED}, '$1-$2-$3') AS TIMESTAMP_LTZ)"
    return sqlglot.parse_one(f"CASE WHEN {value} RLIKE {_DAY} THEN {moment} END", read="spark")


def duckdb_name(type_: str) -> str:
    """Return the name by which the reading of files knows a type of Spark's."""
    name = type_.upper()
    return _DUCKDB_NAMES.get(name, name)


def row_hash(columns: Sequence[str]) -> str:
    """Return a whole number that tells rows apart, in DuckDB's words.

    Spark's own hash passes over nulls, wherever they stand; sums of it need more than 64 bits.
    """
    names = ", ".join(f'"{name}" IS NULL, "{name}"' for name in columns)
    return f"CAST(xxhash64({names}) AS DECIMAL(38, 0))"
