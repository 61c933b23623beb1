"""The store's tables, for SQLite and PostgreSQL alike.

JSON columns are text written by `exact_json`: a float read back is the same float to the last bit.
"""

import json
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

metadata = MetaData()

# What accounts are ordered by: by code point, whatever language the database's server speaks.
ORDERED = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

runs = Table(
    "runs",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(24), nullable=False, unique=True),
    Column("as_of", DateTime, nullable=False, index=True),
    Column("watermark", DateTime),
    Column("source_digest", Text, nullable=False),
    Column("catalogue", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("policy_digest", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("peers", Text, nullable=False),
    Column("seats", Text, nullable=False),
    Column("value", Double, nullable=False),
)

scores = Table(
    "scores",
    metadata,
    Column("score_id", String(24), primary_key=True),
    Column("run_id", String(24), ForeignKey("runs.run_id"), nullable=False),
    Column("account_id", ORDERED, nullable=False),
    Column("name", ORDERED, nullable=False),
    Column("arr", Double, nullable=False),
    Column("csm_id", Text),
    Column("segment", Text),
    Column("use_case", Text),
    Column("eligible", Boolean, nullable=False),
    Column("features", Text, nullable=False),
    Column("was", Text),
    Column("tier", Text, nullable=False),
    Column("margin", Double),
    Column("decision", Text, nullable=False),
    UniqueConstraint("run_id", "account_id"),
    Index("scores_by_tier", "run_id", "tier"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("score_id", String(24), ForeignKey("scores.score_id"), primary_key=True),
    Column("outcome", String(64), primary_key=True),
    Column("probability", Double, nullable=False),
    Column("base_probability", Double, nullable=False),
    Column("margin", Double, nullable=False),
    Column("base_margin", Double, nullable=False),
    Column("percentile", Double, nullable=False),
    Column("pp", Text, nullable=False),
)

signals = Table(
    "signals",
    metadata,
    Column("score_id", String(24), ForeignKey("scores.score_id"), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("severity", String(16), nullable=False),
    Column("fired", Boolean),
    Column("words", Text, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("added_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
)


def exact_json(value: Any) -> str:
    """Write JSON whose floats read back bit for bit; NaN and infinities are refused."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
