"""Writes one run down: bundle, plots, checks, held-out rows, parameters and metrics.

Everything is laid out in a temporary folder first and handed to the tracking store in one go.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from scoring.bundle import load_bundle, write_bundle
from training import checks as c
from training.fitting import Fitted
from training.held_out import HELD_OUT_KEYS, read_held_out
from training.learning import Learnt
from training.newest import last_date
from training.plots import draw_plots
from training.report import TrainReport
from training.run import BUNDLE, CHECKS, HELD_OUT, JUDGED, NEWEST, Run
from training.tracking import Tracking

REQUIRED = ("lightgbm", "numpy", "pyarrow", "pandas")
N_EXAMPLE_ROWS = 5


def record(
    learnt: Learnt, verdicts: Sequence[c.Check], tracking: Tracking, *, source: str
) -> TrainReport:
    """Record a run and return its report.

    Parameters
    ----------
    learnt : Learnt
    verdicts : sequence of Check
        All but TW08, which is added here, on the bundle as written.
    tracking : Tracking
    source : str
        Where the table came from, in words.
    """
    with tempfile.TemporaryDirectory(prefix="tierwise-") as scratch:
        folder, bundle = Path(scratch) / "artifacts", Path(scratch) / BUNDLE
        facts = _facts(learnt, trained_at=tracking.clock().isoformat(timespec="seconds"))
        _write(bundle, learnt.outgoing, facts)
        _write(folder / JUDGED, learnt.judged, facts)
        verdicts = c.in_order((*verdicts, _reproduces(learnt, bundle, folder / JUDGED)))
        _fill(folder, learnt, verdicts)
        made = tracking.record(_run(learnt, verdicts, folder, bundle, source))
    return TrainReport(
        run_id=made.run_id,
        outcome=learnt.outcome,
        version=made.version,
        metrics=learnt.metrics,
        baselines=learnt.baseline_metrics,
        rules={baseline.name: baseline.words for baseline in learnt.baselines},
        checks=verdicts,
        notes=(*learnt.examples.notes, *_split_notes(learnt)),
    )


def _write(folder: Path, fitted: Fitted, facts: Mapping[str, Any]) -> None:
    """Write a bundle with the facts of its training."""
    write_bundle(folder, replace(fitted.bundle.manifest, training=facts), [fitted.boosted.text])


def _reproduces(learnt: Learnt, bundle: Path, judged: Path) -> c.Check:
    """TW08 on both bundles as written; under the catalogue in force there is nothing to refuse."""
    again = [
        load_bundle(folder, catalogue=None).score(learnt.held_out) for folder in (judged, bundle)
    ]
    expected = [read_held_out(learnt.held_out).probability]
    expected += [learnt.outgoing.bundle.score(learnt.held_out).probability]
    return c.reproduces(np.concatenate(expected), np.concatenate([s.probability for s in again]))


def _facts(learnt: Learnt, *, trained_at: str) -> dict[str, Any]:
    """Return the facts of the training: what it learnt from, and what it was judged on."""
    examples, split = learnt.examples, learnt.split
    return {
        "trained_at": trained_at,
        "window": _window(learnt, np.arange(len(examples.y))),
        "judged_window": _window(learnt, split.fit),
        "test_window": _window(learnt, split.test),
        "n": len(examples.y),
        "events": int(examples.y.sum()),
        "base_rate": float(examples.y.mean()),
        "digest": examples.digest,
        "seed": learnt.seed,
        "metrics": {name: value for name, value in learnt.metrics.items() if np.isfinite(value)},
    }


def _window(learnt: Learnt, rows: np.ndarray) -> list[str] | None:
    """Return first and last day of some rows; None without time."""
    if learnt.examples.time is None:
        return None
    times = learnt.examples.time[rows]
    return [str(edge.astype("datetime64[D]")) for edge in (times.min(), times.max())]


def _fill(folder: Path, learnt: Learnt, verdicts: Sequence[c.Check]) -> None:
    """Write the artifacts beside the model."""
    (folder / HELD_OUT).parent.mkdir(parents=True)
    pq.write_table(learnt.held_out, folder / HELD_OUT)
    if learnt.newest is not None:
        (folder / NEWEST).parent.mkdir()
        pq.write_table(last_date(learnt.newest), folder / NEWEST)
    raw = [check.to_json() for check in verdicts]
    (folder / CHECKS).write_text(json.dumps(raw, indent=1), encoding="utf-8")
    draw_plots(learnt, folder / "plots")


def _run(
    learnt: Learnt, verdicts: Sequence[c.Check], folder: Path, bundle: Path, source: str
) -> Run:
    """Put together what MLflow is to keep."""
    examples = learnt.examples
    example = learnt.held_out.drop_columns(list(HELD_OUT_KEYS)).slice(0, N_EXAMPLE_ROWS)
    return Run(
        outcome=learnt.outcome,
        name=f"{learnt.outcome}-{examples.digest[:8]}-{learnt.seed}",
        params=_params(learnt, source),
        metrics=learnt.metrics | _flat(learnt.baseline_metrics),
        tags={
            "outcome": learnt.outcome,
            "data_digest": examples.digest,
            "catalogue": examples.catalogue or "foreign",
            "promotable": str(c.promotable(verdicts)).lower(),
        }
        | {check.code: check.result for check in verdicts},
        folder=folder,
        bundle=bundle,
        columns=examples.columns,
        example=example.to_pandas(),
        dataset={
            "features": examples.matrix,
            "targets": examples.y,
            "source": source,
            "name": learnt.outcome,
            "digest": examples.digest[:32],
        },
        requirements=tuple(f"{name}=={installed(name)}" for name in REQUIRED),
    )


def _params(learnt: Learnt, source: str) -> dict[str, object]:
    """Return what was chosen and what it was chosen from."""
    boosted, split = learnt.boosted, learnt.split
    return {
        "source": source,
        "label": learnt.examples.label_name,
        "seed": learnt.seed,
        "n_leaves": boosted.shape.n_leaves,
        "depth": boosted.shape.depth,
        "rows_as_one": boosted.shape.rows_as_one,
        "n_trees": boosted.n_trees,
        "calibrator": learnt.outgoing.bundle.manifest.calibrator.kind,
        "n_fit": len(split.fit),
        "n_embargo": len(split.embargo),
        "n_test": len(split.test),
        "n_folds": len(split.folds),
        "folds_walk_in_time": split.forward,
        "embargo_days": split.embargo_days,
        "fit_window": _window(learnt, split.fit),
        "test_window": _window(learnt, split.test),
    } | {f"inner_log_loss_{name}": loss for name, loss in boosted.losses.items()}


def _flat(baselines: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the baselines' metrics under `<baseline>.<metric>`, without their intervals."""
    return {
        f"{name}.{metric}": value
        for name, metrics in baselines.items()
        for metric, value in metrics.items()
        if not metric.endswith(("_low", "_high"))
    }


def _split_notes(learnt: Learnt) -> tuple[str, ...]:
    """Say how the rows were split and which model was chosen."""
    split, boosted = learnt.split, learnt.boosted
    how = "by entity" if not split.by_time else f"by time, embargo {split.embargo_days} days"
    if split.by_time and not split.forward:
        how += ", folds by entity (short history)"
    sizes = f"fit {len(split.fit)}, embargo {len(split.embargo)}, test {len(split.test)} rows"
    windows = [_window(learnt, rows) for rows in (split.fit, split.test)]
    dates = "" if windows[0] is None else f"; fit {windows[0]}, test {windows[1]}"
    kind = learnt.outgoing.bundle.manifest.calibrator.kind
    model = f"{boosted.n_trees} trees of {boosted.shape.n_leaves} leaves, calibrator {kind}"
    return (f"split {how}: {sizes}{dates}", f"chosen: {model}")
