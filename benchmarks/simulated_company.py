"""The whole pipeline graded on simulated companies: nothing found in noise, and the trap of dates.

Null: outcomes are independent of everything, so the held-out ROC-AUC must be 0.5 within its
interval. Trap: who left is described as of the day they left and everybody else as of today;
offline that looks perfect, forward it collapses. The product's panel promises what it keeps.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.metrics import roc_auc_score

from features import LabelWindow, as_of_grid, build_panel, open_source
from simulator import simulate
from training import Roles, Tracking, score_table, train

END = datetime(2026, 9, 30)
MONTHS, STEP_DAYS = 36, 28
LABELS = {"churn": "churned", "expansion": "expanded"}
# A label window, and the grace after it, must be over before its label is known.
MATURE = timedelta(days=14 + 90 + 30)
# The day on which the models of the trap are trained; what comes later is "forward".
TODAY = END - timedelta(days=13 * STEP_DAYS)


@dataclass(frozen=True)
class Panel:
    """A company's panel with labels, and when each account's contract ended (or not)."""

    rows: pa.Table
    ended: dict[str, datetime]


def make_panel(folder: Path, *, accounts: int, preset: str, seed: int) -> Panel:
    """Simulate a company and build its panel over all but the first half year."""
    simulate(folder, accounts=accounts, months=MONTHS, seed=seed, preset=preset)
    n_back = (30 * MONTHS - 182) // STEP_DAYS
    dates = as_of_grid(END - timedelta(days=n_back * STEP_DAYS), END, STEP_DAYS)
    with open_source(folder) as source:
        rows = build_panel(source, dates, labels=LabelWindow())
        contracts = source.read(source.tables["contracts"])
    churns = contracts.filter(pc.equal(contracts["type"], "churn"))
    ended = dict(
        zip(churns["account_id"].to_pylist(), churns["happened_at"].to_pylist(), strict=True)
    )
    return Panel(rows, ended)


def null_auc(panel: Panel, tracking: Tracking) -> dict[str, tuple[float, float, float]]:
    """Held-out ROC-AUC with its 95 % interval per outcome."""
    found = {}
    for outcome in LABELS:
        metrics = train(panel.rows, Roles(outcome), tracking=tracking).metrics
        found[outcome] = tuple(metrics[f"roc_auc{end}"] for end in ("", "_low", "_high"))
    return found


def trap_auc(panel: Panel, tracking: Tracking) -> dict[str, tuple[float, float]]:
    """ROC-AUC offline and forward, of the product's panel and of the trap."""
    known = panel.rows.filter(pc.less_equal(panel.rows["as_of"], TODAY - MATURE))
    forward = panel.rows.filter(
        pc.and_(pc.greater_equal(panel.rows["as_of"], TODAY), panel.rows["churned"].is_valid())
    )
    trap = _trap_rows(panel)
    found = {}
    for name, table, label in (("panel", known, "churned"), ("trap", trap, "has_left")):
        report = train(table, Roles(f"churn_{name}", label=label), tracking=tracking)
        scores = score_table(
            forward, outcome=f"churn_{name}", run_id=report.run_id, tracking=tracking
        )
        auc = roc_auc_score(forward["churned"].to_numpy(), scores["probability"].to_numpy())
        found[name] = (report.metrics["roc_auc"], float(auc))
    return found


def _trap_rows(panel: Panel) -> pa.Table:
    """One row per account: leavers at their last snapshot before the end, the others today."""
    accounts = panel.rows["account_id"].to_pylist()
    dates = panel.rows["as_of"].to_pylist()
    chosen: dict[str, int] = {}
    for position, (account, date) in enumerate(zip(accounts, dates, strict=True)):
        if date <= min(panel.ended.get(account, TODAY), TODAY):
            chosen[account] = position  # rows come in order of date: the last one stays
    left = [panel.ended.get(account, END) <= TODAY for account in chosen]
    rows = panel.rows.take(list(chosen.values()))
    rows = rows.drop_columns(["as_of", "eligible", *LABELS.values(), "contracted"])
    return rows.append_column("has_left", pa.array(left)).replace_schema_metadata(None)


def over_seeds(
    asked: argparse.Namespace,
    preset: str,
    grade: Callable[[Panel, Tracking], dict[str, tuple[float, ...]]],
) -> dict[str, np.ndarray]:
    """Grade one company per seed; per name an array (seeds, figures)."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in range(asked.seeds):
        with tempfile.TemporaryDirectory() as folder:
            panel = make_panel(
                Path(folder) / "company", accounts=asked.accounts, preset=preset, seed=seed
            )
            for name, figures in grade(panel, Tracking(folder)).items():
                found.setdefault(name, []).append(figures)
                print(f"{preset} seed {seed} {name}", *(f"{f:.3f}" for f in figures), flush=True)
    return {name: np.array(figures) for name, figures in found.items()}


def told(values: np.ndarray) -> str:
    """Mean and its standard error."""
    return f"{values.mean():+.3f} (standard error {values.std(ddof=1) / len(values) ** 0.5:.3f})"


def main() -> None:
    """Print, per experiment, the figures of each seed and their means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--only", choices=["null", "trap"])
    asked = parser.parse_args()
    if asked.only != "trap":
        for outcome, auc in over_seeds(asked, "null", null_auc).items():
            held = int(((auc[:, 1] <= 0.5) & (auc[:, 2] >= 0.5)).sum())
            print(f"null {outcome}: ROC-AUC {told(auc[:, 0])}; 0.5 inside {held} of {len(auc)}")
    if asked.only != "null":
        for name, auc in over_seeds(asked, "default", trap_auc).items():
            print(f"{name}: ROC-AUC offline {told(auc[:, 0])}, forward {told(auc[:, 1])}")
            print(f"{name}: apart {told(auc[:, 0] - auc[:, 1])}")


if __name__ == "__main__":
    main()
