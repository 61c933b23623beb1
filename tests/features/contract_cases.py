"""Contracts as cases: an account of a few changes each, and what it expects on 1 July 2024."""

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
