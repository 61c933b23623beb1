"""Forecasts of retention graded on simulated companies: how often the 80 % interval holds.

Per company one forecaster is made after three years and asked at that day and every quarter after
it; cohorts are the eligible accounts of the day. Beside it stand draws of independent accounts:
without a common shock, and as if the levels of the hazards were known exactly.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from features import as_of_grid, build_panel, open_source
from simulator import simulate
from training.forecasting.forecast import Forecaster, forecast, train_forecaster
from training.forecasting.quarters import (
    QUARTER_DAYS,
    QUARTERS,
    Quarters,
    quarters_from_the_future,
    realised,
)
from training.forecasting.shocks import NO_SHOCK

END = datetime(2026, 9, 30)
STEP_DAYS = 56
MADE_AFTER_DAYS = 3 * 364
MEASURES = ("nrr", "grr", "logo")


def origins(months: int) -> list[datetime]:
    """Return the days of forecasts whose four quarters, and the grace, are over at the end."""
    last = END - timedelta(days=QUARTERS.ends[-1] + QUARTERS.grace_days)
    n_back = (30 * months - MADE_AFTER_DAYS - (END - last).days) // QUARTER_DAYS
    return as_of_grid(last - timedelta(days=n_back * QUARTER_DAYS), last, QUARTER_DAYS)


def make_quarters(folder: Path, *, accounts: int, months: int, seed: int) -> Quarters:
    """Simulate a company and follow its accounts from the dates that teach and the origins."""
    simulate(folder, accounts=accounts, months=months, seed=seed)
    asked = origins(months)
    n_back = (asked[0] - (END - timedelta(days=30 * months - 182))).days // STEP_DAYS
    teaching = as_of_grid(asked[0] - timedelta(days=n_back * STEP_DAYS), asked[0], STEP_DAYS)
    with open_source(folder) as source:
        panel = build_panel(source, sorted({*teaching, *asked}))
        return quarters_from_the_future(source, panel)


def graded(
    forecaster: Forecaster, quarters: Quarters, asked: list[datetime]
) -> dict[str, np.ndarray]:
    """Return per measure (origins, 4, 4): realised, low, median and high."""
    as_of = quarters.panel["as_of"].to_numpy()
    found: dict[str, list[np.ndarray]] = {measure: [] for measure in MEASURES}
    for origin in asked:
        rows = (as_of == np.datetime64(origin)) & quarters.at_risk
        made = forecast(forecaster, quarters.panel.filter(rows), quarters.arr[rows, 0])
        came = realised(quarters, rows)
        for measure in MEASURES:
            told = [getattr(came, measure), *made.interval(measure)]
            found[measure].append(np.stack(told, axis=1))
    return {measure: np.stack(rows) for measure, rows in found.items()}


def show(name: str, found: dict[str, list[np.ndarray]]) -> None:
    """Print coverage, width and error of the median per measure, and coverage by quarter ahead."""
    for measure in MEASURES:
        rows = np.concatenate(found[measure])
        came, low, middle, high = np.moveaxis(rows, 2, 0)
        inside = (low <= came) & (came <= high)
        quarters = " ".join(f"{share:.2f}" for share in inside.mean(axis=0))
        print(
            f"{name:<14}{measure:<6}covered {inside.mean():.3f} of {inside.size}  "
            f"by quarter ahead {quarters}  width {(high - low).mean():.4f}  "
            f"median minus realised {(middle - came).mean():+.4f} "
            f"(absolute {np.abs(middle - came).mean():.4f})",
            flush=True,
        )


def main() -> None:
    """Print coverage after every company, of all so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--months", type=int, default=66)
    asked = parser.parse_args()
    days = origins(asked.months)
    every: dict[str, dict[str, list[np.ndarray]]] = {}
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        began = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            quarters = make_quarters(
                Path(folder) / "company", accounts=asked.accounts, months=asked.months, seed=seed
            )
        made = train_forecaster(quarters, until=np.datetime64(days[0], "us"))
        alone = replace(made, shock=NO_SHOCK, levels=made.levels.exactly())
        told = f"{made.shock.scale:.2f}, lasting share {made.shock.lasting:.2f}"
        print(f"--- seed {seed}: shock {told}; {len(days)} origins")
        for name, forecaster in (("common shock", made), ("independent", alone)):
            for measure, rows in graded(forecaster, quarters, days).items():
                every.setdefault(name, {}).setdefault(measure, []).append(rows)
        print(f"{time.process_time() - began:.0f} CPU s")
        for name, found in every.items():
            show(name, found)


if __name__ == "__main__":
    main()
