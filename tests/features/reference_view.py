"""What one account looked like at as_of, read row by row in plain pandas.

Written from the catalogue alone, slowly on purpose: nothing here knows how the engine works.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import pandas as pd

Value = float | str | None
TIMES = {
    "accounts": "created_at", "contracts": "happened_at", "usage": "day", "users": "created_at",
    "tickets": "opened_at", "surveys": "answered_at", "invoices": "issued_at",
    "milestones": "happened_at", "touches": "happened_at",
}  # fmt: skip
KEYS = {"users": "user_id", "tickets": "ticket_id", "invoices": "invoice_id"}
CLOCKS = {
    "users": {"deactivated_at": "deactivated_at"},
    "tickets": {"csat": "resolved_at", "resolved_at": "resolved_at"},
    "invoices": {"failed_attempts": "paid_at", "paid_at": "paid_at"},
}
TOLD_AGAIN = ("failed_attempts",)


@dataclass(frozen=True)
class Seen:
    """One account's tables as known at as_of, each row with its age in whole days.

    ``decisions`` are the contract changes known at as_of, whatever day they take effect.
    """

    as_of: datetime
    account: dict[str, object]
    modules: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    decisions: pd.DataFrame

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    @property
    def tenure(self) -> int:
        """Days since the first new contract, or since the account was written down."""
        contracts = self.tables["contracts"]
        signed = sorted(contracts[contracts.type == "new"].happened_at)
        return days(signed[0] if signed else self.account["created_at"], self.as_of)


def days(earlier: object, later: object) -> int:
    """Return whole UTC days from date to date."""
    return (pd.Timestamp(later).normalize() - pd.Timestamp(earlier).normalize()).days


def share(part: float, whole: float | None) -> float | None:
    """Return part over whole; null where the whole is 0 or unknown."""
    return part / whole if whole and part is not None else None


def mean(values: pd.Series) -> float | None:
    """Return the mean, null of nothing."""
    return values.mean() if len(values) else None


def least(values: pd.Series) -> float | None:
    """Return the smallest, null of nothing."""
    return values.min() if len(values) else None


def seen_at(frames: dict[str, pd.DataFrame], account_id: str, as_of: datetime) -> Seen | None:
    """Return the account as known at as_of, None before it was."""
    tables = {}
    for name, time in TIMES.items():
        rows = frames[name][frames[name].account_id == account_id]
        tables[name] = _known(rows, name, time, as_of)
    if tables["accounts"].empty:
        return None
    newest = tables["accounts"].sort_values("told_at").iloc[-1]
    contracts = frames["contracts"][frames["contracts"].account_id == account_id]
    decisions = _told(contracts, "happened_at", as_of)
    return Seen(as_of, newest.to_dict(), frames["modules"], tables, decisions)


def _told(rows: pd.DataFrame, time: str, as_of: datetime) -> pd.DataFrame:
    told_at = rows[time] if "known_at" not in rows else rows.known_at.fillna(rows[time])
    rows = rows.assign(told_at=told_at)
    return rows[rows.told_at < as_of]


def _known(rows: pd.DataFrame, name: str, time: str, as_of: datetime) -> pd.DataFrame:
    rows = _told(rows, time, as_of)
    if name == "tickets":
        again = {key: _reopened(versions) for key, versions in rows.groupby("ticket_id")}
        rows = rows.assign(reopened=[again[key] for key in rows.ticket_id])
    rows = rows.assign(again=is_correction(rows, name))
    if name in KEYS:
        rows = rows.sort_values("told_at").groupby(KEYS[name]).tail(1)
    rows = rows[rows[time] < as_of].copy()
    for column, clock in CLOCKS.get(name, {}).items():
        told = rows[clock] < as_of
        rows[column] = rows[column].where(told | rows.again if column in TOLD_AGAIN else told)
    rows["age"] = [days(moment, as_of) for moment in rows[time]]
    return rows


def is_correction(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return of each row whether another one of its key was known before it."""
    if name not in KEYS:
        return pd.Series(False, rows.index)
    known_at = rows[TIMES[name]]
    if "known_at" in rows:
        known_at = rows.known_at.fillna(known_at)
    return known_at > known_at.groupby(rows[KEYS[name]]).transform("min")


def _reopened(versions: pd.DataFrame) -> bool:
    """Return whether any version told it was resolved and any later one took that back."""
    told = list(versions.sort_values("told_at").itertuples())
    for number, (before, following) in enumerate(pairwise(told), start=1):
        if before.resolved_at < following.told_at:
            later = [version.resolved_at for version in told[number:]]
            if any(pd.isna(at) or at > before.resolved_at for at in later):
                return True
    return False
