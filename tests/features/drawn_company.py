"""A company drawn at random, every table of it, with late rows and corrections.

Grain and columns are those of the raw tables; the same seed gives the same company.
"""

import numpy as np
import pandas as pd

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
            "parent_id": rng.choice(["P1", None], n),
            "partner_id": rng.choice(["R1", None], n),
        }
    )
    again = first.sample(n // 3, random_state=1).assign(segment="moved")
    known_at = again.created_at + pd.to_timedelta(rng.integers(1, 400, len(again)), unit="D")
    return pd.concat([first.assign(known_at=pd.NaT), again.assign(known_at=known_at)])


def _contracts(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    born = accounts.groupby("account_id").created_at.first()
    for account_id, created_at in zip(born.index.astype(str), born, strict=True):
        for product in ["core", "extra"][: rng.integers(1, 3)]:
            # Some are written down weeks before they sign, some weeks after.
            at = created_at + pd.Timedelta(days=(int(account_id[1:]) % 3 - 1) * 14)
            arr = float(rng.integers(10, 400) * 100) + 0.1
            kind = "new"
            while at < START + pd.Timedelta(days=DAYS):
                rows.append((account_id, product, kind, at, arr))
                at = at + pd.Timedelta(days=int(rng.integers(20, 120)))
                kind = "renewal" if arr else "reactivation"
                if arr:
                    choices = ["renewal", "expansion", "contraction", "notice", "churn"]
                    kind = str(rng.choice(choices, p=[0.5, 0.18, 0.1, 0.1, 0.12]))
                change = {"expansion": 1.2, "contraction": 0.8, "churn": 0.0}.get(kind, 1.0)
                # Every fifth or so of the renewals comes at another price, by its day of the month.
                change = 1.1 if kind == "renewal" and at.day % 5 == 0 else change
                arr = arr * change if kind != "reactivation" else 1000.0
    frame = pd.DataFrame(rows, columns=["account_id", "product_id", "type", "happened_at", "arr"])
    n = len(frame)
    frame.insert(0, "change_id", [f"K{i:05d}" for i in range(n)])
    asked = frame.happened_at - pd.to_timedelta(rng.integers(0, 60, n), unit="D")
    late = frame.happened_at + pd.to_timedelta(rng.integers(-40, 20, n), unit="D")
    frame = frame.assign(
        requested_at=asked.where(pd.Series(rng.random(n) < 0.5)),
        known_at=late.where(pd.Series(rng.random(n) < 0.3)),
        seats=pd.array(rng.integers(1, 30, n), dtype="Int64"),
        term_end=frame.happened_at + pd.to_timedelta(rng.choice([90, 365], n), unit="D"),
        auto_renew=pd.array(rng.random(n) < 0.5, dtype="boolean"),
        notice_days=pd.array(rng.choice([30, 60], n), dtype="Int64"),
        plan=rng.choice(["basic", "pro", None], n),
    )
    return _sparse(frame)


def _sparse(contracts: pd.DataFrame) -> pd.DataFrame:
    """Leave cells empty: of what changes within a term many, of what begins one a few."""
    rng = np.random.default_rng(len(contracts))
    within = contracts.type.isin(["expansion", "contraction"])
    for name in ("seats", "term_end", "auto_renew", "notice_days"):
        empty = rng.random(len(contracts)) < np.where(within, 0.6, 0.1)
        contracts = contracts.assign(**{name: contracts[name].mask(pd.Series(empty))})
    return contracts


def _features(
    rng: np.random.Generator, ids: list[str], account: np.ndarray, day: pd.Series
) -> list[str]:
    # Every second account uses a few of the features only, and some of them at first two.
    most = {name: 2 + i % 5 if i % 2 else 8 for i, name in enumerate(ids)}
    slow = {name for i, name in enumerate(ids) if i % 4 == 1}
    early = day < START + pd.Timedelta(days=280)
    drawn = rng.integers(0, 1000, len(account))
    return [
        f"f{number % (2 if name in slow and first else most[name] + (name in slow) * 3)}"
        for number, name, first in zip(drawn, account, early, strict=True)
    ]


def _usage(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    # A few accounts use it daily, many now and then.
    weights = 1.0 / np.arange(1, len(ids) + 1)
    account = rng.choice(ids, n, p=weights / weights.sum())
    # Users come and go: a third of them is not seen before the summer.
    day = _times(rng, n, whole=1.0)
    number = rng.integers(0, 6, n)
    number = np.where(day < START + pd.Timedelta(days=200), number % 4, number)
    user = pd.Series(account) + "-u" + pd.Series(number.astype(str))
    return pd.DataFrame(
        {
            "account_id": account,
            "user_id": user.where(pd.Series(rng.random(n) < 0.95)),
            "day": day,
            "feature": _features(rng, ids, account, day),
            "count": rng.integers(0, 9, n),
            "known_at": _later(rng, day, 40, 0.2),
        }
    )


def _tickets(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    opened_at = _times(rng, n)
    frame = pd.DataFrame(
        {
            "ticket_id": [f"T{i}" for i in range(n)],
            "account_id": rng.choice(ids, n),
            "opened_at": opened_at,
            "resolved_at": _later(rng, opened_at, 60, 0.8),
            "severity": rng.choice(["low", "normal", "high", "urgent"], n),
            "csat": np.where(rng.random(n) < 0.8, rng.integers(1, 6, n), np.nan),
            "known_at": _later(rng, opened_at, 10, 0.2),
        }
    )
    told = _corrected(rng, frame, "opened_at", severity="normal", csat=3.0, resolved_at=pd.NaT)
    return pd.concat([told, _resolved_again(told.iloc[n:])], ignore_index=True)


def _resolved_again(reopened: pd.DataFrame) -> pd.DataFrame:
    """Return third versions of every third ticket, and fourth ones that date them otherwise."""
    day, third = pd.Timedelta(days=1), reopened.iloc[::3]
    third = third.assign(resolved_at=third.known_at + 9 * day, known_at=third.known_at + 10 * day)
    moved = third.resolved_at + np.resize([-5, 5], len(third)) * day
    return pd.concat([third, third.assign(resolved_at=moved, known_at=third.known_at + 20 * day)])


def _corrected(
    rng: np.random.Generator, frame: pd.DataFrame, time: str, **cells: object
) -> pd.DataFrame:
    """Add a second row for a fifth of the keys, known later, that says otherwise."""
    again = frame.iloc[rng.permutation(len(frame))[: len(frame) // 5]].assign(**cells)
    first = again.known_at.fillna(again[time])
    later = pd.to_timedelta(rng.integers(1, 120 * 86_400, len(again)), unit="s")
    both = [frame, again.assign(known_at=first + later)]
    return pd.concat([part.astype(frame.dtypes.to_dict()) for part in both], ignore_index=True)


def _users(rng: np.random.Generator, ids: list[str]) -> pd.DataFrame:
    keys = [(account, f"{account}-u{i}") for account in ids for i in range(6)]
    frame = pd.DataFrame(keys, columns=["account_id", "user_id"])
    created_at = _times(rng, len(frame))
    frame = frame.assign(
        role=rng.choice(["member", "admin", "champion", "sponsor"], len(frame)),
        created_at=created_at,
        deactivated_at=_later(rng, created_at, 300, 0.4),
        known_at=_later(rng, created_at, 20, 0.1),
    )
    return _corrected(rng, frame, "created_at", role="admin")


def _surveys(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    question = rng.choice(["nps", "csat", "productivity"], n)
    account, answered_at = rng.choice(ids, n), _times(rng, n)
    user = pd.Series(account) + "-u" + pd.Series(rng.integers(0, 6, n).astype(str))
    return pd.DataFrame(
        {
            "account_id": account,
            "user_id": user.where(pd.Series(rng.random(n) < 0.8)),
            "answered_at": answered_at,
            "question": question,
            "score": np.where(question == "nps", rng.integers(0, 11, n), rng.integers(1, 6, n)),
            "known_at": _later(rng, answered_at, 30, 0.1),
        }
    ).astype({"score": float})


def _invoices(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    issued_at = _times(rng, n)
    due_at = issued_at + pd.Timedelta(days=30)
    frame = pd.DataFrame(
        {
            "invoice_id": [f"I{i}" for i in range(n)],
            "account_id": rng.choice(ids, n),
            "issued_at": issued_at,
            "due_at": due_at,
            "paid_at": _later(rng, issued_at, 90, 0.8),
            "amount": rng.integers(100, 90_000, n) / 7,
            "failed_attempts": rng.integers(0, 3, n),
            "known_at": _later(rng, issued_at, 10, 0.1),
        }
    )
    return _corrected(rng, frame, "issued_at", amount=1234.5)


def _touches(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    happened_at = _times(rng, n)
    channels = ["meeting", "call", "email", "webinar", "in_app", "training", "community", None]
    return pd.DataFrame(
        {
            "touch_id": [f"C{i}" for i in range(n)],
            "account_id": rng.choice(ids, n),
            "happened_at": happened_at,
            "touch_model": rng.choice(["high", "low", "tech", "community"], n),
            "channel": rng.choice(channels, n),
            "csm_id": rng.choice(["M1", "M2", "M3", None], n),
            "minutes": pd.array(rng.integers(0, 90, n), dtype="Int64"),
            "inbound": pd.array(rng.random(n) < 0.4, dtype="boolean"),
            "arm": rng.choice(["treat", "hold_out", None], n, p=[0.1, 0.1, 0.8]),
            "known_at": _later(rng, happened_at, 10, 0.1),
        }
    )


def _milestones(rng: np.random.Generator, ids: list[str], n: int) -> pd.DataFrame:
    happened_at = _times(rng, n)
    ready = ["technical_ready", "operational_ready", "user_ready"]
    return pd.DataFrame(
        {
            "account_id": rng.choice(ids, n),
            "happened_at": happened_at,
            "milestone": rng.choice([*ready, "goal_set", "ambassador_named", "own"], n),
            "known_at": _later(rng, happened_at, 10, 0.1),
        }
    )


def make_company(seed: int, *, n_accounts: int, n_usage: int) -> Frames:
    """Return every table of a company whose rows are drawn at random, late arrivals included."""
    rng = np.random.default_rng(seed)
    accounts = _accounts(rng, n_accounts)
    ids = sorted(set(accounts.account_id))
    n = n_accounts * 6
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
        "milestones": _milestones(rng, ids, n // 2),
        "touches": _touches(rng, ids, n),
    }
