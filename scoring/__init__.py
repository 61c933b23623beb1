"""What a fitted model says: calibrated probability and reasons that add up to it."""

from scoring.bundle import Bundle, Explanation, Scores, load_bundle, make_bundle, write_bundle
from scoring.calibration import Calibrator
from scoring.errors import AdditivityError, BundleError, RowError, RowProblem, ScoringError
from scoring.manifest import Column, Manifest

__all__ = [
    "AdditivityError",
    "Bundle",
    "BundleError",
    "Calibrator",
    "Column",
    "Explanation",
    "Manifest",
    "RowError",
    "RowProblem",
    "Scores",
    "ScoringError",
    "load_bundle",
    "make_bundle",
    "write_bundle",
]
