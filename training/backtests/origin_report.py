"""What a backtest found at one origin, and against one rival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.measures.reliability import Reliability

MODEL, CHAMPION = "model", "champion"


@dataclass(frozen=True)
class Rival:
    """The model's log-loss minus a rival's on the same n rows, and the rival's own metrics."""

    n: int
    difference: float
    low: float
    high: float
    metrics: Mapping[str, float]

    def __str__(self) -> str:
        """Return `-0.0031 (-0.0052 to -0.0010)`."""
        return f"{self.difference:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


@dataclass(frozen=True)
class OriginReport:
    """One origin.

    Attributes
    ----------
    at, last : str
        First and last date that were scored.
    n_dates : int
    n_fit, n_fit_events : int
        Rows that were known then, and the events among them.
    metrics : mapping of forecaster to metrics with intervals
    rivals : mapping of forecaster to Rival
        The champion among them where it may be asked about some rows.
    words : mapping of forecaster to what it is
    reliability : Reliability
        Of the model.
    """

    at: str
    last: str
    n_dates: int
    n_fit: int
    n_fit_events: int
    metrics: Mapping[str, Mapping[str, float]]
    rivals: Mapping[str, Rival]
    words: Mapping[str, str]
    reliability: Reliability

    @property
    def shown(self) -> Mapping[str, Mapping[str, float]]:
        """Return the metrics of every forecaster, the champion's where it may be asked."""
        champion = self.rivals.get(CHAMPION)
        return self.metrics if champion is None else {**self.metrics, CHAMPION: champion.metrics}
