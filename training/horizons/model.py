"""Several horizons from one model: competing outcomes in discrete time after each snapshot.

Probabilities of a row are of what comes first; they never fall with the horizon and, with the
probability that nothing happens, add up to 1 (see `training.horizons.competing`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.encoding import encode
from scoring.manifest import Column
from training.horizons.competing import Incidence, hazards, incidence
from training.horizons.hazards import OutcomeHazard
from training.horizons.period_design import Snapshots
from training.horizons.periods import CHURNS, Periods

Floats = npt.NDArray[np.float64]

KEYS = ("account_id", "as_of")


@dataclass(frozen=True)
class HorizonModel:
    """Hazards of competing outcomes, two LightGBM models each.

    Attributes
    ----------
    periods : Periods
    hazards : tuple of OutcomeHazard
    columns : tuple of Column
        What a snapshot is described by.
    catalogue : str or None
        Fingerprint of the panel's catalogue.
    training : dict
        Facts for people and lineage; nothing in prediction depends on them.
    """

    periods: Periods
    hazards: tuple[OutcomeHazard, ...]
    columns: tuple[Column, ...]
    catalogue: str | None = None
    training: dict[str, Any] = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the competing outcomes, in the order of their arrays."""
        return tuple(hazard.name for hazard in self.hazards)

    def log_odds(self, table: pa.Table) -> Floats:
        """Return calibrated log-odds against nothing happening, (n, k, p).

        Raises
        ------
        RowError
            The table does not hold the model's columns as numbers and text.
        """
        snapshots = Snapshots(encode(table, self.columns), self.columns, self.periods)
        return np.stack([hazard.log_odds(snapshots) for hazard in self.hazards], axis=1)

    def incidence(self, table: pa.Table) -> Incidence:
        """Return cumulative incidence (n, k, p) and survival (n, p) of a table's rows."""
        return incidence(hazards(self.log_odds(table)))

    def predict(self, table: pa.Table) -> pa.Table:
        """Return the keys the table has and one column per outcome and horizon.

        `<outcome>_<horizon>d` is the probability that the outcome comes first, within that many
        days after the lead; `churn_<horizon>d` adds voluntary and involuntary.
        """
        found = self.incidence(table).cumulative
        columns: dict[str, Any] = {k: table.column(k) for k in KEYS if k in table.column_names}
        churns = [position for position, name in enumerate(self.outcomes) if name in CHURNS]
        for period, end in enumerate(self.periods.ends):
            columns[f"churn_{end}d"] = found[:, churns, period].sum(axis=1)
            for position, name in enumerate(self.outcomes):
                columns[f"{name}_{end}d"] = found[:, position, period]
        return pa.table(columns)
