"""The contract clock as a table of cases: where a contract stands after a few changes."""

from collections.abc import Callable

import pyarrow as pa
from contract_cases import Case, Change, Frames, change, check

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
