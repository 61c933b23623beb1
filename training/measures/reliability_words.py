"""What is said of a reliability: calibration line, Brier decomposition, calibration error."""

from __future__ import annotations

import numpy as np

from training.measures.reliability import Estimate, Reliability

TOO_FEW = "too few events"


def reliability_words(found: Reliability) -> list[str]:
    """Say in three lines how far probabilities can be believed."""
    r = found
    return [
        f"slope {written(r.slope)}, observed / expected {written(r.observed_to_expected)}, "
        f"intercept {written(r.intercept)}",
        f"Brier {brier_words(r)}",
        f"ECE {r.ece.value:.4f} ({r.ece.low:.4f} to {r.ece.high:.4f}); "
        f"{r.ece_floor:.4f} is what noise alone makes of exact probabilities",
    ]


def group_words(name: str, level: str, found: Reliability) -> str:
    """Say in one line how far the probabilities of one group can be believed."""
    r = found
    return (
        f"{name} {level}: {r.n:,} rows, {r.n_events:,} events, observed / expected "
        f"{written(r.observed_to_expected)}, slope {written(r.slope)}, intercept "
        f"{written(r.intercept)}, Brier {brier_words(r)}"
    )


def brier_words(found: Reliability) -> str:
    """Return the Brier score with what it is made of."""
    return (
        f"{found.brier:.4f} = reliability {found.reliability:.4f} − resolution "
        f"{found.resolution:.4f} + uncertainty {found.uncertainty:.4f}"
    )


def written(estimate: Estimate) -> str:
    """Return a figure with its interval, or that it cannot be told."""
    return str(estimate) if np.isfinite(estimate.value) else TOO_FEW
