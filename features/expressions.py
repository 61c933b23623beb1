"""Small idioms over Ibis columns that the definitions share.

Sums are taken over integers, so that no order of rows can change a last bit; a division by
zero gives null. Ibis is imported when an idiom is used, so declarations load without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

KEYS = ("account_id", "as_of")
# Money and scores are summed in whole ten-thousandths.
SCALE = 10_000
# Four or five at a time cost least, of fifteen tables with 170 columns.
_JOINED_AT_ONCE = 5


def count_where(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """Return how many rows fulfil the condition; a null condition does not count."""
    import ibis

    return ibis.ifelse(condition, 1, 0).sum()


def sum_where(value: ir.IntegerValue, condition: ir.BooleanValue) -> ir.IntegerScalar:
    """Return the sum of a whole-number column over the rows that fulfil the condition."""
    import ibis

    return ibis.ifelse(condition, value, 0).sum()


def min_where(value: ir.Value, condition: ir.BooleanValue) -> ir.Scalar:
    """Return the smallest value over the rows that fulfil the condition; null without any."""
    return only(value, condition).min()


def max_where(value: ir.Value, condition: ir.BooleanValue) -> ir.Scalar:
    """Return the largest value over the rows that fulfil the condition; null without any."""
    return only(value, condition).max()


def only(value: ir.Value, condition: ir.BooleanValue) -> ir.Value:
    """Return the value where the condition holds, else null."""
    import ibis

    return ibis.ifelse(condition, value, ibis.null(value.type()))


def within(value: ir.NumericValue, low: float, high: float) -> ir.NumericValue:
    """Return the value cut at both ends, null where it is null.

    Written out, for a cut of a cut repeats a long value six times in the engine's words.
    """
    import ibis

    # The smaller of a number and null is the number.
    return only(ibis.greatest(ibis.least(value, high), low), value.notnull())


def flag(condition: ir.BooleanValue) -> ir.IntegerValue:
    """Return 1 where the condition holds, 0 where not, null where it is unknown."""
    return condition.cast("int64")


def ratio(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingValue:
    """Return ``part / whole`` as a real division, null where the whole is zero or unknown."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def whole_units(value: ir.NumericValue) -> ir.IntegerValue:
    """Return money or a score in whole ten-thousandths, which add up exactly."""
    return (value.cast("float64") * float(SCALE)).round().cast("int64")


def from_units(units: ir.IntegerValue) -> ir.FloatingValue:
    """Return money or a score from whole ten-thousandths."""
    return units.cast("float64") / float(SCALE)


def days_from(earlier: ir.TimestampValue, later: ir.TimestampValue) -> ir.IntegerValue:
    """Return the days from one UTC date to another; negative when ``later`` comes first."""
    return later.date().delta(earlier.date(), unit="day")


def newest_rows(table: ir.Table, *, per: tuple[str, ...], order: tuple[str, ...]) -> ir.Table:
    """Keep one row per key: the last by ``order``, whose final column must break every tie."""
    import ibis

    window = ibis.window(group_by=list(per), order_by=[ibis.desc(table[name]) for name in order])
    ranked = table.mutate(_rank=ibis.row_number().over(window))
    return ranked.filter(ranked["_rank"] == 0).drop("_rank")


def join_keyed(left: ir.Table, right: ir.Table) -> ir.Table:
    """Left-join a table of one row per account and as_of; its keys are not kept twice."""
    return join_all(left, [right])


def join_all(left: ir.Table, rights: Sequence[ir.Table]) -> ir.Table:
    """Left-join several such tables; the keys are not kept twice."""
    joined = beside_all(left, rights)
    return joined.select(*columns_of(left, rights))


def columns_of(left: ir.Table, rights: Sequence[ir.Table]) -> list[str]:
    """Return the columns of a join of such tables, keys once."""
    return [
        *left.columns,
        *(name for right in rights for name in right.columns if name not in KEYS),
    ]


def beside_all(left: ir.Table, rights: Sequence[ir.Table]) -> ir.Table:
    """Left-join several such tables: a few to a query, and those queries to each other.

    In one flat query each join carries all columns of those before it: of fifteen tables, that is
    twice the columns to make room for. What is selected from it is one query with the last join.
    """
    n = _JOINED_AT_ONCE
    keys = left.select(*KEYS)
    return beside(
        left,
        [*rights[:n], *(join_all(keys, rights[k : k + n]) for k in range(n, len(rights), n))],
    )


def beside(left: ir.Table, rights: Sequence[ir.Table]) -> ir.Table:
    """Left-join several such tables, keys and all, for one select that takes what it wants."""
    joined = left
    for number, right in enumerate(rights):
        joined = joined.left_join(right, list(KEYS), rname=f"_{{name}}_{number}")
    return joined
