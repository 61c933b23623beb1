"""What is recorded of one training run, and the names under which it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoring.manifest import Column

MODEL = "model"
BUNDLE = "bundle"
CHECKS = "checks.json"
HELD_OUT = "held_out/held_out.parquet"
# The bundle that gave the metrics, fitted on the fit rows only; others are compared with it.
JUDGED = "judged"
NEWEST = "newest/newest.parquet"


@dataclass(frozen=True)
class Version:
    """One version of the registered model of an outcome, and the run that made it."""

    outcome: str
    version: str
    run_id: str


@dataclass(frozen=True)
class Run:
    """What is recorded of one run.

    Attributes
    ----------
    outcome, name : str
    params : mapping
    metrics : mapping
    tags : mapping
    folder : Path
        Plots, checks, held-out rows: everything in it becomes an artifact under the same name.
    bundle : Path
        Folder named `bundle`.
    columns : tuple of Column
    example : data frame
        A few rows as the model receives them.
    dataset : mapping
        Arguments of `mlflow.data.from_numpy`.
    requirements : tuple of str
    """

    outcome: str
    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    folder: Path
    bundle: Path
    columns: tuple[Column, ...]
    example: Any
    dataset: Mapping[str, Any]
    requirements: tuple[str, ...]
