"""Learns one model from examples: split, boost, calibrate, compare; pure computation.

Nothing is written here: a table that is refused leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from scoring.bundle import Bundle
from training.checks import numbered as c
from training.checks.capacity_value import value_at_capacity
from training.checks.disguise import no_disguise
from training.checks.held_out import held_out_table, read_held_out
from training.checks.leak_alarms import absence_power, power_lasts, single_power
from training.checks.serving_drift import no_serving_drift
from training.measures.metrics import measure
from training.measures.team import NO_POLICY, Team
from training.models.baselines import Baseline, fit_baselines
from training.models.boosted import Boosted
from training.models.fitting import Fitted, fit_bundle, fit_outgoing
from training.tables.splits import Split, long_enough, split_by_entity, split_by_time
from training.tables.table import Examples


@dataclass(frozen=True)
class Learnt:
    """Everything computed in one training, before anything is written.

    `judged` was fitted on the fit rows and gave the metrics; `outgoing` is the same once more on
    every row, and is what scores from now on.
    """

    outcome: str
    seed: int
    examples: Examples
    split: Split
    judged: Fitted
    outgoing: Fitted
    baselines: tuple[Baseline, ...]
    metrics: dict[str, float]
    baseline_metrics: dict[str, dict[str, float]]
    held_out: pa.Table
    newest: pa.Table | None = None
    team: Team = NO_POLICY

    @property
    def bundle(self) -> Bundle:
        """The bundle that gave the metrics."""
        return self.judged.bundle

    @property
    def boosted(self) -> Boosted:
        """The trees that gave the metrics, and how they were chosen."""
        return self.judged.boosted

    def checks(self) -> tuple[c.Check, ...]:
        """Return the checks that need only this run."""
        rows = read_held_out(self.held_out)
        theirs = {baseline.name: baseline.probability for baseline in self.baselines}
        rivals = {name: theirs[name] for name in ("one_line_rule", "logistic")}
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
            value_at_capacity(self.examples, self.split, rows.probability, rivals, self.team),
        )


def learn(
    examples: Examples,
    *,
    outcome: str,
    seed: int,
    fit: Callable[..., Fitted] = fit_bundle,
    fit_again: Callable[..., Fitted] = fit_outgoing,
    compare: Callable[..., tuple[Baseline, ...]] = fit_baselines,
) -> Learnt:
    """Split, fit, calibrate and measure; pure computation.

    Parameters
    ----------
    examples : Examples
    outcome : str
    seed : int
    fit, fit_again : callable
        How the model that is judged and the one that goes out are fitted.
    compare : callable
        How the baselines are.
    """
    split = split_examples(examples, seed=seed)
    matrix, y, entity = examples.matrix, examples.y, examples.entity
    judged = fit(examples, split, outcome=outcome, seed=seed)
    probability = judged.bundle.score_matrix(matrix[split.test]).probability
    baselines = compare(
        matrix, y, examples.columns, fit=split.fit, test=split.test, folds=split.folds
    )
    return Learnt(
        outcome=outcome,
        seed=seed,
        examples=examples,
        split=split,
        judged=judged,
        outgoing=fit_again(examples, split, judged, seed=seed),
        baselines=baselines,
        metrics=measure(y[split.test], probability, entity=entity[split.test]),
        baseline_metrics={
            b.name: measure(y[split.test], b.probability, entity=entity[split.test])
            for b in baselines
        },
        held_out=held_out_table(examples, split, probability),
    )


def split_examples(examples: Examples, *, seed: int) -> Split:
    """Split by time where there is time enough to test forward, else by entity."""
    days = examples.lead_days + examples.horizon_days
    if examples.time is None or not long_enough(examples.time, embargo_days=days):
        return split_by_entity(examples.entity, examples.y, seed=seed)
    return split_by_time(examples.time, examples.entity, examples.y, embargo_days=days)
