"""Seats, contract and money of one account, from the catalogue's words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from reference_usage import people, roles, usage
from reference_view import Seen, Value, days, least, mean, share

BEGINNINGS = ("new", "renewal", "reactivation")
SAID = ["seats", "term_end", "auto_renew", "notice_days"]


def _products(contracts: pd.DataFrame) -> pd.DataFrame:
    """Return each product's term as its changes leave it; a churn leaves no ARR."""
    changes = contracts[contracts.type != "notice"]
    changes = changes.assign(product=changes.product_id.fillna(""))
    changes = changes.sort_values(["happened_at", "told_at", "change_id"])
    states = [_term(rows.to_dict("records")) for _, rows in changes.groupby("product")]
    return pd.DataFrame(states, columns=["arr", "began_at", *SAID])


def _term(changes: list[dict[str, object]]) -> dict[str, object]:
    """Return a product's term, read change by change from the one that began it."""
    starts = [n for n, row in enumerate(changes) if row["type"] in BEGINNINGS]
    within = changes[starts[-1] if starts else -1 :]
    arr = 0.0 if within[-1]["type"] == "churn" else round(float(within[-1]["arr"]), 4)
    term: dict[str, object] = {"arr": arr, "began_at": within[0]["happened_at"]}
    for row in within:
        term |= {name: row[name] for name in SAID if not pd.isna(row[name])}
    return term


def _bought(state: pd.DataFrame) -> tuple[float, float | None]:
    """Return ARR and seats of the products that are paid for."""
    paying = state[state.arr > 0]
    seats = paying.seats.dropna()
    return state.arr.sum(), float(seats.sum()) if len(seats) else None


def contract(seen: Seen) -> Iterator[tuple[str, Value]]:
    state = _products(seen["contracts"])
    paying = state[state.arr > 0]
    tenure = seen.tenure
    yield "tenure_days", tenure
    early = "onboarding" if tenure <= 91 else "adoption"
    yield "stage", early if tenure <= 182 else "expansion"
    yield from _calendar(seen.as_of, paying.to_dict("records"))
    renewing = paying.auto_renew.dropna()
    yield "is_auto_renew", float(renewing.min()) if len(renewing) else None
    yield "n_products", len(paying)


def _calendar(as_of: datetime, paying: list[dict[str, Any]]) -> Iterator[tuple[str, Value]]:
    """Yield when what is paid for ends: of several products, what comes next."""
    ends = []
    deadlines = []
    for product in paying:
        if not pd.isna(product["term_end"]):
            left = days(as_of, product["term_end"])
            ends.append((left, days(product["began_at"], product["term_end"])))
            if not pd.isna(product["notice_days"]):
                deadlines.append(left - product["notice_days"])
    left = _next([left for left, _ in ends])
    terms = [term for at, term in ends if at == left and term >= 0]
    term = max(terms) if terms else None
    yield "days_to_renewal", left
    yield "term_days", term
    yield "term_elapsed_share", float(np.clip(1 - left / term, 0, 1)) if term else None
    yield "term_days_ending_14d_105d", max((_ending(*end) for end in ends), default=None)
    yield "days_to_notice_deadline", _next(deadlines)
    soon = [0 <= deadline < 84 for deadline in deadlines]
    yield "is_notice_deadline_84d", float(any(soon)) if soon else None


def _next(numbers: list[int]) -> int | None:
    """Return the number of days to what comes next; where nothing does, to what passed last."""
    ahead = [number for number in numbers if number >= 0]
    return min(ahead) if ahead else max(numbers, default=None)


def _ending(left: int, term: int) -> int:
    while left < 14 and term > 0:
        left += term
    return max(term, 0) if 14 <= left < 105 else 0


def eligible(seen: Seen) -> Iterator[tuple[str, Value]]:
    """Yield whether the account pays and nobody's last word on a product was to leave."""
    last: dict[str, tuple[tuple[object, ...], bool]] = {}
    for row in seen.decisions.to_dict("records"):
        if row["type"] not in (*BEGINNINGS, "notice", "churn"):
            continue
        asked = row["happened_at"] if pd.isna(row["requested_at"]) else row["requested_at"]
        gone = row["type"] == "churn" and row["happened_at"] < seen.as_of
        made = row["happened_at"] if gone else min(row["told_at"], asked)
        product = "" if pd.isna(row["product_id"]) else row["product_id"]
        leaves = row["type"] in ("notice", "churn") and not gone
        word = ((made, row["told_at"], row["change_id"]), leaves)
        last[product] = max(last.get(product, word), word)
    arr, _ = _bought(_products(seen["contracts"]))
    yield "eligible", arr > 0 and not any(leaves for _, leaves in last.values())


def contract_history(seen: Seen) -> Iterator[tuple[str, Value]]:
    rows = seen["contracts"]
    year = rows[rows.age <= 364]
    yield "n_expansions_364d", (year.type == "expansion").sum()
    yield "n_contractions_364d", (year.type == "contraction").sum()
    yield "n_notices_364d", (year.type == "notice").sum()
    yield "n_products_lost_364d", (year.type == "churn").sum()
    yield "days_since_arr_change", min(_moves(rows), default=None)


def _moves(contracts: pd.DataFrame) -> Iterator[int]:
    """Yield the age of every change that moved a product's ARR, its first one included."""
    paid: dict[str, float] = {}
    ordered = contracts.sort_values(["happened_at", "told_at", "change_id"])
    for row in ordered[ordered.type != "notice"].to_dict("records"):
        product = "" if pd.isna(row["product_id"]) else row["product_id"]
        arr = 0.0 if row["type"] == "churn" else round(row["arr"], 4)
        if paid.get(product) != arr:
            yield row["age"]
        paid[product] = arr


def seats(seen: Seen) -> Iterator[tuple[str, Value]]:
    rows = seen["contracts"]
    arr, bought = _bought(_products(rows))
    seen_use, used_by, users = dict(usage(seen)), dict(people(seen)), dict(roles(seen))
    active, assigned = used_by["n_active_users_28d"], users["n_users"]
    unused = None if bought is None else max(bought - active, 0)
    yield "n_seats", bought
    yield "active_seat_share_28d", share(active, bought)
    yield "assigned_seat_share", share(assigned, bought)
    yield "n_seats_over_28d", None if bought is None else max(active - bought, 0)
    yield "events_per_seat_28d", share(seen_use["n_events_28d"], bought)
    yield "arr_per_seat", share(arr, bought)
    yield "n_unused_seats_28d", unused
    yield "unused_seat_arr_28d", None if unused is None else share(arr * unused, bought)
    yield "n_unassigned_seats", None if bought is None else max(bought - assigned, 0)
    yield "active_assigned_ratio_28d", share(active, assigned)
    _, then = _bought(_products(rows[rows.age > 84]))
    yield "seat_growth_84d", None if bought is None else share(bought, then)


def money(seen: Seen) -> Iterator[tuple[str, Value]]:
    arr, _ = _bought(_products(seen["contracts"]))
    yield "arr", arr
    for ago in (84, 364):
        rows = seen["contracts"]
        yield f"arr_growth_{ago}d", share(arr, _bought(_products(rows[rows.age > ago]))[0])
    employees = seen.account["employees"]
    yield "arr_per_employee", share(arr, None if pd.isna(employees) else employees)
    invoices = seen["invoices"]
    due_age = [float(days(at, seen.as_of)) for at in invoices.due_at]
    invoices = invoices.assign(due_age=due_age, amount=invoices.amount.round(4))
    unpaid = invoices[invoices.paid_at.isna()]
    paid = invoices[invoices.paid_at.notna()]
    late = [max(days(*pair), 0) for pair in zip(paid.due_at, paid.paid_at, strict=True)]
    paid_age = [days(at, seen.as_of) for at in paid.paid_at]
    paid = paid.assign(late=late, paid_age=paid_age)
    overdue = unpaid[unpaid.due_age >= 1]
    yield "days_overdue", overdue.due_age.max() if len(overdue) else 0
    yield "n_overdue_invoices", len(overdue)
    yield "overdue_to_arr", share(overdue.amount.sum(), arr)
    fell_due = invoices[(invoices.due_age >= 1) & (invoices.due_age <= 364)]
    owed = fell_due[fell_due.paid_at.isna()]
    yield "unpaid_share_364d", share(owed.amount.sum(), fell_due.amount.sum())
    n_late = len(owed) + (paid[paid.index.isin(fell_due.index)].late > 0).sum()
    yield "late_share_364d", share(n_late, len(fell_due))
    lately = paid[paid.paid_age <= 364]
    yield "days_late_364d", mean(lately.late)
    yield "days_since_payment", least(paid.paid_age)
    failed = invoices[invoices.age <= 364].failed_attempts
    yield "n_failed_payments_364d", failed.fillna(0).sum()
