"""Money: what an account pays, how that moved, and whether it pays on time.

Sums run in ten-thousandths of the source's currency; an invoice paid after as_of is unpaid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    days_from,
    from_units,
    max_where,
    ratio,
    sum_where,
    whole_units,
)
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

FEATURES = (
    Feature(
        name="arr", group="money", kind="money", unit="money per year", low=0, empty=0,
        null_means="never", label_en="ARR", label_ja="ARR（年間経常収益）",
    ),
    Feature(
        name="arr_growth_364d", group="money", kind="number", unit="ratio", low=0,
        null_means="no ARR 364 days before", churn=-1,
        label_en="ARR against a year before", label_ja="1年前と比べたARR",
        phrase_en="ARR is {value} of a year before", phrase_ja="ARRは1年前の{value}",
    ),
    Feature(
        name="days_overdue", group="money", kind="days", unit="days", low=0, empty=0,
        churn=1, expansion=-1, null_means="no invoices table",
        needs=("invoices", "invoices.paid_at"),
        label_en="Days the oldest invoice is overdue", label_ja="最長の支払遅延日数",
        phrase_en="An invoice is overdue by {value}", phrase_ja="請求書の支払いが{value}遅延",
    ),
    Feature(
        name="unpaid_share_364d", group="money", kind="share", unit="share", low=0, high=1,
        churn=1, expansion=-1, null_means="no invoice fell due in the last 364 days",
        needs=("invoices", "invoices.paid_at"),
        label_en="Share of amounts due still unpaid", label_ja="支払期限到来額の未払い割合",
    ),
    Feature(
        name="n_failed_payments_364d", group="money", kind="count", unit="attempts", low=0,
        empty=0, churn=1, expansion=-1, null_means="no failed attempts written down",
        needs=("invoices", "invoices.failed_attempts", "invoices.paid_at"),
        label_en="Failed payment attempts in the last 364 days",
        label_ja="直近364日間の決済失敗回数",
        phrase_en="{value} failed payment attempts in the last 364 days",
        phrase_ja="直近364日間に決済失敗{value}回",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure invoices per account: one row per account and as_of with any invoice."""
    invoices = view.invoices
    overdue_by = days_from(invoices.due_at, invoices.as_of)
    unpaid = invoices.paid_at.isnull()
    lately = (overdue_by >= 1) & (overdue_by <= 364)
    units = whole_units(invoices.amount)
    row = invoices.group_by(KEYS).aggregate(
        days_overdue=max_where(overdue_by, unpaid & (overdue_by >= 1)),
        n_failed_payments_364d=sum_where(
            invoices.failed_attempts.fill_null(0), invoices.age <= 364
        ),
        _due=from_units(sum_where(units, lately).cast("int64")),
        _unpaid=from_units(sum_where(units, lately & unpaid).cast("int64")),
    )
    return row.select(
        *KEYS,
        "days_overdue",
        "n_failed_payments_364d",
        unpaid_share_364d=ratio(row["_unpaid"], row["_due"]),
    )


def derive(panel: ir.Table) -> dict[str, ir.Value]:
    """Derive the growth of ARR from the contract columns of a panel."""
    return {"arr_growth_364d": ratio(panel.arr, panel["_arr_year_ago"])}
