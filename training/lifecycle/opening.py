"""A labelled table opened for training: held whole, or by a sample where it is too large for that.

Everything after this reads the examples; only the fit itself asks where the other rows are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import CATALOGUE, Catalogue
from training.models.binned import Binned
from training.models.cluster import Cluster
from training.models.learning import Learnt, learn
from training.models.plenty import Engine, Plenty, compare_plenty
from training.tables.large import large_table
from training.tables.reading import read_raw_table
from training.tables.roles import Roles
from training.tables.sample import Sampled, read_sample
from training.tables.table import Examples, read_examples

NOT_ON_DASK = "dask_url: this table is held in memory, so its trees were fitted on this machine"


@dataclass(frozen=True)
class Known:
    """Labels (n,), 1.0 or 0.0, and times (n,) when the table has them."""

    y: npt.NDArray[np.float64]
    time: npt.NDArray[np.datetime64] | None


@dataclass(frozen=True)
class Opened:
    """A labelled table, checked.

    Attributes
    ----------
    raw_table : pyarrow.Table
        As it is in the file; of a large table, the rows of the sample.
    examples : Examples
        What can be learnt from of these.
    sampled : Sampled or None
        The large table.
    """

    raw_table: pa.Table
    examples: Examples
    sampled: Sampled | None = None

    @property
    def known(self) -> Known:
        """Labels and times of all rows that can be learnt from, those outside the sample too."""
        rows = self.examples if self.sampled is None else self.sampled
        return Known(rows.y, rows.time)

    def learn(self, *, outcome: str, seed: int, dask_url: str | None = None) -> Learnt:
        """Learn one model; a large table's trees are fitted on a Dask cluster when one is named."""
        if self.sampled is None:
            return learn(self._noting(dask_url), outcome=outcome, seed=seed)
        engine: Engine = Cluster(self.sampled, dask_url) if dask_url else Binned(self.sampled)
        plenty = Plenty(self.sampled, engine)
        return learn(
            self.examples,
            outcome=outcome,
            seed=seed,
            fit=plenty.fit_bundle,
            fit_again=plenty.fit_outgoing,
            compare=compare_plenty,
        )

    def _noting(self, dask_url: str | None) -> Examples:
        notes = (*self.examples.notes, NOT_ON_DASK) if dask_url else self.examples.notes
        return replace(self.examples, notes=notes)


def open_table(
    table: Path | str | pa.Table, roles: Roles, catalogue: Catalogue = CATALOGUE, *, seed: int
) -> Opened:
    """Read and check a labelled table, by a sample when it is large.

    Raises
    ------
    TableError, NotEnoughError
        As `read_examples`.
    """
    large = large_table(table)
    if large is None:
        raw_table = read_raw_table(table, entity=roles.entity)
        return Opened(raw_table, read_examples(raw_table, roles, catalogue))
    sampled = read_sample(large, roles, catalogue, seed=seed)
    return Opened(sampled.raw_table, sampled.examples, sampled)
