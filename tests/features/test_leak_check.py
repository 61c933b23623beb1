"""The leak check rings for every way around the view that a feature can take."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from features import open_source
from features.leak_check import check_leaks
from features.own import load_catalogue

AS_OF = datetime(2025, 1, 1)
START, LATER = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-03-01")
Write = Callable[[dict[str, pd.DataFrame], Path], Path]
HEAD = """
from features import Feature
from features.engine import declared_tables
from features.expressions import KEYS

FEATURES = (
    Feature(
        name="peeks", group="own", kind="number", unit="x", null_means="none",
        label_en="What it must not see", label_ja="見てはならないもの",
    ),
)
"""
VERSIONS_OF_AN_INVOICE = """
def measure(view):
    raw = declared_tables()["invoices"]
    each = raw.group_by(_i=raw.invoice_id).aggregate(n=raw.count())
    rows = view.invoices.select(*KEYS, "invoice_id").inner_join(each, [("invoice_id", "_i")])
    return rows.group_by(KEYS).aggregate(peeks=rows.n.sum())
"""
VERSIONS_OF_AN_ACCOUNT = """
def measure(view):
    raw = declared_tables()["accounts"]
    each = raw.group_by(_a=raw.account_id).aggregate(peeks=raw.count())
    return view.accounts.select(*KEYS).inner_join(each, [("account_id", "_a")])
"""
NEXT_CHANGE_OF_AN_ACCOUNT = """
def measure(view):
    raw = declared_tables()["accounts"]
    each = raw.group_by(_a=raw.account_id).aggregate(last=raw.known_at.max())
    rows = view.accounts.select(*KEYS).inner_join(each, [("account_id", "_a")])
    return rows.select(*KEYS, peeks=rows["last"].date().delta(rows.as_of.date(), unit="day"))
"""
WHEN_THE_CSM_LEAVES = """
def measure(view):
    raw = declared_tables()["csms"]
    leaves = raw.select(_c=raw.csm_id, _to=raw["to"])
    rows = view.accounts.select(*KEYS, "csm_id").inner_join(leaves, [("csm_id", "_c")])
    return rows.select(*KEYS, peeks=rows["_to"].date().delta(rows.as_of.date(), unit="day"))
"""
CSMS_EVER = """
def measure(view):
    ever = declared_tables()["csms"].aggregate(peeks=lambda t: t.count())
    return view.accounts.select(*KEYS).cross_join(ever)
"""
AS_OF_FORGOTTEN = """
def measure(view):
    each = view.tickets.group_by(_a=view.tickets.account_id)
    counted = each.aggregate(peeks=view.tickets.ticket_id.nunique())
    return view.accounts.select(*KEYS).inner_join(counted, [("account_id", "_a")])
"""
THE_NEXT_DATE = """
import ibis

def derive(panel):
    dates = ibis.window(group_by="account_id", order_by=panel.as_of)
    return {"peeks": panel.n_events_28d.lead().over(dates)}
"""


def company(ids: list[str]) -> dict[str, pd.DataFrame]:
    """Accounts that use, pay and ask; every third is told anew after the date of the check."""
    told_anew = ids[::3]
    accounts = [
        {"account_id": i, "created_at": START, "segment": "smb", "csm_id": "C1"} for i in ids
    ]
    accounts += [
        {"account_id": i, "created_at": START, "segment": "mid", "csm_id": "C1", "known_at": LATER}
        for i in told_anew
    ]
    bill = {"issued_at": START, "due_at": START, "amount": 10.0}
    invoices = [{"invoice_id": f"I-{i}", "account_id": i, **bill} for i in ids]
    invoices += [
        {"invoice_id": f"I-{i}", "account_id": i, **bill, "known_at": LATER} for i in told_anew
    ]
    days = pd.date_range(START, LATER, freq="7D")
    return {
        "accounts": pd.DataFrame(accounts),
        "contracts": pd.DataFrame(
            [
                {"change_id": f"K-{i}", "account_id": i, "type": "new", "happened_at": START,
                 "arr": 1000.0}
                for i in ids
            ]
        ),
        "usage": pd.DataFrame(
            [{"account_id": i, "day": day, "feature": "f", "count": 1 + day.month}
             for i in ids for day in days]
        ),
        "tickets": pd.DataFrame(
            [{"ticket_id": f"T-{i}-{day:%j}", "account_id": i, "opened_at": day}
             for i in ids for day in days[::4]]
        ),
        "invoices": pd.DataFrame(invoices),
        "csms": pd.DataFrame(
            [{"csm_id": "C1", "name": "Aiko", "from": START, "to": LATER},
             {"csm_id": "C2", "name": "Ben", "from": LATER, "to": None}]
        ),
    }  # fmt: skip


@pytest.fixture
def leaks(write: Write, tmp_path: Path) -> Callable[..., list[str]]:
    """Return ``leaks(code, frames)``: which features the check finds in one date."""

    def check(code: str, frames: dict[str, pd.DataFrame]) -> list[str]:
        own = tmp_path / "own.py"
        own.write_text(HEAD + code, encoding="utf-8")
        with open_source(write(frames, tmp_path / "company")) as source:
            report = check_leaks(source, [AS_OF], catalogue=load_catalogue(own))
        return [leak.feature for leak in report.leaks]

    return check


@pytest.mark.parametrize("name", ["A{}", "acct{}.com"])
def test_rows_are_removed_whatever_ids_look_like(
    leaks: Callable[..., list[str]], name: str
) -> None:
    ids = [name.format(n) for n in range(12)]
    assert leaks(VERSIONS_OF_AN_INVOICE, company(ids)) == ["peeks"]


@pytest.mark.parametrize(
    "code", [VERSIONS_OF_AN_ACCOUNT, NEXT_CHANGE_OF_AN_ACCOUNT], ids=["count", "next"]
)
def test_later_versions_of_an_account_are_removed(
    leaks: Callable[..., list[str]], code: str
) -> None:
    assert leaks(code, company([f"A{n}" for n in range(12)])) == ["peeks"]


@pytest.mark.parametrize("code", [AS_OF_FORGOTTEN, THE_NEXT_DATE], ids=["join", "lead"])
def test_other_dates_of_a_run_are_seen_of_one_date(
    leaks: Callable[..., list[str]], code: str
) -> None:
    assert leaks(code, company([f"A{n}" for n in range(12)])) == ["peeks"]


@pytest.mark.parametrize("code", [WHEN_THE_CSM_LEAVES, CSMS_EVER], ids=["to", "from"])
def test_csms_come_and_go_unseen(leaks: Callable[..., list[str]], code: str) -> None:
    assert leaks(code, company([f"A{n}" for n in range(12)])) == ["peeks"]
