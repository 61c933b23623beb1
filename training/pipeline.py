"""The command `train`: read, learn, check, record.

Nothing is written before everything has been computed: a refused table leaves no trace.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa

from training.errors import TableError
from training.learning import learn
from training.promotion import against_champion
from training.recording import record
from training.report import TrainReport
from training.table import Roles, read_examples
from training.tracking import Tracking

# Also the name of the registered model and of a folder.
OUTCOME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}"


def train(
    table: Path | str | pa.Table,
    *,
    outcome: str,
    tracking: Tracking,
    label: str | None = None,
    entity: str = "account_id",
    time: str | None = None,
    drop: tuple[str, ...] = (),
    seed: int = 0,
) -> TrainReport:
    """Train one outcome on a labelled table and record the run.

    Parameters
    ----------
    table : path or pyarrow.Table
        One row per entity and time, or per entity.
    outcome : str
        What is predicted; also the name of the registered model.
    tracking : Tracking
    label : str, optional
        Column to predict; `churned` for churn, `expanded` for expansion, else the outcome's name.
    entity : str
    time : str, optional
        By default `as_of` when the table has it; without time the split is by entity.
    drop : tuple of str
        Columns to leave out.
    seed : int

    Raises
    ------
    TrainingError
        When the table cannot be learnt from; nothing is written then.
    """
    if not re.fullmatch(OUTCOME, outcome):
        raise TableError(
            f"'{outcome}' cannot name an outcome; use letters, digits and '_', such as churn"
        )
    roles = Roles(outcome, label=label, entity=entity, time=time, drop=tuple(drop))
    learnt = learn(read_examples(table, roles), outcome=outcome, seed=seed)
    verdicts = (*learnt.checks(), against_champion(learnt.held_out, outcome, tracking))
    source = "a table in memory" if isinstance(table, pa.Table) else str(table)
    return record(learnt, verdicts, tracking, source=source)
