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

from training.forecasting.levels import Levels, fit_levels, levelled
from training.forecasting.quarters import (
    N_QUARTERS,
    QUARTERS,
    Quarters,
    Retention,
    quarter_rows,
    retention,
)
from training.forecasting.shocks import Shock, draw_shocks, estimate_shock, residuals
from training.forecasting.sizes import Sizes, sizes_of_change
from training.horizons.competing import hazards
from training.horizons.fitting import Fitted, fit_rows
from training.horizons.model import HorizonModel
from training.horizons.period_folds import certain_on
from training.horizons.periods import OUTCOMES

Floats = npt.NDArray[np.float64]

N_DRAWS = 1_000
# Cells of (draws, accounts) that are lived through at once.
BLOCK_CELLS = 400_000


@dataclass(frozen=True)
class Forecaster:
    """What a forecast is drawn from.

    Attributes
    ----------
    model : HorizonModel
        Hazards per quarter.
    levels : Levels
        How many events come of those it expects, by time ahead and size.
    shock : Shock
        Common to the accounts, one per outcome.
    sizes : Sizes
        Of change.
    """

    model: HorizonModel
    levels: Levels
    shock: Shock
    sizes: Sizes


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
        quarters.panel, rows, periods=quarters.periods, outcomes=OUTCOMES, until=until, seed=seed
    )
    return forecaster_of(fitted, quarters, until=until)


def forecaster_of(
    fitted: Fitted, quarters: Quarters, *, until: np.datetime64 | None = None
) -> Forecaster:
    """Add to hazards fitted on quarters their levels, the common shock and the sizes of change."""
    arr, rows = quarters.arr[:, 0], fitted.rows
    names = np.asarray(quarters.panel.column("account_id").to_pylist(), dtype=np.str_)
    account = np.unique(names, return_inverse=True)[1]
    levels = fit_levels(fitted, account, arr)
    walked = levelled(fitted.walked(), levels, arr, QUARTERS.starts)
    found = [residuals(walked, number) for number in range(len(OUTCOMES))]
    certain = certain_on(rows, fitted.as_of, quarters.periods)
    known = np.ones(len(certain), bool) if until is None else certain <= until
    return Forecaster(
        model=fitted.model,
        levels=levels,
        shock=estimate_shock(found, QUARTERS),
        sizes=sizes_of_change(quarters, rows, known),
    )


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
    levels = forecaster.levels
    log_odds = forecaster.model.log_odds(panel) + levels.added(arr, QUARTERS.starts)
    asked = {"n_outcomes": log_odds.shape[1], "n_quarters": N_QUARTERS}
    common = Common(
        shocks=draw_shocks(forecaster.shock, n_draws, random, **asked),
        lines=levels.drawn(n_draws, random),
        terms=np.stack([levels.terms(arr, start) for start in QUARTERS.starts]),
    )
    size = max(1, BLOCK_CELLS // max(len(arr), 1))
    blocks = [
        _live(log_odds, common.of(slice(start, start + size)), forecaster.sizes, arr, random)
        for start in range(0, n_draws, size)
    ]
    return Forecast(
        Retention(
            nrr=np.concatenate([block.nrr for block in blocks]),
            grr=np.concatenate([block.grr for block in blocks]),
            logo=np.concatenate([block.logo for block in blocks]),
        )
    )


@dataclass(frozen=True)
class Common:
    """What moves all accounts together, draw by draw.

    Attributes
    ----------
    shocks : ndarray (d, k, 4)
    lines : ndarray (d, k, 4)
        Deviations of the levels' lines.
    terms : ndarray (4, n, 4)
        Of the lines, per quarter and account.
    """

    shocks: Floats
    lines: Floats
    terms: Floats

    def of(self, draws: slice) -> Common:
        """Return some of the draws."""
        return Common(self.shocks[draws], self.lines[draws], self.terms)

    def moved(self, log_odds: Floats, quarter: int) -> Floats:
        """Return log-odds (n, k, 4) of a quarter as moved in each draw, (d, n, k)."""
        lines = np.einsum("ni,dki->dnk", self.terms[quarter], self.lines)
        moved = log_odds[np.newaxis, :, :, quarter] + self.shocks[:, np.newaxis, :, quarter] + lines
        return np.asarray(moved)


def _live(
    log_odds: Floats, common: Common, sizes: Sizes, arr: Floats, random: np.random.Generator
) -> Retention:
    """Live n accounts through the quarters of some draws."""
    shape = (len(common.shocks), len(arr))
    worth = np.broadcast_to(arr, shape).copy()
    ends = np.empty((*shape, N_QUARTERS))
    for quarter in range(N_QUARTERS):
        moved = common.moved(log_odds, quarter)
        hazard = hazards(moved.reshape(-1, moved.shape[2], 1)).reshape(*shape, -1)
        chance = random.random((*shape, 1))
        which = (chance >= np.cumsum(hazard, axis=2)).sum(axis=2)
        worth *= sizes.drawn(arr, which, random)
        ends[:, :, quarter] = worth
    return retention(arr, ends, ends > 0)
