"""Whoever changes what a feature computes raises the catalogue's meaning, or learns of it here.

Models, panels and partitions carry the catalogue's fingerprint: with another meaning they are
another catalogue's, and are refused or built again instead of being mixed with new values.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

import pandas as pd
import pyarrow as pa

from features import CATALOGUE
from features.catalogue import MEANING

# The features of the small drawn company, by meaning; add a line when you raise it.
VALUES = {2: "bd05555faca2a4d6"}


def digest(panel: pa.Table) -> str:
    """Return a short digest of all features to six digits, which every machine computes alike."""
    text = hashlib.sha256()
    for name in sorted(CATALOGUE.names):
        cells = panel[name].to_pylist()
        said = [f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in cells]
        text.update(f"{name}:{','.join(said)}\n".replace("-0,", "0,").encode())
    return text.hexdigest()[:16]


def test_values_mean_what_the_fingerprint_says(
    small_company: dict[str, pd.DataFrame], panel_of: Callable[..., pa.Table]
) -> None:
    panel = panel_of(small_company, [datetime(2024, 8, 5), datetime(2025, 3, 3)])
    assert digest(panel) == VALUES[MEANING], (
        "what features compute has changed: raise MEANING in features/catalogue.py and add the "
        "digest here (or the drawn company has: then only replace the digest)"
    )
