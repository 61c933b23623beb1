"""How far probabilities can be believed: curve, calibration line, Brier decomposition, ECE.

Arrays in, frozen facts out; every interval is 95 % and resamples entities, not rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression
from scipy.special import logit
from scipy.stats import beta

from training.measures.calibration_line import calibration_lines
from training.measures.json_facts import as_json
from training.measures.metrics import draw_weights, expected_calibration_error, interval

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]

UNKNOWN = "unknown"  # how a level without a name is shown
N_DRAWS = 200
N_POINTS = 10
# With fewer rows of the rarer class a slope says nothing.
MIN_EVENTS = 10


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; NaN where it cannot be told."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return `0.98 (0.85 to 1.10)`."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class CurvePoint:
    """A tenth of the rows: mean prediction, observed share with its interval, rows."""

    predicted: float
    observed: Estimate
    n: int


@dataclass(frozen=True)
class Reliability:
    """How far the probabilities of n rows can be believed.

    Attributes
    ----------
    n, n_events : int
    curve : tuple of CurvePoint
        Bins of equally many rows, by rising prediction.
    slope : Estimate
        Of the logistic regression of the label on the predicted log-odds (Cox, 1958); 1 is right,
        below 1 overconfident.
    intercept : Estimate
        Of the same regression with its slope held at 1: 0 is right, above 0 too few were foreseen.
    observed_to_expected : Estimate
        Events over the sum of probabilities.
    brier : float
        `reliability - resolution + uncertainty`, exactly.
    reliability, resolution, uncertainty : float
        What recalibration by isotonic regression would save, what it then gains on the base rate,
        and the Brier score of the base rate (Dimitriadis, Gneiting and Jordan, 2021, PNAS 118 (8),
        there called miscalibration, discrimination, uncertainty). None is negative.
    ece : Estimate
        Expected calibration error over ten bins of equally many rows.
    ece_floor : float
        What luck alone would make of exact probabilities, rows of an entity sharing theirs.
    """

    n: int
    n_events: int
    curve: tuple[CurvePoint, ...]
    slope: Estimate
    intercept: Estimate
    observed_to_expected: Estimate
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    ece: Estimate
    ece_floor: float

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; what cannot be told is null."""
        plain: dict[str, Any] = as_json(self)
        return plain


def measure_reliability(
    y: Floats, probability: Floats, *, entity: Names, seed: int = 0, n_draws: int = N_DRAWS
) -> Reliability:
    """Measure how far probabilities (n,) agree with labels (n,).

    Parameters
    ----------
    y, probability : ndarray (n,)
        At least one row.
    entity : ndarray (n,)
        Rows of the same entity are drawn together (block bootstrap).
    seed : int
    n_draws : int
    """
    bins = np.array_split(np.argsort(probability, kind="stable"), min(N_POINTS, len(y)))
    # Block by block: all draws at once would not fit for a large table.
    drawn = draw_weights(entity, seed=seed, n_draws=n_draws)
    blocks = chain([np.ones((1, len(y)))], drawn)
    parts = [_draw(y, probability, block, bins) for block in blocks]
    draws = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    recalibrated = _recalibrated(y, probability)
    brier, rate = _square(y, probability), float(y.mean())
    return Reliability(
        n=len(y),
        n_events=int(y.sum()),
        curve=_curve(y, probability, bins, draws["observed"]),
        slope=_estimate(draws["slope"]),
        intercept=_estimate(draws["intercept"]),
        observed_to_expected=_estimate(draws["observed_to_expected"]),
        brier=brier,
        reliability=brier - _square(y, recalibrated),
        resolution=rate * (1 - rate) - _square(y, recalibrated),
        uncertainty=rate * (1 - rate),
        ece=_estimate(draws["ece"]),
        ece_floor=_ece_floor(y, probability, entity=entity, seed=seed),
    )


def measure_reliability_by(
    y: Floats, probability: Floats, *, entity: Names, by: Mapping[str, Names], seed: int = 0
) -> dict[str, dict[str, Reliability]]:
    """Measure every level of every grouping apart: `{"segment": {"enterprise": ...}, ...}`.

    Parameters
    ----------
    y, probability : ndarray (n,)
    entity : ndarray (n,)
    by : mapping of name to ndarray (n,)
        Such as segment, tier, use case. An empty level is "unknown" and is shown as such.
    seed : int
    """
    found: dict[str, dict[str, Reliability]] = {}
    for name, levels in by.items():
        found[name] = {}
        for level in np.unique(levels).tolist():
            rows = levels == level
            found[name][level or UNKNOWN] = measure_reliability(
                y[rows], probability[rows], entity=entity[rows], seed=seed
            )
    return found


def _estimate(draws: Floats) -> Estimate:
    """Return the first draw, which is the point, with the interval of the others."""
    low, high = interval(draws[1:])
    if np.isnan(draws[0]):
        low = high = float("nan")
    return Estimate(float(draws[0]), low, high)


def _draw(
    y: Floats, probability: Floats, weights: Floats, bins: Sequence[npt.NDArray[np.intp]]
) -> dict[str, Floats]:
    """Return every figure that has an interval: (draws,), and the curve's (draws, bins)."""
    slope, intercept = _line(y, probability, weights)
    expected = weights @ probability
    totals = np.stack([weights[:, rows].sum(axis=1) for rows in bins], axis=1)
    events = np.stack([weights[:, rows] @ y[rows] for rows in bins], axis=1)
    return {
        "slope": slope,
        "intercept": intercept,
        "observed_to_expected": _quotient(weights @ y, expected),
        "ece": expected_calibration_error(y, probability, weights),
        "observed": _quotient(events, totals),
    }


def _quotient(above: Floats, below: Floats) -> Floats:
    """Divide; NaN where there is nothing below."""
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)


def _line(y: Floats, probability: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return slopes and intercepts (draws,); NaN with too few events."""
    n_events = y.sum()
    if min(n_events, len(y) - n_events) < MIN_EVENTS:
        unknown = np.full(len(weights), np.nan)
        return unknown, unknown
    return calibration_lines(y, logit(np.clip(probability, 1e-6, 1 - 1e-6)), weights)


def _curve(
    y: Floats, probability: Floats, bins: Sequence[npt.NDArray[np.intp]], observed: Floats
) -> tuple[CurvePoint, ...]:
    """Return at most ten points; equal predictions may fall in neighbouring bins."""
    points = []
    for place, rows in enumerate(bins):
        drawn = _estimate(observed[:, place])
        events = float(y[rows].sum())
        # Jeffreys' interval keeps a bin without events from looking certain.
        shape = (events + 0.5, len(rows) - events + 0.5)
        low = float(np.nanmin([drawn.low, beta.ppf(0.025, *shape)]))
        high = float(np.nanmax([drawn.high, beta.ppf(0.975, *shape)]))
        point = Estimate(drawn.value, low, high)
        points.append(CurvePoint(float(probability[rows].mean()), point, len(rows)))
    return tuple(points)


def _recalibrated(y: Floats, probability: Floats) -> Floats:
    """Return the isotonic fit of the labels on the predictions; equal predictions stay equal."""
    position = np.unique(probability, return_inverse=True)[1]
    size = np.bincount(position).astype(np.float64)
    fit = isotonic_regression(np.bincount(position, weights=y) / size, weights=size).x
    return np.asarray(fit[position], dtype=np.float64)


def _square(y: Floats, probability: Floats) -> float:
    """Return the Brier score."""
    return float(np.mean((probability - y) ** 2))


def _ece_floor(
    y: Floats, probability: Floats, *, entity: Names, seed: int, n_draws: int = 50
) -> float:
    """Return the mean calibration error that the luck of the entities alone would make.

    What a row missed by keeps its size and draws its sign, one for all rows of an entity: snapshots
    tell of one event many times (the wild bootstrap of Wu, 1986, Annals of Statistics 14 (4), by
    clusters: Cameron, Gelbach and Miller, 2008, Review of Economics and Statistics 90 (3)).
    """
    names, position = np.unique(entity, return_inverse=True)
    random = np.random.default_rng(seed)
    signs = random.choice([-1.0, 1.0], size=(n_draws, len(names)))
    missed, one = y - probability, np.ones((1, len(y)))
    errors = [
        expected_calibration_error(probability + missed * sign[position], probability, one)
        for sign in signs
    ]
    return float(np.mean(errors))
