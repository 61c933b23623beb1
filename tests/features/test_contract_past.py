"""Since when an account pays and when that last moved, as a table of cases."""

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
from contract_cases import Case, Frames, change, check

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
