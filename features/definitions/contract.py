"""The contract clock: where an account stands in its term, now.

Where a product stands is told by its changes (see ``features.products``); an account adds its
paying products up.
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
    min_where,
    only,
    sum_where,
    within,
)
from features.feature import Feature
from features.products import changes_in_order, product_state

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


def measure(view: View) -> ir.Table:
    """Measure contracts per account: one row per account known at as_of."""
    accounts = view.accounts
    tenure = days_from(accounts.created_at, accounts.as_of)
    keyed = accounts.select(*KEYS, tenure_days=tenure, stage=_stage(tenure))
    state = product_state(changes_in_order(view.contracts))
    return join_keyed(keyed, _now(state))


def _stage(tenure: ir.IntegerValue) -> ir.StringValue:
    import ibis

    return ibis.cases((tenure <= 91, "onboarding"), (tenure <= 182, "adoption"), else_="expansion")


def _ending_soon(left: ir.IntegerValue, term: ir.IntegerValue) -> ir.IntegerValue:
    """Return the length of the term whose end lies in the weeks ahead that one can still act on.

    Whole weeks around the default lead and horizon. A term shorter than the lead ends again: it is
    its first end on or after day 14 that counts. The longer the term, the bigger the decision.
    """
    import ibis

    early, late = ENDING_DAYS
    turns = ((early - left).cast("float64") / term.nullif(0)).ceil().cast("int64")
    end = left + ibis.greatest(ibis.coalesce(turns, 0), 0) * term
    return only(ibis.ifelse((end >= early) & (end < late), term, 0), end.notnull())


def _now(state: ir.Table) -> ir.Table:
    paying = state.arr_units > 0
    to_renewal = days_from(state.as_of, state.term_end)
    terms = {
        "days_to_renewal": min_where(to_renewal, paying),
        "days_to_notice_deadline": min_where(to_renewal - state.notice_days, paying),
        "term_days": only(days_from(state.began_at, state.term_end), paying).max(),
    }
    row = state.group_by(KEYS).aggregate(
        is_auto_renew=min_where(flag(state.auto_renew), paying),
        n_seats=only(state.seats, paying).sum(),
        n_products=count_where(paying),
        _arr_units=sum_where(state.arr_units, paying).cast("int64"),
        **terms,
    )
    deadline, term = row.days_to_notice_deadline, row.term_days.cast("float64").nullif(0.0)
    return row.mutate(
        is_notice_deadline_84d=flag((deadline >= 0) & (deadline < 84)),
        term_elapsed_share=within(1.0 - row.days_to_renewal / term, 0.0, 1.0),
        arr=from_units(row["_arr_units"]),
        term_days=only(row.term_days, row.term_days >= 0),
        term_days_ending_14d_105d=_ending_soon(row.days_to_renewal, row.term_days),
    ).drop("_arr_units")
