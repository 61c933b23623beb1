"""By how much accounts grow and shrink: quantiles of the past, for small, middle and large ones.

A small account grows by whole seats, each of them a large share; a large one by smaller shares. The
sum of ARR is made of the large ones: one distribution for all would tell too much of growth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.forecasting.quarters import Quarters
from training.horizons.periods import CHURNS, OUTCOMES
from training.horizons.person_periods import PersonPeriods

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

N_SIZES = 201
N_CLASSES = 3
# With fewer changes of its own, a class has those of all.
FEWEST_CHANGES = 20


@dataclass(frozen=True)
class Sizes:
    """ARR at a quarter's end over its start, by class of account and outcome.

    Attributes
    ----------
    edges : ndarray (c - 1,)
        ARR at as_of from which an account belongs to the next class.
    quantiles : ndarray (c, k + 1, 201)
        Of the ratio, per class, outcome and, last, none.
    """

    edges: Floats
    quantiles: Floats

    def drawn(self, arr: Floats, which: Ints, random: np.random.Generator) -> Floats:
        """Return a ratio for accounts of some ARR (n,) and their outcomes (d, n), at random."""
        place = random.random(which.shape) * (N_SIZES - 1)
        below = np.minimum(place.astype(int), N_SIZES - 2)
        part, mine = place - below, np.digitize(arr, self.edges)
        low, high = self.quantiles[mine, which, below], self.quantiles[mine, which, below + 1]
        return np.asarray(low * (1 - part) + high * part)


def sizes_of_change(quarters: Quarters, rows: PersonPeriods, known: npt.NDArray[np.bool_]) -> Sizes:
    """Return the sizes that rows known by then (r,) had, in thirds by ARR; churn is 0."""
    before = quarters.arr[rows.snapshot, rows.period]
    ratio = (quarters.arr[rows.snapshot, rows.period + 1] / before)[known]
    start, outcome = quarters.arr[rows.snapshot[known], 0], rows.outcome[known]
    edges = np.quantile(start, np.arange(1, N_CLASSES) / N_CLASSES)
    mine = np.digitize(start, edges)
    quantiles = np.ones((N_CLASSES, len(OUTCOMES) + 1, N_SIZES))
    for number, name in enumerate((*OUTCOMES, "none")):
        these = outcome == (number if number < len(OUTCOMES) else -1)
        for each in range(N_CLASSES):
            quantiles[each, number] = _ratios(ratio, these, these & (mine == each), name)
    return Sizes(edges, quantiles)


def _ratios(
    ratio: Floats, these: npt.NDArray[np.bool_], own: npt.NDArray[np.bool_], name: str
) -> Floats:
    """Return quantiles of the class's own changes, or of all where these are few."""
    if name in CHURNS:
        return np.zeros(N_SIZES)
    chosen = ratio[own] if own.sum() >= FEWEST_CHANGES else ratio[these]
    grid = np.linspace(0.0, 1.0, N_SIZES)
    return np.quantile(chosen, grid) if len(chosen) else np.ones(N_SIZES)
