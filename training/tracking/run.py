"""What is recorded of one training run, and the names under which it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scoring.manifest import Column

MODEL = "model"
BUNDLE = "bundle"
CHECKS = "checks.json"
HELD_OUT = "held_out/held_out.parquet"
# The bundle that gave the metrics, fitted on the fit rows only; others are compared with it.
JUDGED = "judged"
PLOTS, CARD = "plots", "card"
NEWEST = "newest/newest.parquet"


@dataclass(frozen=True)
class Version:
    """One version of the registered model of an outcome, and the run that made it."""

    outcome: str
    version: str
    run_id: str


@dataclass(frozen=True)
class Entry:
    """One part of a run, kept as a run nested in it: an entry of the menu, an origin.

    Attributes
    ----------
    name : str
    params, metrics : tuple of name and value
    chosen : bool or None
        Whether what was tried was taken; None where nothing is chosen.
    at : datetime, optional
        The day its metrics speak of, when that is not the day they were made.
    """

    name: str
    params: tuple[tuple[str, object], ...]
    metrics: tuple[tuple[str, float], ...]
    chosen: bool | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Run:
    """What is recorded of one run.

    Attributes
    ----------
    outcome, name : str
    params : mapping
    metrics : mapping
    tags : mapping
    version_tags : mapping
        Of the registered version.
    summary : str
        One paragraph for whoever opens the run.
    promotable : bool
        Makes the version the challenger.
    folder : Path
        Plots, checks, held-out rows: everything in it becomes an artifact under the same name.
    bundle : Path
        Folder named `bundle`.
    columns : tuple of Column
    example : data frame
        A few rows as the model receives them.
    datasets : mapping
        Arguments of `mlflow.data.from_numpy`, by context; `profile` instead of the rows where
        there are too many to be held.
    entries : tuple of Entry
        Become nested runs.
    requirements : tuple of str
    """

    outcome: str
    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    version_tags: Mapping[str, str]
    summary: str
    promotable: bool
    folder: Path
    bundle: Path
    columns: tuple[Column, ...]
    example: Any
    datasets: Mapping[str, Mapping[str, Any]]
    entries: tuple[Entry, ...]
    requirements: tuple[str, ...]
