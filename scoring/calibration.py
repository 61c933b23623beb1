"""Calibrators: from margin (log-odds) to probability, monotone by construction.

Elementwise with scalar `math`, so that one row and a batch give the same bits whatever the
vector width of the machine.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from scoring.errors import BundleError

Floats = npt.NDArray[np.float64]
Kind = Literal["none", "platt", "beta", "venn_abers"]
Knots = tuple[tuple[float, float], ...]
KINDS: tuple[Kind, ...] = ("none", "platt", "beta", "venn_abers")
# Beyond the outer knots: hardly rising, so that the order of margins is kept and nothing else said.
TAIL_SLOPE = 0.05


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)) without overflow."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    odds = math.exp(x)
    return odds / (1.0 + odds)


def softplus(x: float) -> float:
    """Return log(1 + exp(x)) without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@dataclass(frozen=True)
class Calibrator:
    """From margin m to probability: the sigmoid of calibrated log-odds that never fall.

    - ``none``: m itself.
    - ``platt``, ``beta``: `a · ln s(m) − b · ln(1 − s(m)) + c`, with s the sigmoid; `a = b` is
      Platt's scaling, in general it is beta calibration (Kull, Silva Filho and Flach, 2017).
    - ``venn_abers``: straight lines between knots, strictly rising (`training.models.venn_abers`).

    Attributes
    ----------
    kind : {"none", "platt", "beta", "venn_abers"}
    a, b : float
        Slopes of the two tails, >= 0 and not both 0.
    c : float
        Shift, in log-odds.
    knots : tuple of (margin, log-odds)
        Both strictly rising; only and always with ``venn_abers``.
    """

    kind: Kind = "none"
    a: float = 1.0
    b: float = 1.0
    c: float = 0.0
    knots: Knots = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BundleError(f"unknown calibrator '{self.kind}'; known are {', '.join(KINDS)}")
        numbers = (self.a, self.b, self.c, *(x for knot in self.knots for x in knot))
        if not all(math.isfinite(x) for x in numbers):
            raise BundleError(f"calibrator with a number that is not finite: {self}")
        if self.a < 0 or self.b < 0 or self.a + self.b == 0:
            raise BundleError(f"calibrator that is not increasing (a, b >= 0 needed): {self}")
        if bool(self.knots) != (self.kind == "venn_abers"):
            raise BundleError(f"knots belong to 'venn_abers' and only to it: {self}")
        if any(not (m < n and p < q) for (m, p), (n, q) in pairwise(self.knots)):
            raise BundleError(f"calibrator whose knots do not rise: {self}")

    def logit_at(self, margin: float) -> float:
        """Return the calibrated log-odds of one margin."""
        if self.kind == "none":
            return margin
        if self.kind == "platt":
            return self.a * margin + self.c
        if self.kind == "venn_abers":
            (x, height), slope = self._line_at(margin)
            return height + slope * (margin - x)
        return -self.a * softplus(-margin) + self.b * softplus(margin) + self.c

    def _line_at(self, margin: float) -> tuple[tuple[float, float], float]:
        """Return a knot on the line over a margin, and the slope of that line."""
        after = bisect_right(self.knots, margin, key=lambda knot: knot[0])
        if after in (0, len(self.knots)):
            return self.knots[max(after - 1, 0)], TAIL_SLOPE
        (x, low), (right, high) = self.knots[after - 1], self.knots[after]
        return (x, low), (high - low) / (right - x)

    def probability_at(self, margin: float) -> float:
        """Return the probability of one margin."""
        return sigmoid(self.logit_at(margin))

    def slope_at(self, margin: float) -> float:
        """Return d probability / d margin at one margin."""
        probability = self.probability_at(margin)
        return probability * (1.0 - probability) * self._logit_slope_at(margin)

    def _logit_slope_at(self, margin: float) -> float:
        """Return d log-odds / d margin at one margin."""
        if self.kind == "none":
            return 1.0
        if self.kind == "platt":
            return self.a
        if self.kind == "venn_abers":
            return self._line_at(margin)[1]
        share = sigmoid(margin)
        return self.a * (1.0 - share) + self.b * share

    def apply(self, margin: Floats) -> Floats:
        """Return the probabilities of margins (n,), elementwise."""
        return np.array([self.probability_at(m) for m in margin.tolist()], dtype=np.float64)

    def derivative(self, margin: Floats) -> Floats:
        """Return d probability / d margin (n,), elementwise."""
        return np.array([self.slope_at(m) for m in margin.tolist()], dtype=np.float64)

    def to_json(self) -> dict[str, object]:
        """Return a JSON object that `from_json` reads back to an equal calibrator."""
        if self.kind == "venn_abers":
            return {"kind": self.kind, "knots": [list(knot) for knot in self.knots]}
        return {"kind": self.kind, "a": self.a, "b": self.b, "c": self.c}

    @classmethod
    def from_json(cls, raw: object) -> Self:
        """Read what `to_json` wrote; BundleError when it is anything else."""
        refusal = BundleError(f"not a calibrator: {raw!r}; train the model again")
        if not isinstance(raw, dict):
            raise refusal
        if set(raw) == {"kind", "knots"}:
            return cls(kind=raw["kind"], knots=_read_knots(raw["knots"], refusal))
        if set(raw) != {"kind", "a", "b", "c"}:
            raise refusal
        a, b, c = (raw[name] for name in ("a", "b", "c"))
        if not all(isinstance(x, int | float) for x in (a, b, c)):
            raise refusal
        return cls(kind=raw["kind"], a=float(a), b=float(b), c=float(c))


def _read_knots(raw: Any, refusal: BundleError) -> Knots:
    """Read a list of pairs of numbers, or raise the refusal."""
    try:
        return tuple((float(margin), float(logit)) for margin, logit in raw)
    except (TypeError, ValueError):
        raise refusal from None
