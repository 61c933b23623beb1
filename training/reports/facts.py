"""The facts of one training, for the manifest, for MLflow and for the people at the terminal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from scoring.calibration import Kind
from training.checks.numbered import Check
from training.measures.metrics import row_log_loss
from training.models.boosted import Part
from training.models.learning import Learnt
from training.tracking.run import Entry


def training_facts(learnt: Learnt, *, trained_at: str) -> dict[str, Any]:
    """Return the facts of the training: what it learnt from, and what it was judged on."""
    examples, split = learnt.examples, learnt.split
    return {
        "trained_at": trained_at,
        "window": window(learnt, np.arange(len(examples.y))),
        "judged_window": window(learnt, split.fit),
        "test_window": window(learnt, split.test),
        "n": examples.n_known,
        "events": examples.n_events,
        "base_rate": examples.n_events / examples.n_known,
        "digest": examples.digest,
        "seed": learnt.seed,
        "metrics": {name: value for name, value in learnt.metrics.items() if np.isfinite(value)},
    } | _sampled(learnt)


def _sampled(learnt: Learnt) -> dict[str, Any]:
    """Return how many rows of a large table are the sample that the other facts are of."""
    apart = learnt.judged.apart
    if apart is None:
        return {}
    return {"n_sampled": len(learnt.examples.y), "n_judged_trees": apart.n}


def run_params(learnt: Learnt, source: str) -> dict[str, object]:
    """Return what was chosen and what it was chosen from."""
    boosted, split = learnt.boosted, learnt.split
    return {
        "source": source,
        "label": learnt.examples.label_name,
        "seed": learnt.seed,
        "shapes": boosted.words,
        "n_shapes": len(boosted.parts),
        "n_trees": boosted.n_trees,
        "inner_log_loss": _inner_log_loss(learnt),
        "calibrator": learnt.outgoing.bundle.manifest.calibrator.kind,
        "n_fit": len(split.fit),
        "n_embargo": len(split.embargo),
        "n_test": len(split.test),
        "n_folds": len(split.folds),
        "folds_walk_in_time": split.forward,
        "embargo_days": split.embargo_days,
        **_label_window(learnt),
        "fit_window": window(learnt, split.fit),
        "test_window": window(learnt, split.test),
        **_sampled(learnt),
    } | {f"inner_log_loss_{name}": loss for name, loss in boosted.losses.items()}


def _label_window(learnt: Learnt) -> dict[str, object]:
    """Return the label window and who tells it; nothing without time."""
    window = learnt.examples.window or {}
    return {"label_window_from" if key == "from" else key: value for key, value in window.items()}


def flat(baselines: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the baselines' metrics under `<baseline>.<metric>`, without their intervals."""
    return {
        f"{name}.{metric}": value
        for name, metrics in baselines.items()
        for metric, value in metrics.items()
        if not metric.endswith(("_low", "_high"))
    }


def split_notes(learnt: Learnt) -> tuple[str, ...]:
    """Say what the labels look at, how the rows were split and which model was chosen."""
    split, boosted = learnt.split, learnt.boosted
    how = "by entity" if not split.by_time else f"by time, embargo {split.embargo_days} days"
    if learnt.examples.time is not None and not split.by_time:
        how += " (history too short to test forward)"
    if split.by_time and not split.forward:
        how += ", folds by entity (short history)"
    sizes = f"fit {len(split.fit)}, embargo {len(split.embargo)}, test {len(split.test)} rows"
    windows = [window(learnt, rows) for rows in (split.fit, split.test)]
    dates = "" if windows[0] is None else f"; fit {windows[0]}, test {windows[1]}"
    judged, outgoing = calibrators(learnt)
    model = f"{boosted.words}, calibrator {judged}"
    if outgoing != judged:
        model += f"; the model that goes out: {outgoing}"
    said = (learnt.examples.window_words, f"split {how}: {sizes}{dates}", f"chosen: {model}")
    return tuple(note for note in said if note)


def calibrators(learnt: Learnt) -> tuple[Kind, Kind]:
    """Return the kind of calibrator that gave the metrics, and that of the model that goes out."""
    judged, outgoing = (
        each.bundle.manifest.calibrator for each in (learnt.judged, learnt.outgoing)
    )
    return judged.kind, outgoing.kind


def window(learnt: Learnt, rows: npt.NDArray[np.intp]) -> list[str] | None:
    """Return first and last day of some rows; None without time."""
    if learnt.examples.time is None:
        return None
    times = learnt.examples.time[rows]
    return [str(edge.astype("datetime64[D]")) for edge in (times.min(), times.max())]


def entries(learnt: Learnt) -> tuple[Entry, ...]:
    """Return what was tried: every shape of the menu, its out-of-fold log-loss and its weight."""
    parts = {part.shape.name: part for part in learnt.boosted.parts}
    return tuple(
        Entry(
            name=name,
            params=(("shape", name), ("seed", learnt.seed), *_of_part(parts.get(name))),
            metrics=(
                ("inner_log_loss", loss),
                ("weight", parts[name].weight if name in parts else 0.0),
            ),
            chosen=name in parts,
        )
        for name, loss in learnt.boosted.losses.items()
    )


def _of_part(part: Part | None) -> tuple[tuple[str, object], ...]:
    """Return what is to be known of a shape that has a part in the model."""
    if part is None:
        return ()
    shape = part.shape
    return (
        ("n_trees", part.n_trees),
        ("n_leaves", shape.n_leaves),
        ("depth", shape.depth),
        ("rows_as_one", shape.rows_as_one),
        ("starts_straight", shape.straight),
    )


def _inner_log_loss(learnt: Learnt) -> float:
    """Return the out-of-fold log-loss of the model, all its shapes together."""
    boosted = learnt.boosted
    y = learnt.examples.y[boosted.checked]
    return float(row_log_loss(y, expit(boosted.margin)).mean())


def datasets(learnt: Learnt, source: str) -> dict[str, dict[str, Any]]:
    """Return the rows learnt from and the rows held out as MLflow's data sets, by context.

    A digest is of the whole table and of which of its rows: other rows are another data set.
    Of a large table what was learnt from is told in figures: its rows are nowhere held together.
    """
    examples = learnt.examples
    found: dict[str, dict[str, Any]] = {
        context: {
            "features": examples.matrix[rows],
            "targets": examples.y[rows],
            "source": source,
            "name": f"{learnt.outcome} {context}",
            "digest": _digest(examples.digest, rows),
        }
        for context, rows in (("training", learnt.split.fit), ("testing", learnt.split.test))
    }
    if learnt.judged.apart is not None:
        del found["training"]["features"], found["training"]["targets"]
        found["training"]["profile"] = {
            "num_rows": examples.n_known,
            "num_events": examples.n_events,
            "num_entities": examples.n_entities,
            **_sampled(learnt),
        }
    return found


def _digest(table: str, rows: npt.NDArray[np.intp]) -> str:
    """Return what names some rows of a table; MLflow keeps 36 characters."""
    return hashlib.sha256(table.encode() + rows.astype("<i8").tobytes()).hexdigest()[:32]


def summary(learnt: Learnt, verdicts: Sequence[Check]) -> str:
    """Return the one paragraph that MLflow shows first."""
    figures, failed = learnt.metrics, [c.code for c in verdicts if c.result == "fail"]
    held_out = ", ".join(
        f"{name.replace('_', ' ')} {figures[name]:.4f} "
        f"({figures[f'{name}_low']:.4f} to {figures[f'{name}_high']:.4f})"
        for name in ("log_loss", "roc_auc")
    )
    baseline = learnt.baseline_metrics["base_rate"]["log_loss"]
    verdict = f"fails {', '.join(failed)}" if failed else "no check fails"
    return (
        f"Held out: {held_out}; base rate's log loss {baseline:.4f}. Promotion: {verdict}. "
        "Read card/model_card.en.md or card/model_card.ja.md."
    )
