"""The command `backtest`: at every origin, how well would we have known what then happened.

Nothing is written here: reading, walking and measuring only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.catalogue import CATALOGUE, Catalogue
from training.backtests.measuring import Terms, measure_walk
from training.backtests.past_champion import PastChampion, past_champion
from training.backtests.report import Backtest
from training.backtests.rolling import rolling_origins
from training.backtests.walking import walk
from training.errors import TableError
from training.measures.team import NO_POLICY, Team
from training.tables.arr import Arr, read_arr
from training.tables.columns_beside import GROUPINGS
from training.tables.reading import read_raw_table
from training.tables.roles import Roles
from training.tables.table import read_examples
from training.tracking.store import Tracking

N_ORIGINS = 6
# The ARR as it was read, beside the table's own columns.
ARR_READ = "@arr"


@dataclass(frozen=True)
class Plan:
    """How to backtest.

    Attributes
    ----------
    n_origins : int
        At most so many; fewer when history is short.
    capacity : int or None
        Accounts the team can act on at each date; by default as many as the team's.
    arr : str or None
        Column with the accounts' ARR; by default `arr`, in any case, when the table has it.
    team : Team
        What acting does and costs, and how many can be acted on; of the policy in force.
    seed : int
    """

    n_origins: int = N_ORIGINS
    capacity: int | None = None
    arr: str | None = None
    team: Team = NO_POLICY
    seed: int = 0

    @property
    def terms_of_team(self) -> Team:
        """Return the team, with the capacity asked for in place of its own."""
        if self.capacity is None:
            return self.team
        return replace(self.team, capacity=self.capacity, capacity_from="--capacity")

    def __post_init__(self) -> None:
        if self.n_origins < 1:
            raise TableError(f"--origins must be at least 1; got {self.n_origins}")
        if self.capacity is not None and self.capacity < 1:
            raise TableError(f"--capacity must be at least 1 account; got {self.capacity}")


PLAN = Plan()


def backtest(
    table: Path | str | pa.Table,
    roles: Roles,
    *,
    plan: Plan = PLAN,
    tracking: Tracking | None = None,
    catalogue: Catalogue = CATALOGUE,
    progress: Callable[[str], None] = lambda _: None,
) -> Backtest:
    """Backtest one outcome on a labelled table with time.

    Parameters
    ----------
    table : path or pyarrow.Table
        One row per entity and date.
    roles : Roles
    plan : Plan
    tracking : Tracking, optional
        Where the champion is looked for; without one it is left out.
    catalogue : Catalogue
    progress : callable
        Told what is begun.

    Raises
    ------
    TrainingError
        When the table cannot be learnt from or its history is too short, with what is missing.
    """
    raw_table = read_raw_table(table, entity=roles.entity)
    arr = read_arr(raw_table, plan.arr)
    examples = read_examples(raw_table, roles, catalogue)
    grace = int((raw_table.schema.metadata or {}).get(b"tierwise.grace_days", b"0"))
    origins = rolling_origins(examples, wanted=plan.n_origins, grace_days=grace)
    steps = walk(examples, origins.found, outcome=roles.outcome, seed=plan.seed, progress=progress)
    champion = PastChampion(np.full(len(examples.y), np.nan), "no tracking store was given")
    if tracking is not None:
        champion = past_champion(
            examples, outcome=roles.outcome, tracking=tracking, catalogue=catalogue
        )
    progress("measuring")
    terms = Terms(
        outcome=roles.outcome,
        arr=ARR_READ,
        groupings=GROUPINGS,
        team=plan.terms_of_team,
        seed=plan.seed,
    )
    if arr.values is not None:
        theirs = [name for name in raw_table.column_names if name == ARR_READ]
        raw_table = raw_table.drop_columns(theirs).append_column(ARR_READ, pa.array(arr.values))
    report = measure_walk(examples, raw_table, origins, steps, champion=champion, terms=terms)
    return replace(report, not_applicable={**report.not_applicable, **_no_money(report, arr)})


def _no_money(report: Backtest, arr: Arr) -> dict[str, str]:
    """Say which figures in money cannot be told, and why."""
    if arr.values is None:
        return {"ARR and net value": arr.why_not}
    if not report.portfolio.has_stake:
        return {"ARR captured": "no event among the scored rows has any ARR"}
    return {}
