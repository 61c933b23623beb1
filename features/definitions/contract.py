"""The contract clock: where an account stands in its term, now.

Where a product stands is told by its changes (see ``features.products``); an account adds its
paying products up. Of several, the renewal is that of the one that renews next, of those whose term
is over the one that ended last; the term is of that same product (of several that renew on one day,
the longest). The last day to cancel is the next one too, whichever product's that is.
Days as a customer, and the stage they make, count from the first ``new`` contract change known,
else from the account's creation (see ``features.tenure``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    count_where,
    days_from,
    flag,
    from_units,
    join_keyed,
    max_where,
    min_where,
    only,
    sum_where,
    within,
)
from features.feature import Feature
from features.products import product_state
from features.tenure import customer_days

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_UNPAID = "no paying contract at as_of"
_NO_TERM = "no paying contract, or no term end written down"

FEATURES = (
    Feature(
        name="tenure_days", group="contract", kind="days", unit="days", low=0, churn=-1,
        null_means="never", label_en="Days as a customer", label_ja="契約開始からの日数",
        phrase_en="Customer for {value}", phrase_ja="顧客になって{value}",
    ),
    Feature(
        name="stage", group="contract", kind="category", unit="stage", null_means="never",
        label_en="Stage (onboarding, adoption, expansion)", label_ja="段階（導入・定着・拡大）",
    ),
    Feature(
        name="days_to_renewal", group="contract", kind="days", unit="days",
        null_means=_NO_TERM, needs=("contracts.term_end",),
        label_en="Days to renewal", label_ja="更新日までの日数",
    ),
    Feature(
        name="days_to_notice_deadline", group="contract", kind="days", unit="days",
        null_means="no term end or no notice period written down",
        needs=("contracts.term_end", "contracts.notice_days"),
        label_en="Days to the last day to cancel", label_ja="解約通知期限までの日数",
    ),
    Feature(
        name="term_days", group="contract", kind="days", unit="days", low=0, churn=-1,
        null_means=_NO_TERM, needs=("contracts.term_end",),
        label_en="Length of the current term", label_ja="現在の契約期間の長さ",
    ),
    Feature(
        name="term_days_ending_14d_105d", group="contract", kind="days", unit="days", low=0,
        churn=1, null_means=_NO_TERM, needs=("contracts.term_end",),
        label_en="Length of the term that ends in 2 to 15 weeks (0: none does)",
        label_ja="2〜15週間後に満了する契約期間の長さ（0は該当なし）",
    ),
    Feature(
        name="is_auto_renew", group="contract", kind="flag", unit="yes/no", low=0, high=1,
        churn=-1, null_means=_UNPAID, needs=("contracts.auto_renew",),
        label_en="Renews automatically", label_ja="自動更新",
    ),
    Feature(
        name="is_notice_deadline_84d", group="contract", kind="flag", unit="yes/no", low=0, high=1,
        churn=1, null_means="no term end or no notice period written down",
        needs=("contracts.term_end", "contracts.notice_days"),
        label_en="Last day to cancel falls in the next 84 days",
        label_ja="今後84日以内に解約通知期限あり",
    ),
    Feature(
        name="term_elapsed_share", group="contract", kind="share", unit="share", low=0, high=1,
        null_means=_NO_TERM, needs=("contracts.term_end",),
        label_en="Share of the current term that has passed", label_ja="現在の契約期間の経過割合",
        phrase_en="{value} of the current term has passed", phrase_ja="契約期間の{value}が経過",
    ),
    Feature(
        name="n_products", group="contract", kind="count", unit="products", low=0, empty=0,
        churn=-1, expansion=1, null_means="never",
        label_en="Products paid for", label_ja="契約中の製品数",
        phrase_en="Pays for {value} products", phrase_ja="{value}製品を契約中",
    ),
)  # fmt: skip

ENDING_DAYS = (14, 105)
NOTICE_DAYS = 84


def measure(view: View) -> ir.Table:
    """Measure contracts per account: one row per account known at as_of."""
    customers = customer_days(view)
    keyed = customers.mutate(stage=_stage(customers.tenure_days))
    state = product_state(view.changes)
    return join_keyed(keyed, _now(state))


def _stage(tenure: ir.IntegerValue) -> ir.StringValue:
    import ibis

    return ibis.cases((tenure <= 91, "onboarding"), (tenure <= 182, "adoption"), else_="expansion")


def _ending_soon(left: ir.IntegerValue, term: ir.IntegerValue) -> ir.IntegerValue:
    """Return the length of a term whose end lies in the weeks ahead that one can still act on.

    Whole weeks around the default lead and horizon. A term shorter than the lead ends again: it is
    its first end on or after day 14 that counts. The longer the term, the bigger the decision.
    """
    import ibis

    early, late = ENDING_DAYS
    turns = ((early - left).cast("float64") / term.nullif(0)).ceil().cast("int64")
    end = left + ibis.greatest(ibis.coalesce(turns, 0), 0) * term
    return only(ibis.ifelse((end >= early) & (end < late), term, 0), end.notnull())


def _dated(state: ir.Table) -> ir.Table:
    """Add days to the deadlines of each paying product, and to the renewal of its account."""
    import ibis

    paying = state.arr_units > 0
    left = only(days_from(state.as_of, state.term_end), paying)
    term = days_from(state.began_at, state.term_end)
    dated = state.mutate(
        paying=paying, left=left, term=only(term, term >= 0), deadline=left - state.notice_days
    )
    account = ibis.window(group_by=list(KEYS))
    nearest, passed = only(dated.left, dated.left >= 0).min(), dated.left.max()
    return dated.mutate(renewal=ibis.coalesce(nearest.over(account), passed.over(account)))


def _now(state: ir.Table) -> ir.Table:
    row = _added_up(_dated(state))
    left, term = row.days_to_renewal, row.term_days
    return row.mutate(
        term_elapsed_share=within(1.0 - left / term.cast("float64").nullif(0.0), 0.0, 1.0),
        arr=from_units(row["_arr_units"]),
    ).drop("_arr_units")


def _added_up(state: ir.Table) -> ir.Table:
    import ibis

    left, deadline, paying = state.left, state.deadline, state.paying
    soon = flag((deadline >= 0) & (deadline < NOTICE_DAYS))
    return state.group_by(KEYS).aggregate(
        is_auto_renew=min_where(flag(state.auto_renew), paying),
        n_seats=only(state.seats, paying).sum(),
        n_products=count_where(paying),
        _arr_units=sum_where(state.arr_units, paying).cast("int64"),
        days_to_renewal=state.renewal.max(),
        term_days=max_where(state.term, left == state.renewal),
        term_days_ending_14d_105d=_ending_soon(left, state.term.fill_null(0)).max(),
        # The largest is one that passed only where none is ahead.
        days_to_notice_deadline=ibis.coalesce(min_where(deadline, deadline >= 0), deadline.max()),
        is_notice_deadline_84d=soon.max(),
    )
