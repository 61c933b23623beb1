"""Forecasts NRR, GRR and logo retention of today's accounts for the next four quarters.

From account probabilities, a common shock and past sizes of change, by simulation with a seed:
every draw lives the whole portfolio through four quarters under one set of shocks, so that the
intervals hold for the portfolio, not for its accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.forecasting.quarters import (
    N_QUARTERS,
    QUARTERS,
    Quarters,
    Retention,
    quarter_rows,
    retention,
)
from training.forecasting.shocks import Shock, draw_shocks, estimate_shock, residuals
from training.horizons.competing import hazards
from training.horizons.fitting import fit_rows
from training.horizons.model import HorizonModel
from training.horizons.period_folds import certain_on
from training.horizons.periods import CHURNS, OUTCOMES
from training.horizons.person_periods import PersonPeriods
from training.tables.table import read_times

Floats = npt.NDArray[np.float64]

N_DRAWS = 1_000
N_SIZES = 201
# Cells of (draws, accounts) that are lived through at once.
BLOCK_CELLS = 400_000


@dataclass(frozen=True)
class Forecaster:
    """What a forecast is drawn from.

    Attributes
    ----------
    model : HorizonModel
        Hazards per quarter.
    shock : Shock
        Common to the accounts, one per outcome.
    sizes : ndarray (k + 1, 201)
        Quantiles of ARR at a quarter's end over its start, per outcome and, last, for none.
    """

    model: HorizonModel
    shock: Shock
    sizes: Floats


@dataclass(frozen=True)
class Forecast:
    """Draws of retention by the end of each quarter, each (draws, 4)."""

    draws: Retention

    def interval(self, measure: str, *, share: float = 0.8) -> tuple[Floats, Floats, Floats]:
        """Return low, median and high of `nrr`, `grr` or `logo` at each quarter's end, (4,)."""
        levels = [(1 - share) / 2, 0.5, (1 + share) / 2]
        low, middle, high = np.quantile(getattr(self.draws, measure), levels, axis=0)
        return low, middle, high


def train_forecaster(
    quarters: Quarters, *, until: np.datetime64 | None = None, seed: int = 0
) -> Forecaster:
    """Fit hazards per quarter, their common shocks and the sizes of change.

    Parameters
    ----------
    quarters : Quarters
        From `quarters_from_the_future`.
    until : datetime64, optional
        The day it is made: only what was certain by then is learnt from.
    seed : int

    Raises
    ------
    NotEnoughError
        Too few outcomes are certain.
    """
    rows = quarter_rows(quarters)
    fitted = fit_rows(
        quarters.panel, rows, periods=QUARTERS, outcomes=OUTCOMES, until=until, seed=seed
    )
    walked = fitted.walked()
    found = [residuals(walked, number) for number in range(len(OUTCOMES))]
    as_of = read_times(quarters.panel.column("as_of"), name="as_of")
    certain = certain_on(rows, as_of, QUARTERS)
    known = np.ones(len(certain), bool) if until is None else certain <= until
    return Forecaster(
        fitted.model, estimate_shock(found, QUARTERS), sizes_of_change(quarters, rows, known)
    )


def sizes_of_change(
    quarters: Quarters, rows: PersonPeriods, known: npt.NDArray[np.bool_]
) -> Floats:
    """Return quantiles of ARR at a quarter's end over its start, (k + 1, 201); churn is 0."""
    grid = np.linspace(0.0, 1.0, N_SIZES)
    before = quarters.arr[rows.snapshot, rows.period]
    ratio = quarters.arr[rows.snapshot, rows.period + 1] / before
    sizes = np.ones((len(OUTCOMES) + 1, N_SIZES))
    for number, name in enumerate((*OUTCOMES, "none")):
        mine = known & (rows.outcome == (number if number < len(OUTCOMES) else -1))
        if name in CHURNS:
            sizes[number] = 0.0
        elif mine.any():
            sizes[number] = np.quantile(ratio[mine], grid)
    return sizes


def forecast(
    forecaster: Forecaster, panel: pa.Table, arr: Floats, *, n_draws: int = N_DRAWS, seed: int = 0
) -> Forecast:
    """Forecast the retention of a cohort.

    Parameters
    ----------
    forecaster : Forecaster
    panel : pyarrow.Table (n rows)
        The eligible accounts at one as_of.
    arr : ndarray (n,)
        Their ARR then, > 0.
    n_draws : int
    seed : int
    """
    random = np.random.default_rng(seed)
    log_odds = forecaster.model.log_odds(panel)
    asked = {"n_outcomes": log_odds.shape[1], "n_quarters": N_QUARTERS}
    shocks = draw_shocks(forecaster.shock, n_draws, random, **asked)
    size = max(1, BLOCK_CELLS // max(len(arr), 1))
    blocks = [
        _live(log_odds, shocks[start : start + size], forecaster.sizes, arr, random)
        for start in range(0, n_draws, size)
    ]
    return Forecast(
        Retention(
            nrr=np.concatenate([block.nrr for block in blocks]),
            grr=np.concatenate([block.grr for block in blocks]),
            logo=np.concatenate([block.logo for block in blocks]),
        )
    )


def _live(
    log_odds: Floats, shocks: Floats, sizes: Floats, arr: Floats, random: np.random.Generator
) -> Retention:
    """Live n accounts through the quarters of some draws (d, k, 4)."""
    n_draws, shape = len(shocks), (len(shocks), len(arr))
    worth = np.broadcast_to(arr, shape).copy()
    ends = np.empty((*shape, N_QUARTERS))
    for quarter in range(N_QUARTERS):
        moved = log_odds[np.newaxis, :, :, quarter] + shocks[:, np.newaxis, :, quarter]
        hazard = hazards(moved.reshape(-1, moved.shape[2], 1)).reshape(*shape, -1)
        chance = random.random((n_draws, len(arr), 1))
        which = (chance >= np.cumsum(hazard, axis=2)).sum(axis=2)
        worth *= _drawn_sizes(sizes, which, random)
        ends[:, :, quarter] = worth
    return retention(arr, ends, ends > 0)


def _drawn_sizes(sizes: Floats, which: npt.NDArray[np.intp], random: np.random.Generator) -> Floats:
    """Return a size of change for each outcome (d, n), drawn from its quantiles."""
    place = random.random(which.shape) * (N_SIZES - 1)
    below = np.minimum(place.astype(int), N_SIZES - 2)
    part = place - below
    return np.asarray(sizes[which, below] * (1 - part) + sizes[which, below + 1] * part)
