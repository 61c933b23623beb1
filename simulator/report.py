"""What a run made, in figures: the report that `simulate` returns and keeps beside the truth."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from simulator.arrays import WEEKS_PER_YEAR
from simulator.config import Config
from simulator.contacts import Episodes
from simulator.history import History
from simulator.ledger import KINDS
from simulator.timeline import Timeline

SILENT_DAYS = 60


@dataclass(frozen=True)
class SimulationReport:
    """Figures of one simulated company; shares lie in [0, 1], `end_on` is excluded."""

    out: Path
    preset: str
    seed: int
    accounts: int
    months: int
    first_on: str
    end_on: str
    churns: int
    expansions: int
    annual_logo_churn: float
    silent_share: float
    rows: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.accounts:,} accounts over {self.months} months "
            f"({self.first_on} to {self.end_on}), {sum(self.rows.values()):,} rows in {self.out}\n"
            f"{self.churns:,} churns ({self.annual_logo_churn:.1%} of accounts a year, "
            f"{self.silent_share:.0%} of them silent), {self.expansions:,} expansions"
        )

    def as_json(self) -> dict[str, Any]:
        """Return what describes the company, without where it was written."""
        return {name: value for name, value in vars(self).items() if name != "out"}


class Tally:
    """Counts over the chunks of a run."""

    def __init__(self) -> None:
        """Start from nothing."""
        self.churns = self.expansions = self.silent = self.judged = 0
        self.account_weeks = 0

    def add(self, history: History, episodes: Episodes, line: Timeline) -> None:
        """Count one chunk."""
        left = history.decisions
        day = (left.decided - line.first).astype(np.int64)
        old = np.maximum((history.first_start - line.first).astype(np.int64), 0)[left.account]
        judged = left.voluntary & (day >= old + SILENT_DAYS)
        heard = _heard(episodes, left.account, day)
        self.judged += int(judged.sum())
        self.silent += int((judged & ~heard).sum())
        self.churns += int((day >= 0).sum())
        grows = history.changes.kind == KINDS.index("expansion")
        self.expansions += int((grows & (history.changes.happened >= line.first)).sum())
        self.account_weeks += int((history.weekly.arr > 0).sum())

    def report(
        self, *, out: Path, preset: str, seed: int, config: Config, line: Timeline
    ) -> SimulationReport:
        """Return the figures of the whole company."""
        return SimulationReport(
            out=out,
            preset=preset,
            seed=seed,
            accounts=config.company.accounts,
            months=config.company.months,
            first_on=str(line.first),
            end_on=str(line.first + line.n_days),
            churns=self.churns,
            expansions=self.expansions,
            annual_logo_churn=self.churns / max(self.account_weeks, 1) * WEEKS_PER_YEAR,
            silent_share=self.silent / max(self.judged, 1),
        )


def _heard(episodes: Episodes, account: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether each account made contact in the 60 days before each day."""
    key = episodes.account * 100_000 + episodes.day
    last = np.searchsorted(key, account * 100_000 + day)
    before = np.searchsorted(key, account * 100_000 + np.maximum(day - SILENT_DAYS, 0))
    return np.asarray(last > before)
