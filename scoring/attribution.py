"""Attributions: how much each column moves the probability away from its base value.

Exact TreeSHAP in log-odds, carried to the calibrated probability by the Aumann-Shapley rule along
the straight path from the base margin m0 to the margin m:
`pp[j] = phi[j] * (g(m) - g(m0)) / (m - m0)`, with g the calibrator. It is additive for any g.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.calibration import Calibrator
from scoring.errors import AdditivityError

Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-9
# Below this distance the quotient loses more digits than the derivative at the midpoint, whose
# error is of third order in the distance.
NEAR = 1e-5


@dataclass(frozen=True)
class Attribution:
    """Probability points of n rows and p columns.

    Attributes
    ----------
    base_margin : ndarray (n,)
    base_probability : ndarray (n,)
    pp : ndarray (n, p)
        Probability points; `base_probability + pp.sum(axis=1)` is the probability.
    """

    base_margin: Floats
    base_probability: Floats
    pp: Floats


def attribute(
    contributions: Floats, *, margin: Floats, probability: Floats, calibrator: Calibrator
) -> Attribution:
    """Carry TreeSHAP values from log-odds to the calibrated probability.

    Parameters
    ----------
    contributions : ndarray (n, p + 1)
        TreeSHAP values in log-odds; the last column is the base margin.
    margin, probability : ndarray (n,)
        What was served; the points must add up to exactly this probability.
    calibrator : Calibrator

    Raises
    ------
    AdditivityError
        When base and points miss the probability of any row by more than 1e-9.
    """
    base_margin = contributions[:, -1].copy()
    base_probability = calibrator.apply(base_margin)
    rate = _path_slope(
        margin - base_margin,
        probability - base_probability,
        midpoint_slope=calibrator.derivative(base_margin + (margin - base_margin) / 2.0),
    )
    pp = contributions[:, :-1] * rate[:, np.newaxis]
    check_additive(base_probability, pp, probability)
    return Attribution(base_margin=base_margin, base_probability=base_probability, pp=pp)


def _path_slope(run: Floats, rise: Floats, *, midpoint_slope: Floats) -> Floats:
    """Return the mean slope of the calibrator over the path; its limit when the path is short.

    A calibrator with kinks may have one on a short path: there the quotient is the truer.
    """
    near = (np.abs(run) < NEAR) & (np.abs(run * midpoint_slope - rise) <= TOLERANCE / 10)
    return np.where(near, midpoint_slope, rise / np.where(near, 1.0, run))


def check_additive(base: Floats, pp: Floats, probability: Floats) -> None:
    """Raise AdditivityError unless base + points = probability within 1e-9 on every row."""
    error = np.abs(base + pp.sum(axis=1) - probability)
    # Written so that a NaN fails too.
    bad = np.flatnonzero(~(error <= TOLERANCE))
    if bad.size:
        row = int(bad[0])
        raise AdditivityError(
            f"the reasons of row {row} miss its probability {probability[row]!r} by {error[row]!r} "
            f"({bad.size} of {len(error)} rows): the model must not be served; train it again"
        )
