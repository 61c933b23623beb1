"""A written company read back for figures and plots, with pandas; `simulate` needs none.

Time series are daily, from the company's first day; `at` is a day number.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.writer import STAMP


@dataclass(frozen=True)
class Written:
    """The folder of one company."""

    folder: Path

    @cached_property
    def stamp(self) -> dict[str, str]:
        """What the run said of itself."""
        text = (self.folder / "truth" / STAMP).read_text(encoding="utf-8")
        found: dict[str, str] = json.loads(text)
        return found

    @property
    def first(self) -> pd.Timestamp:
        """The first simulated day."""
        return pd.Timestamp(self.stamp["first_on"])

    @property
    def end(self) -> pd.Timestamp:
        """The first day no longer simulated."""
        return pd.Timestamp(self.stamp["end_on"])

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row per account, the last known."""
        rows = self.table("accounts").sort_values("known_at", na_position="first")
        return rows.drop_duplicates("account_id", keep="last").set_index("account_id")

    @cached_property
    def contracts(self) -> pd.DataFrame:
        """Contract changes with the change of revenue each brought, by time of effect."""
        rows = self.table("contracts")
        rows = rows[(rows.type != "notice") & (rows.happened_at < self.end)]
        rows = rows.sort_values(["happened_at", "change_id"])
        before = rows.groupby(["account_id", "product_id"]).arr.shift().fillna(0.0)
        return rows.assign(change=rows.arr - before)

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """Decisions to leave that were made in the period, by time."""
        rows = self.table("truth/decisions")
        return rows[pd.to_datetime(rows.decided_on) >= self.first]

    @cached_property
    def daily_users(self) -> pd.DataFrame:
        """One row per account, user and day with any use."""
        rows = self.table("usage", columns=["account_id", "user_id", "day"])
        rows = rows.drop_duplicates()
        return rows.assign(at=(pd.to_datetime(rows.day) - self.first).dt.days)

    @property
    def n_days(self) -> int:
        """Days of the period."""
        return (self.end - self.first).days

    def table(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Read a table; text that repeats stays categorical only where asked by `columns`."""
        rows = pd.read_parquet(self.folder / f"{name}.parquet", columns=columns)
        if columns is None:
            words = rows.select_dtypes("category").columns
            rows = rows.astype(dict.fromkeys(words, "str"))
        return rows

    def revenue(self, on: pd.Timestamp) -> pd.Series:
        """Annual recurring revenue per account on a day, of accounts that have any."""
        past = self.contracts[self.contracts.happened_at <= on]
        total = past.groupby("account_id").change.sum().round(2)
        return total[total > 0]

    def revenue_curve(self, of: pd.Index) -> np.ndarray:
        """Total revenue per day of the given accounts."""
        rows = self.contracts[self.contracts.account_id.isin(of)]
        at = (rows.happened_at - self.first).dt.days.clip(lower=0).to_numpy()
        return np.asarray(np.bincount(at, rows.change, minlength=self.n_days).cumsum())
