"""Where a contract stands as a table of cases: given a few changes, expect this on 1 July 2024."""

from collections.abc import Callable
from datetime import datetime

import pandas as pd
import pyarrow as pa
import pytest

AS_OF = datetime(2024, 7, 1)
Frames = dict[str, pd.DataFrame]
Change = dict[str, object]
Case = tuple[list[Change], dict[str, object]]
TIMES = ("happened_at", "known_at", "requested_at", "term_end")
EMPTY: Change = {
    "arr": 1000.0, "product_id": "core", "known_at": None, "requested_at": None, "seats": None,
    "term_end": None, "auto_renew": None, "notice_days": None,
}  # fmt: skip


def change(kind: str, on: str, arr: float = 1000.0, **cells: object) -> Change:
    return {**EMPTY, "type": kind, "happened_at": on, "arr": arr, **cells}


def found_in(
    cases: dict[str, Case], tiny: Frames, panel_of: Callable[..., pa.Table], born: str
) -> dict[str, dict[str, object]]:
    """Return of every case, which is one account, what its expectation names."""
    rows = [
        {"account_id": case, "change_id": f"{case} {number}", **row}
        for case, (changes, _) in cases.items()
        for number, row in enumerate(changes)
    ]
    contracts = pd.DataFrame(rows).astype(
        {"seats": "Int64", "notice_days": "Int64", "auto_renew": "boolean", "arr": float}
    )
    contracts = contracts.assign(**{name: pd.to_datetime(contracts[name]) for name in TIMES})
    accounts = pd.DataFrame({"account_id": list(cases), "created_at": pd.Timestamp(born)})
    usage = tiny["usage"].assign(account_id=next(iter(cases)))
    frames = {**tiny, "accounts": accounts, "contracts": contracts, "usage": usage}
    panel = panel_of(frames, [AS_OF])
    return {
        row["account_id"]: {name: row[name] for name in cases[row["account_id"]][1]}
        for row in panel.to_pylist()
    }


def check(cases: dict[str, Case], tiny: Frames, panel_of: Callable[..., pa.Table]) -> None:
    found = found_in(cases, tiny, panel_of, "2023-01-01")
    for case, (_, expected) in cases.items():
        assert found[case] == pytest.approx(expected), case


FULL = {"seats": 10, "term_end": "2025-01-01", "auto_renew": True, "notice_days": 60}
SAID = {"days_to_renewal": 184, "days_to_notice_deadline": 124, "n_seats": 10, "is_auto_renew": 1}
NOTHING = {
    "days_to_renewal": None, "days_to_notice_deadline": None, "n_seats": None,
    "is_auto_renew": None, "term_days": None, "term_elapsed_share": None,
}  # fmt: skip
TERMS: dict[str, Case] = {
    "an expansion begins no term": (
        [change("new", "2024-01-01", **FULL), change("expansion", "2024-06-01", 1500.0, **FULL)],
        {**SAID, "term_days": 366, "term_elapsed_share": 182 / 366},
    ),
    "what an expansion leaves empty stands": (
        [change("new", "2024-01-01", **FULL), change("expansion", "2024-06-01", 1500.0)],
        {**SAID, "term_days": 366, "arr": 1500},
    ),
    "an expansion may say a part": (
        [change("new", "2024-01-01", **FULL), change("expansion", "2024-06-01", seats=15)],
        {**SAID, "n_seats": 15},
    ),
    "what was said last stands": (
        [change("new", "2024-01-01", **FULL), change("expansion", "2024-04-01", seats=15),
         change("contraction", "2024-06-01", 800.0)],
        {**SAID, "n_seats": 15, "arr": 800, "term_days": 366},
    ),
    "a renewal begins a term": (
        [change("new", "2023-01-01", **FULL), change("renewal", "2024-01-01", **FULL),
         change("contraction", "2024-06-01", 800.0)],
        {**SAID, "term_days": 366},
    ),
    "what a renewal leaves empty is unknown": (
        [change("new", "2023-01-01", **FULL), change("renewal", "2024-01-01")],
        NOTHING,
    ),
    "a reactivation begins a term": (
        [change("new", "2023-01-01", seats=5), change("churn", "2023-10-01", 0.0),
         change("reactivation", "2024-01-01", term_end="2025-01-01")],
        {"term_days": 366, "n_seats": None},
    ),
    "without a beginning the newest change begins it": (
        [change("expansion", "2024-01-01", **FULL),
         change("expansion", "2024-06-01", term_end="2025-01-01")],
        {"term_days": 214, "n_seats": None, "is_auto_renew": None},
    ),
    "a notice says nothing of the term": (
        [change("new", "2024-01-01", **FULL), change("notice", "2024-06-01", 0.0, seats=0)],
        {**SAID, "term_days": 366},
    ),
    "what is not known yet says nothing": (
        [change("new", "2024-01-01", **FULL),
         change("renewal", "2024-06-01", seats=3, known_at="2024-07-01")],
        {**SAID, "term_days": 366},
    ),
    "seats said before a sparse change were bought then": (
        [change("new", "2024-01-01", **FULL), change("expansion", "2024-03-01", 1500.0),
         change("expansion", "2024-06-01", seats=20)],
        {"seat_growth_84d": 2.0},
    ),
}  # fmt: skip


def test_a_term_runs_from_what_began_it(tiny: Frames, panel_of: Callable[..., pa.Table]) -> None:
    check(TERMS, tiny, panel_of)


def product(name: str, began: str, ends: str | None, notice_days: int | None = None) -> Change:
    return change("new", began, product_id=name, term_end=ends, notice_days=notice_days)


PRODUCTS: dict[str, Case] = {
    "the term is of the product that renews next": (
        [product("core", "2022-07-01", "2025-07-01"), product("extra", "2024-05-31", "2024-07-11")],
        {"days_to_renewal": 10, "term_days": 41, "term_elapsed_share": 31 / 41},
    ),
    "a term that is over waits behind one ahead": (
        [product("core", "2023-06-01", "2024-06-01", 30),
         product("extra", "2024-01-01", "2025-01-01", 30)],
        {"days_to_renewal": 184, "term_days": 366, "term_elapsed_share": 182 / 366,
         "days_to_notice_deadline": 154, "is_notice_deadline_84d": 0},
    ),
    "where all are over, the last that ended counts": (
        [product("core", "2023-06-01", "2024-06-01", 30),
         product("extra", "2023-06-21", "2024-06-21", 90)],
        {"days_to_renewal": -10, "term_days": 366, "term_elapsed_share": 1,
         "days_to_notice_deadline": -60, "is_notice_deadline_84d": 0},
    ),
    "a renewal today is ahead": (
        [product("core", "2023-07-01", "2024-07-01", 0),
         product("extra", "2024-01-01", "2024-08-01")],
        {"days_to_renewal": 0, "term_days": 366, "days_to_notice_deadline": 0,
         "is_notice_deadline_84d": 1},
    ),
    "of two that renew together, the longest term": (
        [product("core", "2023-10-01", "2024-10-01"), product("extra", "2024-04-01", "2024-10-01")],
        {"days_to_renewal": 92, "term_days": 366, "term_days_ending_14d_105d": 366},
    ),
    "the longest term that ends soon need not be the next": (
        [product("core", "2023-10-01", "2024-10-01"), product("extra", "2024-06-01", "2024-07-05")],
        {"days_to_renewal": 4, "term_days": 34, "term_days_ending_14d_105d": 366},
    ),
    "a term that ends soon, beside one that ends late": (
        [product("core", "2023-10-01", "2024-10-01"), product("extra", "2022-01-01", "2026-01-01")],
        {"term_days_ending_14d_105d": 366},
    ),
    "none ends soon": (
        [product("core", "2024-01-01", "2025-01-01"), product("extra", "2024-01-01", None)],
        {"days_to_renewal": 184, "term_days_ending_14d_105d": 0, "days_to_notice_deadline": None,
         "is_notice_deadline_84d": None},
    ),
    "no term end": (
        [product("core", "2024-01-01", None, 30)],
        {"days_to_renewal": None, "term_days": None, "term_elapsed_share": None,
         "term_days_ending_14d_105d": None, "days_to_notice_deadline": None},
    ),
    "a deadline of any product counts": (
        [product("core", "2024-01-01", "2025-01-01", 150),
         product("extra", "2023-10-01", "2024-08-01", 60)],
        {"days_to_renewal": 31, "days_to_notice_deadline": 34, "is_notice_deadline_84d": 1},
    ),
    "what is not paid for has no deadline": (
        [product("core", "2024-01-01", "2025-01-01", 30),
         product("extra", "2023-10-01", "2024-08-01"),
         change("churn", "2024-06-01", 0.0, product_id="extra", term_end="2024-08-01")],
        {"days_to_renewal": 184, "days_to_notice_deadline": 154},
    ),
    "a term that ends before it begins has no length": (
        [product("core", "2024-06-01", "2024-05-01")],
        {"days_to_renewal": -61, "term_days": None, "term_elapsed_share": None,
         "term_days_ending_14d_105d": 0},
    ),
}  # fmt: skip


def test_of_several_products_the_next_renewal_counts(
    tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    check(PRODUCTS, tiny, panel_of)


MOVES: dict[str, Case] = {
    "the first change counts": ([change("new", "2024-01-01")], {"days_since_arr_change": 182}),
    "a renewal at twice the price counts": (
        [change("new", "2023-06-01"), change("renewal", "2024-06-01", 2000.0)],
        {"days_since_arr_change": 30},
    ),
    "a renewal at the same price does not": (
        [change("new", "2024-01-01"), change("renewal", "2024-06-01")],
        {"days_since_arr_change": 182},
    ),
    "an expansion of seats alone does not": (
        [change("new", "2024-01-01", seats=5), change("expansion", "2024-06-01", seats=9)],
        {"days_since_arr_change": 182},
    ),
    "a churn counts, whatever ARR it says": (
        [change("new", "2024-01-01"), change("churn", "2024-06-01")],
        {"days_since_arr_change": 30},
    ),
    "a product is held against its own past": (
        [change("new", "2024-01-01"), change("new", "2024-02-01", 500.0, product_id="extra"),
         change("renewal", "2024-06-01")],
        {"days_since_arr_change": 151},
    ),
    "a notice is no change": (
        [change("new", "2024-01-01"), change("notice", "2024-06-01", 0.0),
         change("renewal", "2024-06-21")],
        {"days_since_arr_change": 182},
    ),
}  # fmt: skip


def test_arr_changes_when_it_differs_from_before(
    tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    check(MOVES, tiny, panel_of)


TENURES: dict[str, Case] = {
    "from the first new contract": (
        [change("new", "2024-05-01"), change("new", "2024-06-01", product_id="extra")],
        {"tenure_days": 61, "stage": "onboarding", "days_to_user_ready": 41},
    ),
    "one written down after it had signed": (
        [change("new", "2022-12-01"), change("renewal", "2023-12-01")],
        {"tenure_days": 578, "stage": "expansion"},
    ),
    "its first contract is before the records": (
        [change("renewal", "2024-06-01")],
        {"tenure_days": 547, "stage": "expansion", "days_to_user_ready": 527},
    ),
    "gone and back": (
        [change("new", "2024-01-31"), change("churn", "2024-03-01", 0.0),
         change("new", "2024-06-01")],
        {"tenure_days": 152, "stage": "adoption"},
    ),
    "a first contract not known yet": (
        [change("new", "2024-05-01", known_at="2024-07-01")], {"tenure_days": 547},
    ),
    "ready before it signed": (
        [change("new", "2024-06-21")], {"tenure_days": 10, "days_to_user_ready": 0},
    ),
}  # fmt: skip


def test_days_as_a_customer_count_from_the_first_contract(
    tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    ready = pd.DataFrame({"account_id": list(TENURES), "milestone": "user_ready"})
    ready = ready.assign(happened_at=pd.Timestamp("2024-06-11"))
    check(TENURES, {**tiny, "milestones": ready}, panel_of)
