"""The error tree of `training`: what was wrong, what was received, what to do."""

from __future__ import annotations


class TrainingError(Exception):
    """Root of everything this package raises on purpose."""


class TableError(TrainingError):
    """A labelled table that cannot be learnt from: columns, keys, labels or the file itself."""


class NotEnoughError(TrainingError):
    """Too few events or too short a history to learn and to check what was learnt."""


class PromotionError(TrainingError):
    """A model that may not go out, or a model that is not there."""


class StoreError(TrainingError):
    """A tracking store that does not answer, or has lost what it held."""


class HorizonError(TrainingError):
    """Horizons, outcome times or a horizon model that do not fit together."""


class ClusterError(TrainingError):
    """A Dask cluster that does not answer, or that cannot fit."""
