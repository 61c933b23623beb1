"""Which columns of a labelled table are not features: label, keys, and what the user drops."""

from __future__ import annotations

import re
from dataclasses import dataclass

from training.errors import TableError

PANEL_LABELS = ("churned", "expanded", "contracted", "eligible")
DEFAULT_LABELS = {"churn": "churned", "expansion": "expanded", "contraction": "contracted"}
LEAD_DAYS, HORIZON_DAYS = 14, 90
# Also the name of the registered model and of files and folders.
OUTCOME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}"


def require_outcome(outcome: str) -> None:
    """Raise TableError when a text cannot name an outcome."""
    if not re.fullmatch(OUTCOME, outcome):
        raise TableError(
            f"'{outcome}' cannot name an outcome; use letters, digits and '_', such as churn"
        )


@dataclass(frozen=True)
class Roles:
    """What is predicted, and which columns are no features.

    Attributes
    ----------
    outcome : str
        What is predicted.
    label : str, optional
        By default that of our panel for this outcome, else the outcome's name.
    entity : str
    time : str, optional
        By default `as_of` when the table has it; without time the split is by entity.
    drop : tuple of str
        Columns the user leaves out.
    lead_days, horizon_days : int
        Label window of a table with time that does not tell its own, as our panels do.
    """

    outcome: str
    label: str | None = None
    entity: str = "account_id"
    time: str | None = None
    drop: tuple[str, ...] = ()
    lead_days: int = LEAD_DAYS
    horizon_days: int = HORIZON_DAYS

    def __post_init__(self) -> None:
        require_outcome(self.outcome)

    @property
    def label_name(self) -> str:
        """Name of the label column."""
        return self.label or DEFAULT_LABELS.get(self.outcome, self.outcome)
