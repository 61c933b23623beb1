"""A small hand-made company with every table, and ways to write it and build its panel."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import LabelWindow, build_panel, open_source

Frames = dict[str, pd.DataFrame]
START = pd.Timestamp("2024-01-01")
DAYS = 500


def _times(rng: np.random.Generator, n: int, *, whole: float = 0.3) -> pd.Series:
    seconds = rng.integers(0, DAYS * 86_400, n)
    seconds = np.where(rng.random(n) < whole, seconds // 86_400 * 86_400, seconds)
    return pd.Series(START + pd.to_timedelta(seconds, unit="s"))


def _later(rng: np.random.Generator, times: pd.Series, most_days: int, share: float) -> pd.Series:
    later = times + pd.to_timedelta(rng.integers(0, most_days * 86_400, len(times)), unit="s")
    return later.where(pd.Series(rng.random(len(times)) < share))


def _accounts(rng: np.random.Generator, n: int) -> pd.DataFrame:
    first = pd.DataFrame(
        {
            "account_id": [f"A{i:03d}" for i in range(n)],
            "created_at": START + pd.to_timedelta(rng.integers(0, 150, n), unit="D"),
            "segment": rng.choice(["smb", "mid", "enterprise"], n),
            "industry": rng.choice(["retail", "health"], n),
            "country": rng.choice(["JP", "DE"], n),
            "language": rng.choice(["ja", "en"], n),
            "employees": rng.integers(5, 5_000, n),
            "use_case": rng.choice(["planning", "support", None], n),
        }
    )
    again = first.sample(n // 3, random_state=1).assign(segment="moved")
    known_at = again.created_at + pd.to_timedelta(rng.integers(1, 400, len(again)), unit="D")
    return pd.concat([first.assign(known_at=pd.NaT), again.assign(known_at=known_at)])


def _contracts(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for account_id, created_at in accounts.groupby("account_id").created_at.first().items():
        for product in ["core", "extra"][: rng.integers(1, 3)]:
            at, arr = created_at, float(rng.integers(10, 400) * 100) + 0.1
            kind = "new"
            while at < START + pd.Timedelta(days=DAYS):
                rows.append((account_id, product, kind, at, arr))
                at = at + pd.Timedelta(days=int(rng.integers(20, 120)))
                kind = "renewal" if arr else "reactivation"
                if arr:
                    choices = ["renewal", "expansion", "contraction", "notice", "churn"]
                    kind = str(rng.choice(choices, p=[0.5, 0.18, 0.1, 0.1, 0.12]))
                change = {"expansion": 1.2, "contraction": 0.8, "churn": 0.0}.get(kind, 1.0)
                arr = arr * change if kind != "reactivation" else 1000.0
    frame = pd.DataFrame(rows, columns=["account_id", "product_id", "type", "happened_at", "arr"])
    n = len(frame)
    frame.insert(0, "change_id", [f"K{i:05d}" for i in range(n)])
    asked = frame.happened_at - pd.to_timedelta(rng.integers(0, 60, n), unit="D")
    late = frame.happened_at + pd.to_timedelta(rng.integers(-40, 20, n), unit="D")
    return frame.assign(
        requested_at=asked.where(pd.Series(rng.random(n) < 0.5)),
        known_at=late.where(pd.Series(rng.random(n) < 0.3)),
        seats=pd.array(rng.integers(1, 30, n), dtype="Int64"),
        term_end=frame.happened_at + pd.to_timedelta(rng.choice([90, 365], n), unit="D"),
        auto_renew=rng.random(n) < 0.5,
        notice_days=pd.array(rng.choice([30, 60], n), dtype="Int64"),
    )


def _usage(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    # A few accounts use it daily, many now and then.
    weights = 1.0 / np.arange(1, len(ids) + 1)
    account = rng.choice(ids, n, p=weights / weights.sum())
    user = pd.Series(account) + "-u" + pd.Series(rng.integers(0, 6, n).astype(str))
    day = _times(rng, n, whole=1.0)
    return pd.DataFrame(
        {
            "account_id": account,
            "user_id": user.where(pd.Series(rng.random(n) < 0.95)),
            "day": day,
            "feature": rng.choice([f"f{i}" for i in range(8)], n),
            "count": rng.integers(0, 9, n),
            "known_at": _later(rng, day, 40, 0.2),
        }
    )


def _tickets(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    opened_at = _times(rng, n)
    return pd.DataFrame(
        {
            "ticket_id": [f"T{i}" for i in range(n)],
            "account_id": rng.choice(ids, n),
            "opened_at": opened_at,
            "resolved_at": _later(rng, opened_at, 60, 0.8),
            "severity": rng.choice(["low", "normal", "high", "urgent"], n),
            "csat": rng.integers(1, 6, n).astype(float),
            "known_at": _later(rng, opened_at, 10, 0.2),
        }
    )


def _users(rng: np.random.Generator, ids: list[str]) -> pd.DataFrame:
    keys = [(account, f"{account}-u{i}") for account in ids for i in range(6)]
    frame = pd.DataFrame(keys, columns=["account_id", "user_id"])
    created_at = _times(rng, len(frame))
    return frame.assign(
        role=rng.choice(["member", "admin", "champion", "sponsor"], len(frame)),
        created_at=created_at,
        deactivated_at=_later(rng, created_at, 300, 0.4),
    )


def _surveys(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    question = rng.choice(["nps", "csat", "productivity"], n)
    return pd.DataFrame(
        {
            "account_id": rng.choice(ids, n),
            "answered_at": _times(rng, n),
            "question": question,
            "score": np.where(question == "nps", rng.integers(0, 11, n), rng.integers(1, 6, n)),
        }
    ).astype({"score": float})


def _invoices(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    issued_at = _times(rng, n)
    due_at = issued_at + pd.Timedelta(days=30)
    return pd.DataFrame(
        {
            "invoice_id": [f"I{i}" for i in range(n)],
            "account_id": rng.choice(ids, n),
            "issued_at": issued_at,
            "due_at": due_at,
            "paid_at": _later(rng, issued_at, 90, 0.8),
            "amount": rng.integers(100, 90_000, n) / 7,
            "failed_attempts": rng.integers(0, 3, n),
        }
    )


def _touches(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "touch_id": [f"C{i}" for i in range(n)],
            "account_id": rng.choice(ids, n),
            "happened_at": _times(rng, n),
            "touch_model": rng.choice(["high", "low", "tech", "community"], n),
            "inbound": rng.random(n) < 0.4,
        }
    )


def make_company(seed: int, *, n_accounts: int, n_usage: int) -> Frames:
    """Return every table of a company whose rows are drawn at random, late arrivals included."""
    rng = np.random.default_rng(seed)
    accounts = _accounts(rng, n_accounts)
    ids = sorted(set(accounts.account_id))
    n = n_accounts * 6
    milestones = ["technical_ready", "user_ready", "goal_set"]
    return {
        "accounts": accounts,
        "contracts": _contracts(rng, accounts),
        "usage": _usage(rng, ids, n_usage),
        "users": _users(rng, ids),
        "modules": pd.DataFrame(
            {
                "feature": [f"f{i}" for i in range(6)],
                "module": ["m0", "m0", "m1", "m1", "m2", "m2"],
                "is_core": [True, False] * 3,
                "is_advanced": [False, True, None] * 2,
            }
        ),
        "tickets": _tickets(rng, ids, n),
        "surveys": _surveys(rng, ids, n),
        "invoices": _invoices(rng, ids, n),
        "milestones": pd.DataFrame(
            {
                "account_id": rng.choice(ids, n),
                "happened_at": _times(rng, n),
                "milestone": rng.choice(milestones, n),
            }
        ),
        "touches": _touches(rng, ids, n),
    }


def write_tables(frames: Mapping[str, pd.DataFrame], folder: Path) -> Path:
    """Write the tables as Parquet and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, folder / f"{name}.parquet", coerce_timestamps="us")
    return folder


@pytest.fixture(scope="session")
def company() -> Frames:
    """Every table of a company of 260 accounts."""
    return make_company(7, n_accounts=260, n_usage=60_000)


@pytest.fixture(scope="session")
def small_company() -> Frames:
    """Every table of a company of 30 accounts."""
    return make_company(3, n_accounts=30, n_usage=40_000)


@pytest.fixture(scope="session")
def write() -> Callable[[Mapping[str, pd.DataFrame], Path], Path]:
    """Return ``write(frames, folder)``."""
    return write_tables


@pytest.fixture
def panel_of(tmp_path: Path) -> Callable[..., pa.Table]:
    """Return ``panel_of(frames, as_of, labels=None)``, which writes, opens and builds."""
    written = 0

    def build(
        frames: Mapping[str, pd.DataFrame],
        as_of: Sequence[datetime],
        labels: LabelWindow | None = None,
    ) -> pa.Table:
        nonlocal written
        written += 1
        with open_source(write_tables(frames, tmp_path / f"source-{written}")) as source:
            return build_panel(source, as_of, labels=labels)

    return build


@pytest.fixture
def tiny() -> Frames:
    """One account that uses one feature once, under one contract of 1,000."""
    day = pd.Timestamp("2024-01-01")
    change = {"change_id": "K1", "type": "new", "happened_at": day, "arr": 1000.0}
    use = {"user_id": "A1-u1", "day": day, "feature": "f1", "count": 1}
    rows = {"accounts": {"created_at": day}, "contracts": change, "usage": use}
    return {name: pd.DataFrame([{"account_id": "A1", **row}]) for name, row in rows.items()}
