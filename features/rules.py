"""The rules that rows must keep, as expressions: every one is counted by one query per table.

A rule is a condition on bad rows. Null values break only the rules about null.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from features.errors import nearest
from features.schema import NPS_SCALE, SENTIMENT_SCALE, Column, Table

# Sums run in ten-thousandths, in 64 bits.
_TOO_LARGE = 10**14
_FIRST_TIME, _LAST_TIME = datetime(1900, 1, 1), datetime(2200, 1, 1)


@dataclass(frozen=True)
class Rule:
    """What bad rows of a column look like, and what is said about them."""

    column: str
    says: str
    bad: ir.BooleanValue


def rules_of(table: Table, rows: ir.Table, present: frozenset[str]) -> list[Rule]:
    """Return the rules of a table for the columns that its files have."""
    rules = [
        rule
        for column in table.columns
        if column.name in present
        for rule in _column_rules(column, rows[column.name])
    ]
    if table.name == "surveys":
        rules += _scales(rows)
    return rules


def hint(column: Column, examples: list[object]) -> str:
    """Return which allowed value an example nearly is, if any."""
    near = next((nearest(str(value), column.values) for value in examples), "")
    return near if column.values else ""


def _column_rules(column: Column, value: ir.Value) -> Iterator[Rule]:
    if column.required:
        yield Rule(column.name, "is null where a value is required", value.isnull())
    if column.required and column.name.endswith("_id"):
        yield Rule(column.name, "is an empty text where an id is expected", value == "")
    if column.type == "float":
        unreal = value.isnan() | value.isinf()
        yield Rule(column.name, "is not a finite number (NaN or infinity)", unreal)
    if column.type == "timestamp":
        outside = (value < ibis.literal(_FIRST_TIME)) | (value >= ibis.literal(_LAST_TIME))
        yield Rule(column.name, "lies outside the years 1900 to 2199", outside)
    if column.values:
        allowed = ", ".join(column.values)
        yield Rule(column.name, f"is none of {allowed}", value.notin(column.values))
    yield from _range_rules(column, value)


def _range_rules(column: Column, value: ir.Value) -> Iterator[Rule]:
    if column.low is None:
        return
    # NaN counts as the largest number in SQL: it is told as not finite, not as out of range.
    whole = column.type == "int"
    finite = ibis.literal(True) if whole else ~value.isinf() & ~value.isnan()
    if column.high is None:
        yield Rule(column.name, "is negative", (value < column.low) & finite)
        too_large = (value >= _TOO_LARGE) & finite
        yield Rule(column.name, "is 100,000,000,000,000 or more: no such amount", too_large)
        return
    outside = ((value < column.low) | (value > column.high)) & finite
    yield Rule(column.name, f"lies outside {column.low:g} to {column.high:g}", outside)


def _scales(surveys: ir.Table) -> list[Rule]:
    score, promoter = surveys.score, surveys.question == "nps"
    return [
        Rule(
            "score",
            f"lies outside {low:g} to {high:g} for {says}",
            asked & _beyond(score, low, high),
        )
        for asked, says, (low, high) in (
            (promoter, "the question nps", NPS_SCALE),
            (~promoter, "a question other than nps", SENTIMENT_SCALE),
        )
    ]


def _beyond(score: ir.NumericValue, low: float, high: float) -> ir.BooleanValue:
    return ((score < low) | (score > high)) & ~score.isnan() & ~score.isinf()
