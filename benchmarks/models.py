"""Our `tierwise train`, untouched, against other people's models: same folds, same run.

`python -m benchmarks.models PAGE --scratch DIR --peers PYTHON [--sets telco,crm]` keeps what every
fold gave in the scratch folder, so that a run that was stopped goes on where it was, and writes the
page. The peers live in an environment of their own (`benchmarks/peers.in`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.model_page import page
from benchmarks.model_sets import FURTHER, SETS, ModelSet
from scoring.matching import read_as
from training import Roles, Tracking, score_table, train
from training.errors import TrainingError
from training.tables.labels import read_labels
from training.tables.table import read_examples

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> None:
    """Run what has not been run yet and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--peers", help="the python of the peers' environment")
    parser.add_argument("--sets", default=",".join(SETS))
    asked = parser.parse_args()
    asked.scratch.mkdir(parents=True, exist_ok=True)
    for name in asked.sets.split(","):
        for found in (SETS | FURTHER)[name](asked.data, asked.scratch):
            for number in range(len(found.folds)):
                folder = asked.scratch / "folds" / found.name.replace("/", " ") / str(number)
                run_fold(found, number, folder, asked.peers)
    unfinished = asked.page.with_suffix(".tmp")
    unfinished.write_text(page(asked.scratch / "folds"), encoding="utf-8")
    os.replace(unfinished, asked.page)


def run_fold(found: ModelSet, number: int, folder: Path, peers: str | None) -> None:
    """Everybody learns from the same rows and answers for the same others."""
    folder.mkdir(parents=True, exist_ok=True)
    learn_rows, test_rows = found.folds[number]
    learn, test = found.table.take(learn_rows), found.table.take(test_rows)
    kept = folder / "ours.json"
    if not kept.exists():
        kept.write_text(json.dumps(_ours(found, learn, test)))
        print(found.name, number, "ours done", flush=True)
    if peers:
        _write_for_peers(found, learn, test, folder)
        script = Path(__file__).with_name("peers.py")
        subprocess.run([peers, str(script), str(folder)], check=True, stdout=subprocess.DEVNULL)
        print(found.name, number, "peers done", flush=True)


def _ours(found: ModelSet, learn: pa.Table, test: pa.Table) -> dict[str, Any]:
    """Train as the command does and score with reasons; a refusal to learn is an answer too."""
    y = read_labels(test[found.label], name=found.label)
    answer: dict[str, Any] = {"y": y.tolist(), "entity": test[found.entity].to_pylist()}
    roles = Roles(found.outcome, label=found.label, entity=found.entity, time=found.time)
    home = _home(found.name)
    try:
        start = time.process_time()
        report = train(learn, roles, tracking=home)
        answer["fit"] = time.process_time() - start
    except TrainingError as refused:
        return answer | {"refused": str(refused)}
    asked = {"outcome": found.outcome, "tracking": home, "run_id": report.run_id}
    answer["probability"] = score_table(test, **asked)["probability"].to_pylist()
    some = test.slice(0, min(test.num_rows, 1000))
    times = [_seconds(some, reasons=reasons, **asked) for reasons in (False, True)]
    answer["score"], answer["explain"] = (t / some.num_rows * 1000 for t in times)
    answer["promotable"] = report.promotable
    answer["failed"] = [f"{c.code} {c.why}" for c in report.checks if c.result == "fail"]
    return answer


def _home(name: str) -> Tracking:
    return Tracking(Path(tempfile.mkdtemp(prefix="models-")) / name.replace("/", " "))


def _seconds(rows: pa.Table, **asked: Any) -> float:
    start = time.process_time()
    score_table(rows, **asked)
    return time.process_time() - start


def _write_for_peers(found: ModelSet, learn: pa.Table, test: pa.Table, folder: Path) -> None:
    """Write the fold with the columns that our reading of the table took for features.

    Dates are days for them too.
    """
    roles = Roles(found.outcome, label=found.label, entity=found.entity, time=found.time)
    try:
        found_columns: Sequence[Any] = read_examples(learn, roles).columns
    except TrainingError:
        found_columns = ()
    # Some cannot learn from a column without any value.
    columns = [c for c in found_columns if learn[c.name].null_count < learn.num_rows]
    facts = {
        "numbers": [c.name for c in columns if c.kind == "number"],
        "categories": [c.name for c in columns if c.kind == "category"],
        "levels": {c.name: list(c.levels) for c in columns if c.kind == "category"},
    }
    names = [*facts["numbers"], *facts["categories"]]
    for part, rows in (("train", learn), ("test", test)):
        y = read_labels(rows[found.label], name=found.label)
        for column in (c for c in columns if c.dated):
            place = rows.column_names.index(column.name)
            rows = rows.set_column(place, column.name, read_as(rows, column))
        known = rows.filter(pa.array(~np.isnan(y))).select(names)
        pq.write_table(
            known.append_column("@label", pa.array(y[~np.isnan(y)])), folder / f"{part}.parquet"
        )
    (folder / "columns.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
