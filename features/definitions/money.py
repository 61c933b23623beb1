"""Money: what an account pays, how that moved, and whether it pays on time.

Sums run in ten-thousandths of the source's currency; an invoice paid after as_of is unpaid. Failed
attempts on it are known once it is paid, or once a correction of it is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    count_where,
    days_from,
    from_units,
    max_where,
    only,
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
        empty=0, churn=1, expansion=-1,
        null_means="failed attempts or payment dates not written down",
        needs=("invoices", "invoices.failed_attempts", "invoices.paid_at"),
        # They have no time of their own. An unpaid invoice's count may be edited until it is paid,
        # so it is left out until then, but for one told again by a correction of the invoice.
        label_en="Failed payment attempts on invoices of the last 364 days "
        "(unpaid ones: only if reported in a correction)",
        label_ja="直近364日間に発行した請求書の決済失敗回数（未払い分は訂正で判明したもののみ）",
        phrase_en="{value} failed payment attempts known on invoices of the last 364 days",
        phrase_ja="直近364日間に発行した請求書で判明している決済失敗は{value}回",
    ),
    Feature(
        name="arr_growth_84d", group="money", kind="number", unit="ratio", low=0,
        null_means="no ARR 84 days before", churn=-1,
        label_en="ARR against 12 weeks before", label_ja="12週間前と比べたARR",
        phrase_en="ARR is {value} of 12 weeks before", phrase_ja="ARRは12週間前の{value}",
    ),
    Feature(
        name="arr_per_employee", group="money", kind="money", unit="money per year", low=0,
        expansion=-1, null_means="employees not written down", needs=("accounts.employees",),
        label_en="ARR per employee of the account", label_ja="顧客の従業員1人あたりのARR",
    ),
    Feature(
        name="n_overdue_invoices", group="money", kind="count", unit="invoices", low=0, empty=0,
        churn=1, expansion=-1, null_means="no invoices table",
        needs=("invoices", "invoices.paid_at"),
        label_en="Invoices overdue", label_ja="支払期限を過ぎた請求書の数",
        phrase_en="{value} invoices are overdue", phrase_ja="請求書{value}件が支払期限超過",
    ),
    Feature(
        name="overdue_to_arr", group="money", kind="number", unit="ratio", low=0, churn=1,
        expansion=-1, null_means="no paying contract, or no invoices table",
        needs=("invoices", "invoices.paid_at"),
        label_en="Amount overdue against ARR", label_ja="ARRに対する延滞額の割合",
        phrase_en="Overdue invoices come to {value} of ARR", phrase_ja="延滞額はARRの{value}",
    ),
    Feature(
        name="days_late_364d", group="money", kind="days", unit="days", low=0, churn=1,
        expansion=-1, null_means="no invoice paid in the last 364 days",
        needs=("invoices", "invoices.paid_at"),
        label_en="Mean days paid after the due date", label_ja="支払期限からの平均遅延日数",
        phrase_en="Pays {value} late on average", phrase_ja="平均{value}遅れて支払い",
    ),
    Feature(
        name="late_share_364d", group="money", kind="share", unit="share", low=0, high=1,
        churn=1, expansion=-1, null_means="no invoice fell due in the last 364 days",
        needs=("invoices", "invoices.paid_at"),
        label_en="Share of invoices not paid by the due date",
        label_ja="期限までに支払われなかった請求書の割合",
    ),
    Feature(
        name="days_since_payment", group="money", kind="days", unit="days", low=1, churn=1,
        null_means="never paid an invoice", needs=("invoices", "invoices.paid_at"),
        label_en="Days since the last payment", label_ja="最後の支払いからの日数",
        phrase_en="Last paid {value} ago", phrase_ja="最後の支払いは{value}前",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure invoices per account: one row per account and as_of with any invoice."""
    invoices = _aged(view)
    row = invoices.group_by(KEYS).aggregate(**_sums(invoices))
    return row.select(
        *KEYS,
        *("days_overdue", "n_failed_payments_364d", "n_overdue_invoices", "days_since_payment"),
        unpaid_share_364d=ratio(row["_unpaid"], row["_due"]),
        days_late_364d=ratio(row["_late_days"], row["_n_paid"]),
        late_share_364d=ratio(row["_n_late"], row["_n_due"]),
        _overdue=from_units(row["_overdue_units"]),
    )


def _aged(view: View) -> ir.Table:
    import ibis

    invoices = view.invoices
    due_age = days_from(invoices.due_at, invoices.as_of)
    late = ibis.greatest(days_from(invoices.due_at, invoices.paid_at), 0)
    return invoices.mutate(
        due_age=due_age,
        paid_age=days_from(invoices.paid_at, invoices.as_of),
        late=late,
        overdue=invoices.paid_at.isnull() & (due_age >= 1),
        units=whole_units(invoices.amount),
    )


def _sums(invoices: ir.Table) -> dict[str, ir.Value]:
    fell_due = (invoices.due_age >= 1) & (invoices.due_age <= 364)
    unpaid, paid = invoices.paid_at.isnull(), invoices.paid_age <= 364
    return {
        "days_overdue": max_where(invoices.due_age, invoices.overdue),
        "n_overdue_invoices": count_where(invoices.overdue),
        "n_failed_payments_364d": sum_where(
            invoices.failed_attempts.fill_null(0), invoices.age <= 364
        ),
        "days_since_payment": invoices.paid_age.min(),
        "_due": from_units(sum_where(invoices.units, fell_due).cast("int64")),
        "_unpaid": from_units(sum_where(invoices.units, fell_due & unpaid).cast("int64")),
        "_overdue_units": sum_where(invoices.units, invoices.overdue).cast("int64"),
        "_late_days": only(invoices.late, paid).sum(),
        "_n_paid": count_where(paid),
        "_n_due": count_where(fell_due),
        "_n_late": count_where(fell_due & (unpaid | (invoices.late > 0))),
    }


def derive(panel: ir.Table) -> dict[str, ir.Value]:
    """Derive what compares money with ARR, with the past and with the account's size."""
    return {
        "arr_growth_364d": ratio(panel.arr, panel["_arr_364d_ago"]),
        "arr_growth_84d": ratio(panel.arr, panel["_arr_84d_ago"]),
        "arr_per_employee": ratio(panel.arr, panel.n_employees),
        "overdue_to_arr": ratio(panel["_overdue"].fill_null(0.0), panel.arr),
    }
