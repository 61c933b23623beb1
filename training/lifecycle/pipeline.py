"""The command `train`: read, learn, check, record.

Nothing is written before everything has been computed: a refused table leaves no trace.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from features.catalogue import CATALOGUE, Catalogue
from training.lifecycle.against_champion import Challenger, InForce, compare
from training.lifecycle.opening import open_table
from training.lifecycle.recording import record
from training.measures.team import team_in_force
from training.reports.report import TrainReport
from training.tables.columns import frozen_names
from training.tables.newest import newest_rows
from training.tables.roles import Roles
from training.tracking.store import Tracking


def train(
    table: Path | str | pa.Table,
    roles: Roles,
    *,
    tracking: Tracking,
    catalogue: Catalogue = CATALOGUE,
    seed: int = 0,
    policy: Path | None = None,
    dask_url: str | None = None,
) -> TrainReport:
    """Train one outcome on a labelled table and record the run.

    Parameters
    ----------
    table : path or pyarrow.Table
        One row per entity and time, or per entity.
    roles : Roles
        What is predicted, which is also the name of the registered model, and from which columns.
    tracking : Tracking
    catalogue : Catalogue
        The one in force: a table with all its features is a panel of ours.
    seed : int
    policy : Path, optional
        The tier policy by whose seats TW13 asks what is found, a tenth by default, and by which
        TW15 asks who would move, by default the shipped one.
    dask_url : str, optional
        Scheduler of a Dask cluster that fits the trees of a large table; by default this machine.

    Raises
    ------
    TrainingError
        When the table cannot be learnt from; nothing is written then.
    """
    outcome = roles.outcome
    opened = open_table(table, roles, catalogue, seed=seed)
    tracking.require_ready(outcome)
    learnt = opened.learn(outcome=outcome, seed=seed, dask_url=dask_url)
    newest = newest_rows(opened.raw_table, opened.examples, learnt.bundle.manifest)
    team = team_in_force(policy, tracking.clock().date())
    learnt = replace(learnt, newest=newest, team=team)
    frozen = frozen_names(opened.raw_table.column_names, opened.examples.notes)
    challenger = Challenger(outcome, learnt.outgoing.bundle, learnt.held_out, newest, frozen)
    compared = compare(challenger, InForce(tracking, catalogue, policy))
    source = "a table in memory" if isinstance(table, pa.Table) else str(table)
    return record(
        learnt, (*learnt.checks(), *compared), tracking, source=source, catalogue=catalogue
    )
