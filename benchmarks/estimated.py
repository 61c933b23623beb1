"""Brier scores told before the labels are known, against those that came, on simulated companies.

Per company and outcome a model is trained as it stood some months before the end; the rows of the
dates after it wait for their outcome: all of them, and the halves of them that are hard, upper and
lower by revenue, use, age and so on. What came has an interval of its own (accounts drawn again),
and quarters have good and bad luck in common: "level known" is what would have been told, had the
number of events of all waiting rows been known. With `--waiting accounts` a third of the accounts
wait instead, at the dates that teach: who is there is another, the luck of the quarters is not.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.optimize import brentq
from scipy.special import expit, logit

from features import LabelWindow, as_of_grid, build_panel, open_source
from scoring.encoding import encode
from simulator import simulate
from training.measures.metrics import draw_weights, interval
from training.models.fitting import fit_bundle, fit_outgoing
from training.tables.roles import Roles
from training.tables.splits import hashed_share, split_by_time
from training.tables.table import read_examples

# The last day whose label, and the grace, is over when the records end.
LAST = datetime(2026, 9, 30) - timedelta(days=14 + 90 + 30 + 1)
STEP_DAYS, N_DATES, N_WAITING = 56, 14, 3
MONTHS = 36
LABELS = {"churn": "churned", "expansion": "expanded"}
HALVED = ("arr", "active_days_28d", "active_seat_share_28d", "tenure_days", "days_to_renewal")
WITHIN = 0.01


@dataclass(frozen=True)
class Waiting:
    """Rows of one company and outcome that waited for their labels, and what came."""

    matrix: np.ndarray
    columns: tuple[str, ...]
    entity: np.ndarray
    probability: np.ndarray
    came: np.ndarray

    @property
    def level_known(self) -> np.ndarray:
        """Chances: the probabilities, moved in log-odds until as many events are expected."""
        margin, share = logit(self.probability), self.came.mean()
        moved = brentq(lambda shift: expit(margin + shift).mean() - share, -5.0, 5.0)
        return np.asarray(expit(margin + moved))


def make_panel(folder: Path, *, accounts: int, seed: int) -> pa.Table:
    """Simulate a company and build its labelled panel."""
    simulate(folder, accounts=accounts, months=MONTHS, seed=seed)
    dates = as_of_grid(LAST - timedelta(days=(N_DATES - 1) * STEP_DAYS), LAST, STEP_DAYS)
    with open_source(folder) as source:
        return build_panel(source, dates, labels=LabelWindow())


def waiting_rows(panel: pa.Table, who: str) -> np.ndarray:
    """Return which rows wait: those of the last dates, or of a third of the accounts."""
    if who == "accounts":
        return hashed_share(map(str, panel["account_id"].to_pylist()), salt="waiting") < 1 / 3
    as_of = panel["as_of"].to_numpy()
    return np.asarray(as_of >= np.unique(as_of)[-N_WAITING])


def wait(panel: pa.Table, outcome: str, waits: np.ndarray) -> Waiting:
    """Train on the rows that do not wait; score the others with the model that goes out."""
    label = panel[LABELS[outcome]].to_numpy(zero_copy_only=False).astype(np.float64)
    examples = read_examples(panel.filter(pa.array(~waits)), Roles(outcome))
    embargo = examples.lead_days + examples.horizon_days
    assert examples.time is not None
    split = split_by_time(examples.time, examples.entity, examples.y, embargo_days=embargo)
    judged = fit_bundle(examples, split, outcome=outcome, seed=0)
    outgoing = fit_outgoing(examples, split, judged, seed=0).bundle
    asked = waits & ~np.isnan(label)
    rows = panel.filter(pa.array(asked))
    matrix = encode(rows, examples.columns)
    return Waiting(
        matrix=matrix,
        columns=tuple(column.name for column in examples.columns),
        entity=np.asarray(rows["account_id"].to_pylist(), dtype=np.str_),
        probability=outgoing.score_matrix(matrix).probability,
        came=label[asked],
    )


def halves(found: Waiting) -> Iterator[tuple[str, np.ndarray]]:
    """Yield all waiting rows, and their halves by each column, as named masks."""
    yield "all", np.ones(len(found.came), dtype=bool)
    for name in HALVED:
        values = found.matrix[:, found.columns.index(name)]
        middle = np.nanmedian(values)
        yield f"{name} above", values > middle
        yield f"{name} up to", values <= middle


def graded(found: Waiting, half: np.ndarray) -> np.ndarray:
    """Return Brier that came with its interval, as told, and told with the level known, (5,)."""
    p = found.probability[half]
    loss = (p - found.came[half]) ** 2
    drawn = [w @ loss / w.sum(axis=1) for w in draw_weights(found.entity[half], seed=0)]
    told = [c * (1 - p) ** 2 + (1 - c) * p**2 for c in (p, found.level_known[half])]
    ends = interval(np.concatenate(drawn))
    return np.array([loss.mean(), *ends, *(each.mean() for each in told)])


def show(name: str, rows: list[np.ndarray]) -> None:
    """Print how often each estimate is within 0.01 of what came, and within its interval."""
    came, low, high, *told = np.stack(rows, axis=1)
    known = (high - low) / 3.92
    print(f"{name}: {len(rows)} samples, standard error of what came {known.mean():.4f}")
    for kind, estimated in zip(("told", "level known"), told, strict=True):
        off = estimated - came
        print(
            f"  {kind:<12}within {WITHIN} {(abs(off) <= WITHIN).sum()}, in the interval "
            f"{((low <= estimated) & (estimated <= high)).sum()}, largest {abs(off).max():.4f}, "
            f"mean {off.mean():+.4f}, absolute {abs(off).mean():.4f}",
            flush=True,
        )


def main() -> None:
    """Print every sample, then each outcome's and all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32])
    parser.add_argument("--accounts", type=int, default=4_000)
    parser.add_argument("--waiting", choices=("dates", "accounts"), default="dates")
    asked = parser.parse_args()
    every: dict[str, list[np.ndarray]] = {}
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as folder:
            panel = make_panel(Path(folder) / "company", accounts=asked.accounts, seed=seed)
        waits = waiting_rows(panel, asked.waiting)
        for outcome in LABELS:
            found = wait(panel, outcome, waits)
            for name, half in halves(found):
                row = graded(found, half)
                every.setdefault(outcome, []).append(row)
                told = " ".join(f"{figure:.4f}" for figure in row)
                print(f"{seed} {outcome:<10} {name:<24} {told}", flush=True)
    for outcome, rows in every.items():
        show(outcome, rows)
    show("all", [row for rows in every.values() for row in rows])


if __name__ == "__main__":
    main()
