"""Fits one bundle on the fit rows of a split: boost, calibrate out-of-fold margins, put together.

The one way a model is made: `train` uses it once, `backtest` at every origin. What goes out is the
same model fitted once more on every row, once it has been judged on rows it had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scoring.bundle import Bundle, make_bundle
from scoring.calibration import Kind
from scoring.manifest import Manifest
from training.models.boosted import Boosted, Part
from training.models.boosting import boost, fit_trees
from training.models.calibrating import choose_calibrator
from training.tables.splits import Split, overlap
from training.tables.table import Examples


@dataclass(frozen=True)
class Apart:
    """The rows of a large table that the judged trees learnt from; none is among the examples.

    Attributes
    ----------
    n : int
    days : tuple of str, or None
        First and last day; None without time.
    repeatable : bool
        Whether the same rows and seed give the same bytes again.
    """

    n: int
    days: tuple[str, str] | None
    repeatable: bool


@dataclass(frozen=True)
class Fitted:
    """A bundle in memory and how its trees and its calibrator were chosen.

    `apart` is what the trees learnt from where that is not the fit rows of the examples.
    """

    bundle: Bundle
    boosted: Boosted
    calibration_losses: dict[Kind, float]
    apart: Apart | None = None


def fit_bundle(examples: Examples, split: Split, *, outcome: str, seed: int) -> Fitted:
    """Fit trees on `split.fit` and the calibrator on the margins of its folds; the test rows rest.

    Parameters
    ----------
    examples : Examples
    split : Split
    outcome : str
        What the probability is of; kept in the manifest.
    seed : int
    """
    boosted = boost(
        examples.matrix,
        examples.y,
        examples.columns,
        fit=split.fit,
        folds=split.folds,
        overlap=overlap(examples.entity, examples.time, horizon_days=examples.horizon_days),
        seed=seed,
        blend=True,
    )
    return calibrated(examples, boosted, outcome=outcome)


def calibrated(examples: Examples, boosted: Boosted, *, outcome: str) -> Fitted:
    """Calibrate trees on their margins of rows they have not seen, and put the bundle together."""
    calibrator, losses = choose_calibrator(
        boosted.margin,
        examples.y[boosted.checked],
        entity=examples.entity[boosted.checked],
    )
    manifest = Manifest(
        outcome=outcome,
        label=examples.label_name,
        entity=examples.entity_name,
        time=examples.time_name,
        columns=examples.columns,
        calibrator=calibrator,
        catalogue=examples.catalogue,
    )
    bundle = make_bundle(manifest, [boosted.text])
    return Fitted(bundle=bundle, boosted=boosted, calibration_losses=losses)


def fit_outgoing(examples: Examples, split: Split, judged: Fitted, *, seed: int) -> Fitted:
    """Fit what was judged once more, on every row: the newest rows tell most of tomorrow.

    Shapes, weights and trees per row are those that were judged. The calibrator is chosen anew,
    from all margins of rows a model had not seen: those of the folds and the held-out ones. It may
    be of another kind than the judged one.
    """
    text, parts = fit_trees(
        examples.matrix,
        examples.y,
        examples.columns,
        chosen=judged.boosted,
        n_fit=len(split.fit),
        rows=np.arange(len(examples.y)),
        seed=seed,
    )
    return calibrated_again(examples, split, judged, text, parts)


def calibrated_again(
    examples: Examples, split: Split, judged: Fitted, text: str, parts: tuple[Part, ...]
) -> Fitted:
    """Calibrate the trees that go out, and put their bundle together."""
    chosen, y = judged.boosted, examples.y
    held_out = judged.bundle.score_matrix(examples.matrix[split.test]).margin
    rows = np.concatenate([chosen.checked, split.test])
    calibrator, losses = choose_calibrator(
        np.concatenate([chosen.margin, held_out]), y[rows], entity=examples.entity[rows]
    )
    manifest = replace(judged.bundle.manifest, calibrator=calibrator)
    return Fitted(
        bundle=make_bundle(manifest, [text]),
        boosted=replace(chosen, text=text, parts=parts),
        calibration_losses=losses,
    )
