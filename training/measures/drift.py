"""How far the rows of today have moved from the rows of then: PSI per column, with intervals.

The population stability index over bins of the reference rows, Σ (q − p) · ln (q / p); missing is a
bin of its own. Intervals resample entities, and are corrected for the bias that resampling adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scoring.manifest import Column
from training.measures.metrics import draw_weights

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

N_BINS, FEW_EDGES = 10, 5
N_DRAWS = 100
# Rows of a comparison: more do not narrow an interval that matters.
MOST_ROWS = 4_000
# Added to each bin, in rows: an empty bin is rare, not impossible.
PRIOR = 0.5
# The usual reading of the index: below 0.1 stable, above 0.25 another population.
MOVED = 0.25


@dataclass(frozen=True)
class Drift:
    """How far one column moved: its PSI with a 95 % interval, both >= 0."""

    name: str
    psi: float
    low: float
    high: float


@dataclass(frozen=True)
class Sample:
    """Rows (n, p) of the same columns and the entity of each (n,): whole entities are drawn."""

    matrix: Floats
    entity: npt.NDArray[np.str_]

    def thinned(self) -> Sample:
        """Return at most `MOST_ROWS` of the rows, evenly spread."""
        rows = slice(None, None, max(1, -(-len(self.entity) // MOST_ROWS)))
        return Sample(self.matrix[rows], self.entity[rows])

    def weights(self, *, seed: int) -> Floats:
        """Return how often each entity is drawn, (1 + draws, entities); first the rows as found."""
        names, _ = self._owners
        drawn = draw_weights(names, seed=seed, n_draws=N_DRAWS)
        return np.concatenate([np.ones((1, len(names))), *drawn])

    def counts(self, position: int, edges: Floats) -> Floats:
        """Return each entity's rows in each bin of one column, (entities, bins)."""
        names, owner = self._owners
        codes, n_bins = bin_codes(self.matrix[:, position], edges), len(edges) + 2
        cells = np.bincount(owner * n_bins + codes, minlength=len(names) * n_bins)
        return cells.reshape(len(names), n_bins).astype(np.float64)

    @cached_property
    def _owners(self) -> tuple[npt.NDArray[np.str_], Codes]:
        """Return the entities and the position of each row's."""
        names, owner = np.unique(self.entity, return_inverse=True)
        return names, owner


def column_drift(
    then: Sample, now: Sample, columns: Sequence[Column], *, seed: int = 0
) -> list[Drift]:
    """Return the drift of every column.

    Parameters
    ----------
    then, now : Sample
        The rows of then make the bins.
    columns : sequence of Column
        Names and kinds of the p columns.
    seed : int
    """
    then, now = then.thinned(), now.thinned()
    weights = then.weights(seed=seed), now.weights(seed=seed + 1)
    found = []
    for position, column in enumerate(columns):
        edges = bin_edges(then.matrix[:, position], column)
        shares = [
            _shares(weight @ rows.counts(position, edges))
            for weight, rows in zip(weights, (then, now), strict=True)
        ]
        found.append(_with_interval(column.name, _psi(*shares)))
    return found


def bin_edges(values: Floats, column: Column) -> Floats:
    """Return the inner edges of at most ten bins of equally many rows, or of each category."""
    if column.kind == "category":
        return np.arange(0.5, len(column.levels) - 1, dtype=np.float64)
    known = values[~np.isnan(values)]
    if not known.size:
        return np.empty(0)
    inner = np.unique(np.quantile(known, np.arange(1, N_BINS) / N_BINS))
    if len(inner) < FEW_EDGES:
        # Few values that many rows share: each is a bin, its other edge lies just above it.
        inner = np.unique(np.concatenate([inner, np.nextafter(inner, np.inf)]))
    return np.asarray(inner, dtype=np.float64)


def bin_codes(values: Floats, edges: Floats) -> Codes:
    """Return the number of each row's bin; the last one is for missing values."""
    codes = np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), len(edges) + 1, codes)


def _shares(counts: Floats) -> Floats:
    """Return the share of each bin in each draw, (draws, bins)."""
    filled = counts + PRIOR
    return np.asarray(filled / filled.sum(axis=1, keepdims=True))


def _psi(then: Floats, now: Floats) -> Floats:
    """Return the index of each draw, (draws,)."""
    return np.asarray(((now - then) * np.log(now / then)).sum(axis=1))


def _with_interval(name: str, draws: Floats) -> Drift:
    """Return the basic bootstrap interval of the first draw, which is the rows themselves."""
    psi = float(draws[0])
    high, low = (2 * psi - np.quantile(draws[1:], [0.025, 0.975])).tolist()
    return Drift(name, psi, max(low, 0.0), max(high, 0.0))
