"""Slopes of the horizons to a few hundredths: many accounts, and labels without luck.

One large simulated company, 56 days between snapshots. The accounts of a hashed share teach what
was certain by the first test date; all accounts are tested on it and on the two dates after it.
Beside the slope of what came stands that of the truth (`benchmarks.true_first`) on the model's
log-odds, over all and by use case. `--keep` holds company and tables between runs.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from scipy.special import logit

from benchmarks.true_first import QUARTERS, soft_labels
from features import as_of_grid, build_panel, open_source
from features.outcome_times import outcome_times_from_the_future
from simulator import simulate
from training.horizons.files import load_horizons, write_horizons
from training.horizons.fitting import in_order, train_horizons
from training.horizons.grades import happened
from training.horizons.model import HorizonModel
from training.horizons.periods import Periods
from training.horizons.person_periods import follow
from training.measures.calibration_line import calibration_lines
from training.measures.metrics import draw_weights, interval, row_log_loss
from training.tables.splits import hashed_share

pc = pyarrow.compute

END = datetime(2026, 9, 30)
STEP_DAYS, HISTORY_DAYS, N_TEST_DATES, N_DRAWS = 56, 182, 3, 100
PERIODS = Periods()
REACH_DAYS = PERIODS.lead_days + PERIODS.ends[-1] + PERIODS.grace_days
# Outcomes by position, and the column of the soft labels.
ANSWERS = {"churn": ((0, 1), 0), "contraction": ((2,), 1), "expansion": ((3,), 2)}

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Tested:
    """One answer at one horizon: what came, what was due in truth if known, what was told."""

    y: Floats
    truth: Floats | None
    probability: Floats
    account: Names
    use_case: Names

    def of(self, rows: npt.NDArray[np.bool_]) -> "Tested":
        """Return some rows."""
        truth = None if self.truth is None else self.truth[rows]
        return Tested(
            self.y[rows], truth, self.probability[rows], self.account[rows], self.use_case[rows]
        )


def tables(keep: Path, *, accounts: int, months: int, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return the eligible rows of a company's panel and their outcome times, made once."""
    company, files = keep / "company", [keep / f"{name}.parquet" for name in ("panel", "times")]
    if not company.exists():
        simulate(company, accounts=accounts, months=months, seed=seed)
    if not all(file.exists() for file in files):
        last = END - timedelta(days=REACH_DAYS)
        n_back = (30 * months - HISTORY_DAYS - REACH_DAYS) // STEP_DAYS
        dates = as_of_grid(last - timedelta(days=n_back * STEP_DAYS), last, STEP_DAYS)
        with open_source(company) as source:
            panel = build_panel(source, dates)
            eligible = pc.fill_null(panel["eligible"].cast(pa.bool_()), False)
            panel = in_order(panel.filter(eligible))
            times = in_order(outcome_times_from_the_future(source, panel))
        for file, table in zip(files, (panel, times), strict=True):
            pq.write_table(table, file)
    return pq.read_table(files[0]), pq.read_table(files[1])


def first_test_date(panel: pa.Table) -> np.datetime64:
    """Return the first of the last dates, which test."""
    return np.datetime64(np.unique(panel["as_of"].to_numpy())[-N_TEST_DATES])


def teach(panel: pa.Table, times: pa.Table, *, taught: int, of: int) -> HorizonModel:
    """Train on a hashed share of the accounts, on what was certain by the first test date."""
    start = first_test_date(panel)
    shares = hashed_share(panel["account_id"].to_pylist(), salt="taught")
    rows = pa.array((shares < taught / of) & (panel["as_of"].to_numpy() < start))
    return train_horizons(panel.filter(rows), times.filter(rows), until=start)


def tested(
    model: HorizonModel, panel: pa.Table, times: pa.Table, truth: Path
) -> Iterator[tuple[str, int, Tested]]:
    """Yield the rows of every answer and horizon."""
    late = pa.array(panel["as_of"].to_numpy() >= first_test_date(panel))
    panel, times = panel.filter(late), times.filter(late)
    followed = follow(panel, times, PERIODS)
    graded = pa.array(followed.at_risk & (followed.until >= PERIODS.closes[-1]))
    panel, times = panel.filter(graded), times.filter(graded)
    followed = follow(panel, times, PERIODS)
    cumulative = model.incidence(panel).cumulative
    assert (np.diff(cumulative, axis=2) >= 0).all()
    assert (cumulative.sum(axis=1) <= 1 + 1e-12).all()
    soft = soft_labels(truth, panel, followed)
    account, use_case = (np.array(panel[c].to_pylist()) for c in ("account_id", "use_case"))
    for answer, (positions, column) in ANSWERS.items():
        for period, end in enumerate(PERIODS.ends):
            yield (
                answer,
                end,
                Tested(
                    y=happened(followed, PERIODS, period, positions),
                    truth=soft[:, QUARTERS[end] - 1, column] if end in QUARTERS else None,
                    probability=cumulative[:, positions, period].sum(axis=1),
                    account=account,
                    use_case=use_case,
                ),
            )


def slope(y: Floats, found: Tested) -> str:
    """Return the slope of labels, hard or soft, on the log-odds told, and its 95 % interval."""
    told = logit(np.clip(found.probability, 1e-6, 1 - 1e-6))
    drawn = draw_weights(found.account, seed=0, n_draws=N_DRAWS)
    slopes = np.concatenate([calibration_lines(y, told, weights)[0] for weights in drawn])
    point = calibration_lines(y, told, np.ones((1, len(y))))[0][0]
    low, high = interval(slopes)
    return f"{point:.2f} ({low:.2f}-{high:.2f})"


def shown(found: Tested) -> str:
    """Return a line: slope of what came, slope of the truth, what came over what was told."""
    y, told = found.y, found.probability
    rate = np.full(len(y), y.mean())
    loss, base = (float(row_log_loss(y, p).mean()) for p in (told, rate))
    truth = "" if found.truth is None else slope(found.truth, found)
    due = "" if found.truth is None else f"{found.truth.mean() / told.mean():.2f}"
    return (
        f"{int(y.sum()):>6} | {slope(y, found)} | {truth:<16} | {y.mean() / told.mean():.2f} | "
        f"{due:<4} | {loss:.4f} ({base:.4f}) |"
    )


def show(model: HorizonModel, panel: pa.Table, times: pa.Table, truth: Path) -> None:
    """Print what every answer is worth at every horizon, then by use case."""
    print("| | horizon | came | slope | true slope | o/e | true o/e | log-loss (base rate) |")
    for answer, end, found in tested(model, panel, times, truth):
        print(f"| {answer:<22} | {end:>3} d | {shown(found)}", flush=True)
        for level in np.unique(found.use_case).tolist():
            part = shown(found.of(found.use_case == level))
            print(f"| - {level:<20} | {end:>3} d | {part}", flush=True)


def main() -> None:
    """Make or read the company, teach or load the model, print the slopes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--accounts", type=int, default=12_000)
    parser.add_argument("--taught", type=int, default=6_000)
    parser.add_argument("--months", type=int, default=48)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    panel, times = tables(asked.keep, accounts=asked.accounts, months=asked.months, seed=asked.seed)
    folder = asked.keep / f"model-{asked.taught}"
    if not folder.exists():
        model = teach(panel, times, taught=asked.taught, of=asked.accounts)
        write_horizons(folder, model)
    model = load_horizons(folder)
    print(model.training, [(h.facts, h.fading) for h in model.hazards])
    show(model, panel, times, asked.keep / "company" / "truth")


if __name__ == "__main__":
    main()
