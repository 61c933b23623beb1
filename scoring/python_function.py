"""The bundle as MLflow's `python_function` flavour, named as its loader module; no pickle.

A frame goes in (pandas, in any column order), a frame with probability and margin comes out.
Which catalogue is in force is not asked: whoever calls brings the columns, and a user's own
features must score where their file is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from scoring.bundle import Bundle, load_bundle


@dataclass(frozen=True)
class PythonFunction:
    """What MLflow asks for predictions."""

    bundle: Bundle

    def predict(self, frame: Any, params: dict[str, Any] | None = None) -> Any:
        """Score a pandas frame; `params` is part of MLflow's protocol and not used."""
        del params
        scores = self.bundle.score(pa.Table.from_pandas(frame, preserve_index=False))
        columns: dict[str, Any] = {"probability": scores.probability, "margin": scores.margin}
        return pa.table(columns).to_pandas()


def _load_pyfunc(path: str) -> PythonFunction:
    """Load the bundle; MLflow calls this by name."""
    return PythonFunction(load_bundle(Path(path), catalogue=None))
