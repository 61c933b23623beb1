"""The company's figures beside published ranges, so that one can see whether it looks real.

Shares lie in [0, 1]; rates are per account and year. Run: `python -m simulator.marginals FOLDER`.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.written import Written


@dataclass(frozen=True)
class Marginal:
    """One figure and the range published for it (sources in docs/simulator.md)."""

    name: str
    value: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether the figure lies in the published range."""
        return self.low <= self.value <= self.high


def marginals(company: Written) -> list[Marginal]:
    """Return the company's figures in the order of the documentation."""
    churn = logo_churn(company)
    gross, net = retention(company)
    decisions = company.decisions
    scores = nps(company)
    return [
        Marginal("annual logo churn, all", churn["all"], 0.08, 0.16),
        Marginal("annual logo churn, smb", churn["smb"], 0.10, 0.30),
        Marginal("annual logo churn, mid", churn["mid"], 0.06, 0.15),
        Marginal("annual logo churn, enterprise", churn["enterprise"], 0.03, 0.10),
        Marginal("involuntary share of churn", 1 - float(decisions.voluntary.mean()), 0.02, 0.40),
        Marginal("gross revenue retention", gross, 0.86, 0.95),
        Marginal("net revenue retention", net, 0.98, 1.12),
        Marginal("seats used in 28 days, of those bought", seat_use(company), 0.50, 0.85),
        Marginal("DAU / MAU", stickiness(company), 0.09, 0.31),
        Marginal("weekend share of use", weekend_share(company), 0.02, 0.12),
        Marginal("NPS", float(100 * ((scores >= 9).mean() - (scores <= 6).mean())), 20, 45),
        Marginal("revenue of the largest tenth", largest_tenth(company), 0.40, 0.75),
    ]


def logo_churn(company: Written) -> dict[str, float]:
    """Return decisions to leave per account and year, by segment and over all."""
    left = company.decisions.account_id
    weeks = company.table("truth/states", ["account_id"]).account_id.astype("str")
    segment = company.accounts.segment
    years = weeks.map(segment).value_counts() * 7 / 365.25
    lost = left.map(segment).value_counts().reindex(years.index).fillna(0)
    rates = {str(name): float(rate) for name, rate in (lost / years).items()}
    return {"all": len(left) / years.sum(), **rates}


def retention(company: Written) -> tuple[float, float]:
    """Return gross and net revenue retention over the last year."""
    before = company.revenue(company.end - pd.Timedelta(days=366))
    after = company.revenue(company.end - pd.Timedelta(days=1)).reindex(before.index).fillna(0.0)
    kept = np.minimum(before, after).sum()
    return float(kept / before.sum()), float(after.sum() / before.sum())


def seat_use(company: Written) -> float:
    """Return the mean share of bought seats used in the last 28 days."""
    users = company.daily_users
    recent = users[users["at"] >= company.n_days - 28]
    active = recent.groupby("account_id", observed=True).user_id.nunique()
    seats = company.contracts.groupby("account_id").seats.last()
    return float((active / seats[seats > 0]).clip(upper=1).fillna(0).mean())


def stickiness(company: Written) -> float:
    """Return mean daily over monthly active users, all days counted, over the last 28 days."""
    users = company.daily_users
    recent = users[users["at"] >= company.n_days - 28]
    return float(len(recent) / 28 / recent.user_id.nunique())


def weekend_share(company: Written) -> float:
    """Return the share of user-days that fall on Saturday or Sunday."""
    weekday = (company.daily_users["at"] + company.first.day_of_week) % 7
    return float((weekday >= 5).mean())


def nps(company: Written) -> pd.Series:
    """Return all NPS answers."""
    rows = company.table("surveys")
    return rows.score[rows.question == "nps"]


def largest_tenth(company: Written) -> float:
    """Return the share of revenue held by the largest tenth of the accounts."""
    revenue = company.revenue(company.end).sort_values(ascending=False)
    return float(revenue.iloc[: len(revenue) // 10].sum() / revenue.sum())


def main(folder: str) -> None:
    """Print the figures of a written company."""
    for found in marginals(Written(Path(folder))):
        mark = " " if found.holds else "!"
        print(f"{mark} {found.name:40} {found.value:8.3f}   {found.low:g} - {found.high:g}")


if __name__ == "__main__":
    main(sys.argv[1])
