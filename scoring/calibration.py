"""Calibrators: from margin (log-odds) to probability, monotone by construction.

Elementwise with scalar `math`, so that one row and a batch give the same bits whatever the
vector width of the machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from scoring.errors import BundleError

Floats = npt.NDArray[np.float64]
Kind = Literal["none", "platt", "beta"]
KINDS: tuple[Kind, ...] = ("none", "platt", "beta")


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
    """Probability = sigmoid(a · ln s(m) − b · ln(1 − s(m)) + c), with s the sigmoid.

    With `a = b` this is Platt's scaling of the margin, with `a = b = 1, c = 0` no calibration at
    all; in general it is beta calibration (Kull, Silva Filho and Flach, 2017). `a, b >= 0` makes
    every member non-decreasing.

    Attributes
    ----------
    kind : {"none", "platt", "beta"}
    a, b : float
        Slopes of the two tails, >= 0 and not both 0.
    c : float
        Shift, in log-odds.
    """

    kind: Kind = "none"
    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BundleError(f"unknown calibrator '{self.kind}'; known are {', '.join(KINDS)}")
        if not all(math.isfinite(x) for x in (self.a, self.b, self.c)):
            raise BundleError(f"calibrator with a number that is not finite: {self}")
        if self.a < 0 or self.b < 0 or self.a + self.b == 0:
            raise BundleError(f"calibrator that is not increasing (a, b >= 0 needed): {self}")

    def logit_at(self, margin: float) -> float:
        """Return the calibrated log-odds of one margin."""
        if self.kind == "none":
            return margin
        if self.kind == "platt":
            return self.a * margin + self.c
        return -self.a * softplus(-margin) + self.b * softplus(margin) + self.c

    def probability_at(self, margin: float) -> float:
        """Return the probability of one margin."""
        return sigmoid(self.logit_at(margin))

    def slope_at(self, margin: float) -> float:
        """Return d probability / d margin at one margin."""
        probability = self.probability_at(margin)
        share = sigmoid(margin)
        slope = {"none": 1.0, "platt": self.a}.get(
            self.kind, self.a * (1.0 - share) + self.b * share
        )
        return probability * (1.0 - probability) * slope

    def apply(self, margin: Floats) -> Floats:
        """Return the probabilities of margins (n,), elementwise."""
        return np.array([self.probability_at(m) for m in margin.tolist()], dtype=np.float64)

    def derivative(self, margin: Floats) -> Floats:
        """Return d probability / d margin (n,), elementwise."""
        return np.array([self.slope_at(m) for m in margin.tolist()], dtype=np.float64)

    def to_json(self) -> dict[str, object]:
        """Return a JSON object that `from_json` reads back to an equal calibrator."""
        return {"kind": self.kind, "a": self.a, "b": self.b, "c": self.c}

    @classmethod
    def from_json(cls, raw: object) -> Self:
        """Read what `to_json` wrote; BundleError when it is anything else."""
        if not isinstance(raw, dict) or set(raw) != {"kind", "a", "b", "c"}:
            raise BundleError(f"not a calibrator: {raw!r}; train the model again")
        numbers = {name: raw[name] for name in ("a", "b", "c")}
        if not all(isinstance(x, int | float) for x in numbers.values()):
            raise BundleError(f"not a calibrator: {raw!r}; train the model again")
        return cls(kind=raw["kind"], **{name: float(x) for name, x in numbers.items()})
