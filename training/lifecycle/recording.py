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

from features.catalogue import CATALOGUE, Catalogue
from scoring.bundle import load_bundle, write_bundle
from training.checks import numbered as c
from training.checks.held_out import read_held_out
from training.lifecycle.example import example_rows
from training.measures.reliability import Reliability, measure_reliability
from training.measures.reliability_words import reliability_words
from training.models.fitting import Fitted
from training.models.learning import Learnt
from training.reports.calibration import calibration_metrics
from training.reports.card_sections import Card
from training.reports.facts import (
    datasets,
    entries,
    flat,
    run_params,
    split_notes,
    summary,
    training_facts,
)
from training.reports.groups_apart import reliability_of_groups
from training.reports.model_card import write_card
from training.reports.plots import draw_plots, explain_some
from training.reports.report import TrainReport
from training.reports.touched import touched_apart
from training.tables.newest import last_date
from training.tracking.run import BUNDLE, CARD, CHECKS, HELD_OUT, JUDGED, NEWEST, PLOTS, Run
from training.tracking.store import Tracking

REQUIRED = ("lightgbm", "numpy", "pyarrow", "pandas")


def record(
    learnt: Learnt,
    verdicts: Sequence[c.Check],
    tracking: Tracking,
    *,
    source: str,
    catalogue: Catalogue = CATALOGUE,
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
    catalogue : Catalogue
        Names the features of a panel on the model card.
    """
    reliability = _reliability(learnt)
    trained_at = tracking.clock().isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory(prefix="tierwise-") as scratch:
        folder, bundle = Path(scratch) / "artifacts", Path(scratch) / BUNDLE
        facts = training_facts(learnt, trained_at=trained_at)
        _write(bundle, learnt.outgoing, facts)
        _write(folder / JUDGED, learnt.judged, facts)
        verdicts = c.in_order((*verdicts, _reproduces(learnt, bundle, folder / JUDGED)))
        _fill(folder, learnt, verdicts)
        explained = explain_some(learnt)
        draw_plots(learnt, explained, folder / PLOTS)
        card = Card(
            learnt=learnt,
            checks=verdicts,
            strength=explained.strength,
            reliability=reliability,
            groups=reliability_of_groups(learnt),
            source=source,
            trained_at=trained_at,
            libraries=requirements(),
            plots=folder / PLOTS,
            catalogue=None if learnt.examples.catalogue is None else catalogue,
        )
        write_card(card, folder / CARD)
        made = tracking.record(_run(learnt, verdicts, folder, bundle, source, reliability))
    return TrainReport(
        run_id=made.run_id,
        outcome=learnt.outcome,
        version=made.version,
        metrics=learnt.metrics,
        baselines=learnt.baseline_metrics,
        rules={baseline.name: baseline.words for baseline in learnt.baselines},
        checks=verdicts,
        notes=(*learnt.examples.notes, *split_notes(learnt), *_touched_notes(learnt)),
        calibration=tuple(reliability_words(reliability)),
    )


def _reliability(learnt: Learnt) -> Reliability:
    """Measure how far the held-out probabilities can be believed."""
    rows = read_held_out(learnt.held_out)
    return measure_reliability(rows.y, rows.probability, entity=rows.entity)


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


def _fill(folder: Path, learnt: Learnt, verdicts: Sequence[c.Check]) -> None:
    """Write the artifacts beside the model."""
    (folder / HELD_OUT).parent.mkdir(parents=True)
    pq.write_table(learnt.held_out, folder / HELD_OUT)
    if learnt.newest is not None:
        (folder / NEWEST).parent.mkdir()
        pq.write_table(last_date(learnt.newest), folder / NEWEST)
    raw = [check.to_json() for check in verdicts]
    (folder / CHECKS).write_text(json.dumps(raw, indent=1), encoding="utf-8")


def _run(
    learnt: Learnt,
    verdicts: Sequence[c.Check],
    folder: Path,
    bundle: Path,
    source: str,
    reliability: Reliability,
) -> Run:
    """Put together what MLflow is to keep."""
    examples = learnt.examples
    promotable = c.promotable(verdicts)
    tags = {
        "outcome": learnt.outcome,
        "data_digest": examples.digest,
        "catalogue": examples.catalogue or "foreign",
        "promotable": str(promotable).lower(),
    }
    return Run(
        outcome=learnt.outcome,
        name=f"{learnt.outcome}-{examples.digest[:8]}-{learnt.seed}",
        params=run_params(learnt, source),
        metrics=learnt.metrics | flat(learnt.baseline_metrics) | calibration_metrics(reliability),
        tags=tags | {check.code: check.result for check in verdicts},
        version_tags=tags,
        summary=summary(learnt, verdicts),
        promotable=promotable,
        folder=folder,
        bundle=bundle,
        columns=examples.columns,
        example=example_rows(learnt),
        datasets=datasets(learnt, source),
        entries=entries(learnt),
        requirements=requirements(),
    )


def _touched_notes(learnt: Learnt) -> tuple[str, ...]:
    """Say how touched and untouched accounts fare, when the table tells them apart."""
    probability = read_held_out(learnt.held_out).probability
    return tuple(str(t) for t in touched_apart(learnt.examples, learnt.split.test, probability))


def requirements() -> tuple[str, ...]:
    """Return what the model needs to be loaded elsewhere, in the versions it was made with."""
    return tuple(f"{name}=={installed(name)}" for name in REQUIRED)
