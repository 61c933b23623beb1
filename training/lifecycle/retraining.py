"""`train --auto`: whether there is a reason to train again; then train, check and propose.

Nothing is ever promoted here. Reasons are facts since the champion was trained: labels that have
matured, results worse than its own probabilities say, rows that have moved. Rows that the newest
version has learnt from already are no reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, Catalogue
from scoring.errors import BundleError, RowError
from scoring.manifest import Column
from training.checks.stability import group_effects, group_names
from training.lifecycle.against_champion import Champion, InForce, unfit
from training.lifecycle.auto_report import AutoReport, Reason
from training.lifecycle.learnt_already import waiting, without_known
from training.lifecycle.opening import Opened, open_table
from training.lifecycle.pipeline import train
from training.measures.drift import MOVED, Drift, Sample, column_drift
from training.measures.estimated import Estimate, estimate
from training.measures.metrics import row_log_loss
from training.reports.touched import Touched, touch_column, touched_apart
from training.tables.newest import ENTITY, newest_rows
from training.tables.roles import Roles
from training.tables.table import Examples
from training.tracking.run import HELD_OUT
from training.tracking.store import Tracking

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# New events that make a training worth its while: in number, or against those learnt from.
ENOUGH_EVENTS, ENOUGH_SHARE = 20, 0.1
# Events and others that must have matured before results are judged.
JUDGED_EVENTS = 10


@dataclass(frozen=True)
class _Since:
    """What has happened since the champion was trained."""

    reasons: tuple[Reason, ...]
    estimates: dict[str, Estimate]
    drift: tuple[Drift, ...] = ()
    touched: tuple[Touched, ...] = ()


def train_when_needed(
    table: Path | str | pa.Table,
    roles: Roles,
    *,
    tracking: Tracking,
    catalogue: Catalogue = CATALOGUE,
    seed: int = 0,
    policy: Path | None = None,
    dask_url: str | None = None,
) -> AutoReport:
    """Train when there is a reason to; report, and never promote.

    Parameters are those of `training.train`.

    Raises
    ------
    TrainingError
        When the table cannot be learnt from, whether or not there is a reason to train.
    """
    opened = open_table(table, roles, catalogue, seed=seed)
    in_force = InForce(tracking, catalogue, policy)
    since = _since_champion(opened, in_force, roles)
    reasons = without_known(since.reasons, opened.examples, tracking, roles.outcome)
    report = None
    if any(reason.rings for reason in reasons):
        report = train(
            table,
            roles,
            tracking=tracking,
            catalogue=catalogue,
            seed=seed,
            policy=policy,
            dask_url=dask_url,
        )
    return AutoReport(
        outcome=roles.outcome,
        reasons=reasons,
        estimates=since.estimates,
        drift=since.drift,
        touched=since.touched,
        report=report,
        waiting=waiting(tracking, roles.outcome) if report is None else None,
    )


def _since_champion(opened: Opened, in_force: InForce, roles: Roles) -> _Since:
    """Look at everything that may be a reason to train.

    Labels are counted in all rows; of a large table, results and drift are those of its sample.
    """
    raw_table, examples = opened.raw_table, opened.examples
    try:
        champion = in_force.champion(roles.outcome)
    except BundleError as error:
        return _only(f"the champion cannot be used any more: {error}")
    if champion is None:
        return _only("there is no champion yet")
    why = unfit(champion, raw_table.column_names, examples.columns)
    if why is not None:
        return _only(f"{champion.name} {why}")
    new = opened.known.y[_matured(opened.known.time, champion)]
    found = [_new_labels(examples, champion, new)]
    matured = _matured(examples.time, champion)
    touched: tuple[Touched, ...] = ()
    try:
        judged, touched = _results(examples, champion, matured)
        found += judged
    except RowError as error:
        found.append(Reason("results", False, f"{champion.name} cannot score them: {error}"))
    estimates: dict[str, Estimate] = {}
    drift: tuple[Drift, ...] = ()
    try:
        estimates, drift = _ahead(raw_table, examples, champion, in_force)
    except RowError as error:
        why = f"{champion.name} cannot score the rows whose outcome is not known yet: {error}"
        found.append(Reason("drift", False, why))
    found += _moved(drift, learnable=new.sum() > 0)
    return _Since(tuple(found), estimates, drift, touched)


def _only(why: str) -> _Since:
    """Return a single reason that asks for a training."""
    return _Since((Reason("champion", True, why),), {})


def _matured(time: npt.NDArray[np.datetime64] | None, champion: Champion) -> Rows:
    """Return the labelled rows that are newer than all the champion learnt from.

    Without time the new rows cannot be told from the others: none, see `_new_labels`.
    """
    window = champion.bundle.manifest.training.get("window")
    if time is None or window is None:
        return np.empty(0, dtype=np.intp)
    last = np.datetime64(window[1], "D").astype("datetime64[us]") + np.timedelta64(1, "D")
    return np.flatnonzero(time >= last)


def _new_labels(examples: Examples, champion: Champion, new: Floats) -> Reason:
    """Say how many labels have matured since; `new` are those of the newer rows."""
    facts = champion.bundle.manifest.training
    if facts.get("digest") == examples.digest:
        why = f"the labelled rows are those {champion.name} learnt from"
        return Reason("new labels", False, why)
    rows, events = len(new), int(new.sum())
    if examples.time is None:
        rows = examples.n_known - int(facts["n"])
        events = examples.n_events - int(facts["events"])
    wanted = min(ENOUGH_EVENTS, max(1, round(ENOUGH_SHARE * int(facts["events"]))))
    enough = events >= wanted
    why = f"{events} new events in {rows} rows since {champion.name} was trained, {wanted} wanted"
    return Reason("new labels", enough, why)


def _results(
    examples: Examples, champion: Champion, matured: Rows
) -> tuple[list[Reason], tuple[Touched, ...]]:
    """Compare what came of the matured rows with what the champion's probabilities said."""
    if not len(matured):
        return [], ()
    probability = champion.bundle.score(examples.table.take(matured)).probability
    touched = touched_apart(examples, matured, probability)
    rows, kind = _untouched(examples, matured) if touched else (matured >= 0, "matured")
    y, entity = examples.y[matured][rows], examples.entity[matured][rows]
    p = probability[rows]
    if min(y.sum(), len(y) - y.sum()) < JUDGED_EVENTS:
        why = f"{int(y.sum())} events in {len(y)} {kind} rows: too few to judge {champion.name}"
        return [Reason("results", False, why)], touched
    said, came = estimate(p, entity=entity)["log_loss"], float(row_log_loss(y, p).mean())
    worse = came > said.high
    why = f"log-loss of {len(y)} {kind} rows {came:.4f}, {said.expected:.4f} expected "
    why += f"({said.low:.4f} to {said.high:.4f})"
    return [Reason("results", worse, why + ("; worse than it said" if worse else ""))], touched


def _untouched(examples: Examples, rows: Rows) -> tuple[npt.NDArray[np.bool_], str]:
    """Return which rows nobody had touched: only there has nobody acted on what was predicted."""
    position, _ = touch_column(examples) or (0, "")
    return examples.matrix[rows, position] == 0, "matured, untouched"


def _ahead(
    raw_table: pa.Table, examples: Examples, champion: Champion, in_force: InForce
) -> tuple[dict[str, Estimate], tuple[Drift, ...]]:
    """Return what to expect of the rows whose outcome is not known yet, and how they have moved."""
    newest = newest_rows(raw_table, examples, champion.bundle.manifest)
    if newest is None:
        return {}, ()
    held_out = pq.read_table(in_force.tracking.artifact(champion.run_id, HELD_OUT))
    entity = np.asarray(newest.column(ENTITY).to_pylist(), dtype=np.str_)
    estimates = estimate(champion.bundle.score(newest).probability, entity=entity)
    then, now = (_effects(champion, rows, in_force.catalogue) for rows in (held_out, newest))
    columns = [Column(name, "number") for name in then]
    samples = [
        Sample(np.column_stack(list(effects.values())), owners)
        for effects, owners in ((then, _entities(held_out)), (now, entity))
    ]
    return estimates, tuple(column_drift(samples[0], samples[1], columns))


def _entities(rows: pa.Table) -> npt.NDArray[np.str_]:
    """Return the entity of each row."""
    return np.asarray(rows.column(ENTITY).to_pylist(), dtype=np.str_)


def _effects(champion: Champion, rows: pa.Table, catalogue: Catalogue) -> dict[str, Floats]:
    """Return the effect of each group of columns on each row's probability."""
    ours = None if champion.bundle.manifest.catalogue is None else catalogue
    explained = champion.bundle.explain(rows)
    return group_effects(explained.pp, group_names(explained.columns, ours))


def _moved(drift: Sequence[Drift], *, learnable: bool) -> list[Reason]:
    """Say which groups of columns have moved in what they do to the probability."""
    if not drift:
        return []
    moved = [each for each in drift if each.low > MOVED]
    worst = max(drift, key=lambda each: (each.low, each.psi))
    shown = f"'{worst.name}' moved most: PSI {worst.psi:.2f} ({worst.low:.2f} to {worst.high:.2f})"
    if not moved:
        return [Reason("drift", False, f"{shown}, alarm above {MOVED}")]
    why = f"{len(moved)} groups have moved; {shown}"
    if not learnable:
        why += "; no event has matured since, so there is nothing to learn of it yet"
    return [Reason("drift", learnable, why, alarm=True)]
