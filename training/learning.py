"""Learns one model from examples: split, boost, calibrate, compare; pure computation.

Nothing is written here: a table that is refused leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from scoring.bundle import Bundle
from scoring.calibration import Kind
from training import checks as c
from training.baselines import Baseline, fit_baselines
from training.boosting import Boosted
from training.disguise import no_disguise
from training.fitting import fit_bundle
from training.held_out import held_out_table, read_held_out
from training.leak_alarms import absence_power, power_lasts, single_power
from training.metrics import measure
from training.serving_drift import no_serving_drift
from training.splits import Split, split_by_entity, split_by_time
from training.table import Examples


@dataclass(frozen=True)
class Learnt:
    """Everything computed in one training, before anything is written."""

    outcome: str
    seed: int
    examples: Examples
    split: Split
    boosted: Boosted
    calibration_losses: dict[Kind, float]
    bundle: Bundle
    baselines: tuple[Baseline, ...]
    metrics: dict[str, float]
    baseline_metrics: dict[str, dict[str, float]]
    held_out: pa.Table
    newest: pa.Table | None = None

    def checks(self) -> tuple[c.Check, ...]:
        """Return the checks that need only this run."""
        rows = read_held_out(self.held_out)
        theirs = {baseline.name: baseline.probability for baseline in self.baselines}
        return (
            c.enough_events(rows),
            c.better_than_base_rate(rows, theirs["base_rate"]),
            c.calibrated(rows),
            c.no_overlap(self.examples, self.split),
            single_power(self.examples, self.split),
            c.not_worse_than("TW06", rows, theirs["logistic"], name="the logistic regression"),
            absence_power(self.examples, self.split),
            power_lasts(self.examples, self.split),
            no_disguise(self.examples, self.split),
            no_serving_drift(self.examples, self.split, self.bundle, self.newest),
        )


def learn(examples: Examples, *, outcome: str, seed: int) -> Learnt:
    """Split, fit, calibrate and measure; pure computation."""
    split = _split(examples, seed=seed)
    matrix, y, entity = examples.matrix, examples.y, examples.entity
    fitted = fit_bundle(examples, split, outcome=outcome, seed=seed)
    bundle = fitted.bundle
    probability = bundle.score_matrix(matrix[split.test]).probability
    baselines = fit_baselines(
        matrix, y, examples.columns, fit=split.fit, test=split.test, folds=split.folds
    )
    return Learnt(
        outcome=outcome,
        seed=seed,
        examples=examples,
        split=split,
        boosted=fitted.boosted,
        calibration_losses=fitted.calibration_losses,
        bundle=bundle,
        baselines=baselines,
        metrics=measure(y[split.test], probability, entity=entity[split.test]),
        baseline_metrics={
            b.name: measure(y[split.test], b.probability, entity=entity[split.test])
            for b in baselines
        },
        held_out=held_out_table(examples, split, probability),
    )


def _split(examples: Examples, *, seed: int) -> Split:
    """Split by time where there is time, else by entity."""
    if examples.time is None:
        return split_by_entity(examples.entity, examples.y, seed=seed)
    days = examples.lead_days + examples.horizon_days
    return split_by_time(examples.time, examples.entity, examples.y, embargo_days=days)
