"""Training at scale: our fit from Parquet beside raw LightGBM on arrays, in one run.

Every way runs in a process of its own, which reports its CPU seconds, wall seconds and peak memory.
Writes docs/scale.md: `python -m benchmarks.scale docs/scale.md --scratch DIR --rows 5000000`.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.scale_page import write_page
from benchmarks.scale_table import make_table
from scoring.booster import margins, read_booster
from scoring.bundle import load_bundle
from scoring.matching import match_types
from training.measures.metrics import row_log_loss
from training.measures.ranking import auc
from training.models.menu import SHAPES, parameters
from training.tables.large import LargeTable, as_matrix, large_table
from training.tables.roles import Roles
from training.tables.sample import read_sample

ROLES = Roles("churn")
SHAPE = SHAPES[-1]
HELD_OUT_ROWS = 200_000
LEAST_ROWS = 900_000
WAYS = ("raw", "batches", "train", "score", "raw_part", "dask_part")


def opened(path: Path) -> LargeTable:
    """Return the table; it must be large enough for the way that is measured."""
    found = large_table(path)
    assert found is not None, "give more rows: the table is not large"
    return found


def fit_raw(path: Path, trees: int) -> tuple[Callable[[], str], tuple[Any, ...]]:
    """Hold every row as float64; return the fit to measure."""
    import lightgbm

    sampled = read_sample(opened(path), ROLES, seed=0)
    columns = sampled.examples.columns
    matrix, start = np.empty((len(sampled.y), len(columns))), 0
    for part in sampled.table.matrices(columns, sampled.kept):
        matrix[start : start + len(part)] = part
        start += len(part)
    y, params = sampled.y, parameters(SHAPE, n_rows=start, seed=0) | {"num_threads": 0}
    categories = [p for p, column in enumerate(columns) if column.kind == "category"]
    del sampled

    def fit() -> str:
        rows = lightgbm.Dataset(matrix, y, categorical_feature=categories)
        return str(lightgbm.train(params, rows, num_boost_round=trees).model_to_string())

    return fit, columns


def fit_batches(path: Path, trees: int) -> tuple[Callable[[], str], tuple[Any, ...]]:
    """Read keys, columns and sample; return the fit from Parquet to measure."""
    from training.models.binned import Binned

    sampled = read_sample(opened(path), ROLES, seed=0)
    binned = Binned(sampled)
    return lambda: binned.fit(SHAPE, n_trees=trees, seed=0), sampled.examples.columns


def fit_dask(path: Path, trees: int) -> tuple[Callable[[], str], tuple[Any, ...]]:
    """Start a cluster of two workers here; return the fit to measure."""
    from distributed import LocalCluster

    from training.models.cluster import Cluster

    sampled = read_sample(opened(path), ROLES, seed=0)

    def fit() -> str:
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
        ) as here:
            return Cluster(sampled, here.scheduler_address).fit(SHAPE, n_trees=trees, seed=0)

    return fit, sampled.examples.columns


def measured(call: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return an answer and what it cost, children that have ended included."""
    wall, before = time.perf_counter(), os.times()
    answer = call()
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak = max(usage.ru_maxrss for usage in usages) / 2**20
    return answer, {"cpu": cpu, "wall": time.perf_counter() - wall, "peak": peak}


def quality(text: str, columns: tuple[Any, ...], held_out: Path) -> dict[str, float]:
    """Return log-loss and ROC-AUC on rows of accounts that nobody learnt from."""
    rows = pq.read_table(held_out)
    y = rows.column("churned").to_numpy().astype(np.float64)
    margin = margins([read_booster(text, n_columns=len(columns))], as_matrix(rows, columns))
    return figures(y, 1 / (1 + np.exp(-margin)))


def figures(y: Any, probability: Any) -> dict[str, float]:
    """Return log-loss, its standard error, and ROC-AUC."""
    loss = row_log_loss(y, probability)
    error = float(loss.std() / np.sqrt(len(loss)))
    return {"log_loss": float(loss.mean()), "error": error, "auc": auc(y, probability)}


def train_whole(path: Path, held_out: Path, scratch: Path) -> dict[str, Any]:
    """Run the command's own way, with choosing, calibration, checks and the record."""
    from training import Tracking, train

    tracking = Tracking(scratch / "home", clock=lambda: datetime.now(UTC))
    tracking.create()
    report, cost = measured(lambda: train(path, ROLES, tracking=tracking))
    bundle = load_bundle(tracking.bundle_folder(tracking.version_of("churn")), catalogue=None)
    rows = pq.read_table(held_out)
    y = rows.column("churned").to_numpy().astype(np.float64)
    probability = bundle.score(match_types(rows, bundle.manifest)).probability
    checks = {check.code: check.result for check in report.checks}
    return cost | figures(y, probability) | {"notes": report.notes, "checks": checks}


def score_whole(path: Path, scratch: Path) -> dict[str, Any]:
    """Score the whole table with the model that `train_whole` made before."""
    from training import Tracking, score_file

    tracking = Tracking(scratch / "home")
    run_id = tracking.version_of("churn").run_id
    out = scratch / "scores.parquet"
    written, cost = measured(
        lambda: score_file(path, out, outcome="churn", tracking=tracking, run_id=run_id)
    )
    return cost | {"rows": written.n_rows}


def run_way(way: str, scratch: Path, trees: int) -> dict[str, Any]:
    """Run one way in this process."""
    table = scratch / ("part.parquet" if way.endswith("_part") else "table.parquet")
    held_out = scratch / "held_out.parquet"
    if way == "train":
        return train_whole(table, held_out, scratch)
    if way == "score":
        return score_whole(table, scratch)
    prepare = {"raw": fit_raw, "batches": fit_batches, "dask": fit_dask}[way.split("_")[0]]
    (fit, columns), before = measured(lambda: prepare(table, trees))
    text, cost = measured(fit)
    return cost | quality(text, columns, held_out) | {"before": before, "trees": trees}


def in_child(way: str, args: argparse.Namespace) -> dict[str, Any]:
    """Run one way in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale", str(args.page), "--way", way]
    command += ["--scratch", str(args.scratch), "--trees", str(args.trees)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(way, json.dumps(found), flush=True)
    return found


def main() -> None:
    """Make the tables, run every way and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--way", choices=WAYS, help="run this one here and print its figures")
    args = parser.parse_args()
    if args.way:
        print(json.dumps(run_way(args.way, args.scratch, args.trees)))
        return
    args.scratch.mkdir(parents=True, exist_ok=True)
    sizes = {"table": args.rows, "held_out": HELD_OUT_ROWS}
    sizes["part"] = max(args.rows // 5, LEAST_ROWS)
    for seed, (name, rows) in enumerate(sizes.items()):
        make_table(args.scratch / f"{name}.parquet", rows=rows, seed=seed)
    found = {way: in_child(way, args) for way in args.ways}
    write_page(args.page, found, sizes=sizes)


if __name__ == "__main__":
    main()
