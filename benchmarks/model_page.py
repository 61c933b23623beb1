"""The page of the model benchmark: tables from what every fold gave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.measures.metrics import measure, paired_log_loss

Floats = npt.NDArray[np.float64]
OURS = "Tierwise"
RIVAL = "spline logistic"
KEPT_BACK = "(kept back)"
CONTROLS = ("ravenstack", "null churn", "null expansion")


def page(folds: Path) -> str:
    """Return the page in Markdown."""
    parts, ranks = list[str](), {}
    for folder in sorted(path for path in folds.iterdir() if path.is_dir()):
        # A run that was stopped has folds without answers.
        there = [path for path in sorted(folder.iterdir()) if (path / "ours.json").exists()]
        answers = [_fold(path) for path in there]
        answers = [answer for answer in answers if answer]
        if not answers:
            parts.append(f"\n## {folder.name}\n\nNo model: {_refusal(folder)}")
            continue
        names = [n for n in answers[0]["models"] if all(n in a["models"] for a in answers)]
        losses = {name: _measured(answers, name) for name in names}
        parts += _section(folder.name, answers, losses)
        if folder.name not in CONTROLS:
            ranks[folder.name] = losses
    kept_back = {name: losses for name, losses in ranks.items() if name.endswith(KEPT_BACK)}
    parts += _mean_ranks(ranks, "sets")
    if kept_back:
        parts += [*_mean_ranks(kept_back, "sets that were kept back"), _WHAT_KEPT_BACK]
    title = "# Models compared on further tables" if kept_back else "# Models compared"
    return "\n".join([title, _HEAD, *parts]) + "\n"


def _fold(folder: Path) -> dict[str, Any] | None:
    """Return labels, entities and every model's answer of one fold."""
    ours = json.loads((folder / "ours.json").read_text())
    if "refused" in ours:
        return None
    kept = folder / "peers.json"
    peers = json.loads(kept.read_text()) if kept.exists() else {}
    models = {OURS: ours, **{name: found for name, found in peers.items() if "fit" in found}}
    return {"y": np.asarray(ours["y"]), "entity": np.asarray(ours["entity"]), "models": models}


def _refusal(folder: Path) -> str:
    ours = [json.loads((path / "ours.json").read_text()) for path in sorted(folder.iterdir())]
    return "; ".join(sorted({answer.get("refused", "") for answer in ours}))


def _pooled(answers: Sequence[dict[str, Any]], name: str) -> Floats:
    return np.concatenate([np.asarray(a["models"][name]["probability"]) for a in answers])


def _measured(answers: Sequence[dict[str, Any]], name: str) -> dict[str, float]:
    """Return the means over folds of the metrics and of the times."""
    each = [
        measure(a["y"], _clipped(a["models"][name]["probability"]), entity=a["entity"])
        for a in answers
    ]
    found = {m: float(np.mean([fold[m] for fold in each])) for m in _METRICS}
    for kind in ("fit", "score", "explain"):
        times = [a["models"][name][kind] for a in answers]
        found[kind] = float("nan") if None in times else float(np.mean(times))
    return found


def _clipped(probability: Sequence[float]) -> Floats:
    return np.clip(np.asarray(probability, dtype=np.float64), 1e-6, 1 - 1e-6)


def _section(
    name: str, answers: Sequence[dict[str, Any]], found: dict[str, dict[str, float]]
) -> list[str]:
    y = np.concatenate([answer["y"] for answer in answers])
    lines = [
        f"\n## {name}\n\n{len(y):,} tested rows in {len(answers)} folds, {y.mean():.1%} events.\n"
    ]
    lines += [_COLUMNS, "|---|---|---|---|---|---|---|---|"]
    for model, m in sorted(found.items(), key=lambda item: item[1]["log_loss"]):
        shown = f"**{model}**" if model == OURS else model
        times = " | ".join(
            "–" if np.isnan(m[k]) else f"{m[k]:.3g}" for k in ("fit", "score", "explain")
        )
        lines.append(
            f"| {shown} | {m['log_loss']:.4f} | {m['roc_auc']:.3f} | {m['brier']:.4f} "
            f"| {m['ece']:.3f} | {times} |"
        )
    return [*lines, *_against(answers, found), *_checks(answers)]


def _against(answers: Sequence[dict[str, Any]], found: dict[str, dict[str, float]]) -> list[str]:
    """Say how far ours is from the rivals that the targets name, with an interval."""
    lines = []
    y = np.concatenate([answer["y"] for answer in answers])
    entity = np.concatenate([answer["entity"] for answer in answers])
    for rival in (RIVAL, "AutoGluon medium"):
        if rival in found:
            ours, theirs = (np.clip(_pooled(answers, n), 1e-6, 1 - 1e-6) for n in (OURS, rival))
            worse, low, high = paired_log_loss(y, ours, theirs, entity=entity)
            lines.append(
                f"\n{OURS} − {rival}: {worse:+.4f} (95 % interval {low:+.4f} to {high:+.4f})."
            )
    return lines


def _checks(answers: Sequence[dict[str, Any]]) -> list[str]:
    ours = [answer["models"][OURS] for answer in answers]
    promotable = sum(bool(answer["promotable"]) for answer in ours)
    failed = sorted({why.split()[0] for answer in ours for why in answer["failed"]})
    told = f" (failed: {', '.join(failed)})" if failed else ""
    return [f"\nPromotable in {promotable} of {len(ours)} folds{told}."]


def _mean_ranks(found: dict[str, dict[str, dict[str, float]]], what: str) -> list[str]:
    """Return the mean rank by log-loss over some sets."""
    if not found:
        return []
    names = sorted(set.intersection(*(set(models) for models in found.values())))
    ranks = {name: [] for name in names}  # type: dict[str, list[int]]
    for models in found.values():
        order = sorted(names, key=lambda name: models[name]["log_loss"])
        for name in names:
            ranks[name].append(order.index(name) + 1)
    lines = [
        f"\n## Mean rank by log-loss over {len(found)} {what}\n",
        "| model | mean rank | ranks |",
        "|---|---|---|",
    ]
    for name in sorted(names, key=lambda name: np.mean(ranks[name])):
        lines.append(f"| {name} | {np.mean(ranks[name]):.2f} | {' '.join(map(str, ranks[name]))} |")
    return lines


_COLUMNS = (
    "| model | log-loss | ROC-AUC | Brier | ECE | fit, CPU s | 1,000 rows, s "
    "| with exact reasons, s |"
)
_METRICS = ("log_loss", "roc_auc", "brier", "ece")
_HEAD = """
Written by `python -m benchmarks.models`; run by hand. `tierwise train` untouched against other
people's models on the same folds; metrics are means over folds. What a fold gave is kept, so that a
page may be of several sittings. Rows without time are in three folds; snapshots walk forward in
three blocks, and nothing is learnt from whose label was not certain on the first day tested. Times
are CPU seconds of one core of a shared machine: trust their ratios. Exact reasons are TreeSHAP for
every tree model that offers it."""
_WHAT_KEPT_BACK = "\nNothing was chosen with an eye on a set that was kept back."
