"""What happened after as_of: the only module that may look there, and its door says so.

The worked example: as_of 1 June, lead 14, horizon 90, grace 30; the window is
[15 June, 13 September). A customer who asks on 20 June to leave on 30 September churned, by a
decision in the window. Asked on 10 June: in the lead, too late to act, so all labels are null.
Gone on 1 July and back on 20 July: within the grace, not churned. With data up to 1 September
the window is not over: null. With data up to 20 September, an account gone on 10 September is
null too, since its grace runs until 10 October.

A label is null where the row was not eligible or had no ARR left, where a churn was decided
before the window but not yet in effect at as_of, where the window (or the grace of a churn
decided in it) is not over at the watermark; ``expanded`` and ``contracted`` also where such a
change was decided in the lead. A cancellation decided in the window that takes effect after the
watermark counts as churn unless it was taken back. Training leaves out the dates whose grace is
not over: there the last leavers are null and those who stayed are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where, join_keyed, sum_where, whole_units
from features.label_window import LabelWindow

if TYPE_CHECKING:
    import ibis.expr.types as ir

NAMES = ("churned", "expanded", "contracted")


def tables_from_the_future(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Return every contract change, whatever as_of: for labels alone."""
    return tables["contracts"]


def arr_timeline(contracts: ir.Table) -> ir.Table:
    """Return how each account's total ARR moved: one row per account and moment it changed.

    Returns
    -------
    ibis Table
        ``account_id``, ``at``, ``before`` and ``total`` (ten-thousandths of the currency),
        ``decided_at`` (the latest decision behind the change), ``until`` (next change or null).
    """
    import ibis

    moves = _moves(contracts)
    moments = moves.group_by(["account_id", "at"]).aggregate(
        change=moves.change.sum().cast("int64"), decided_at=moves.decided_at.max()
    )
    moments = moments.filter(moments.change != 0)
    order = ibis.window(group_by="account_id", order_by=moments.at)
    running = ibis.cumulative_window(group_by="account_id", order_by=moments.at)
    total = moments.change.sum().over(running).cast("int64")
    return moments.mutate(
        total=total, before=total - moments.change, until=moments.at.lead().over(order)
    )


def _moves(contracts: ir.Table) -> ir.Table:
    import ibis

    changes = contracts.filter(contracts.type != "notice")
    arr = ibis.ifelse(changes.type == "churn", 0, whole_units(changes.arr))
    named = changes.select(
        "account_id",
        "change_id",
        product=ibis.coalesce(changes.product_id, ""),
        at=changes.happened_at,
        known_at=ibis.coalesce(changes.known_at, changes.happened_at),
        decided_at=ibis.coalesce(changes.requested_at, changes.happened_at),
        arr=arr,
    )
    # As features read a product's changes: of two on one day, the one known later stands.
    order = ibis.window(
        group_by=["account_id", "product"], order_by=[named.at, named.known_at, named.change_id]
    )
    previous = ibis.coalesce(named.arr.lag().over(order), 0)
    moves = named.mutate(change=named.arr - previous)
    return moves.filter(moves.change != 0)


def judge(panel: ir.Table, timeline: ir.Table, window: LabelWindow) -> ir.Table:
    """Return the labels of a panel's rows: one row per account and as_of with any ARR ever.

    Parameters
    ----------
    panel : ibis Table
        ``account_id``, ``as_of``, ``eligible``, ``newest`` (the source's watermark).
    timeline : ibis Table
        From ``arr_timeline``.
    """
    moved = _beside(panel, timeline, window)
    facts = moved.group_by(KEYS).aggregate(**_facts(moved, window))
    judged = join_keyed(panel, facts)
    return judged.select(*KEYS, **_judged(judged, window))


def _days(number: int) -> ir.IntervalScalar:
    import ibis

    return ibis.interval(days=number)


def _beside(panel: ir.Table, timeline: ir.Table, window: LabelWindow) -> ir.Table:
    rows = panel.select(
        *KEYS,
        "newest",
        opens=panel.as_of + _days(window.lead_days),
        closes=panel.as_of + _days(window.reach_days),
    )
    joined = rows.inner_join(timeline.rename(_account="account_id"), [("account_id", "_account")])
    return joined.drop("_account")


def _facts(moved: ir.Table, window: LabelWindow) -> dict[str, ir.Value]:
    ahead = moved.at >= moved.as_of
    gone = ahead & (moved.total == 0)
    certain_at = moved.at + _days(window.grace_days)
    stays = moved.until.isnull() | (moved.until >= certain_at)
    in_effect = moved.at <= moved.newest
    uncertain = moved.until.isnull() & in_effect & (certain_at > moved.newest)
    in_window = (moved.decided_at >= moved.opens) & (moved.decided_at < moved.closes)
    before_window = moved.decided_at < moved.opens
    in_lead = before_window & (moved.decided_at >= moved.as_of)
    return {
        "_churns": count_where(gone & stays & in_window & ~uncertain),
        "_uncertain": count_where(gone & uncertain & in_window),
        "_too_late": count_where(gone & stays & before_window),
        "_grew_in_lead": count_where(in_lead & (moved.change > 0)),
        "_shrank_in_lead": count_where(in_lead & (moved.change < 0)),
        "_arr_then": sum_where(moved.change, ~ahead).cast("int64"),
        "_arr_after": sum_where(moved.change, moved.at < moved.closes).cast("int64"),
    }


def _judged(row: ir.Table, window: LabelWindow) -> dict[str, ir.Value]:
    over = row.as_of + _days(window.reach_days) <= row.newest
    known = row.eligible & over & (row["_arr_then"] > 0) & (row["_too_late"] == 0)
    known = known & ((row["_churns"] > 0) | (row["_uncertain"] == 0))
    then, after = row["_arr_then"].cast("float64"), row["_arr_after"].cast("float64")
    churned = row["_churns"] > 0
    grew = ~churned & (after >= then * window.grown)
    shrank = ~churned & (after <= then * window.shrunk)
    return {
        "churned": _label(churned, known),
        "expanded": _label(grew, known & (row["_grew_in_lead"] == 0)),
        "contracted": _label(shrank, known & (row["_shrank_in_lead"] == 0)),
    }


def _label(holds: ir.BooleanValue, known: ir.BooleanValue) -> ir.IntegerValue:
    import ibis

    return ibis.ifelse(known, holds.cast("int8"), ibis.null("int8"))
