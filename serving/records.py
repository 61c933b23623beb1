"""What a nightly run leaves behind, as facts that never change.

Grain: one `Run` per as_of and inputs, one `Record` per run and account with ARR.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ModelUsed:
    """The champion a run scored with: ``version`` as people read it, e.g. ``churn/7``."""

    version: str
    digest: str
    columns: tuple[str, ...]
    from_catalogue: bool


@dataclass(frozen=True)
class SeatCount:
    """A tier's room in a run; ``capacity`` None: no limit; ``price`` of one more seat."""

    tier: str
    touch_model: str
    capacity: int | None
    used: int
    price: float
    title: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """One nightly run: what it read, what it scored with, what the policy was."""

    run_id: str
    as_of: datetime
    watermark: datetime | None
    source_digest: str
    catalogue: str
    policy: str
    policy_digest: str
    models: Mapping[str, ModelUsed]
    peers: Mapping[str, Row]
    seats: tuple[SeatCount, ...]
    value: float


@dataclass(frozen=True)
class OutcomeScore:
    """One outcome of one account; ``pp`` in the order of the model's columns."""

    probability: float
    base_probability: float
    margin: float
    base_margin: float
    percentile: float
    pp: tuple[float, ...]


@dataclass(frozen=True)
class FiredSignal:
    """A signal that fired (or, ``fired`` None, could not be known)."""

    code: str
    severity: str
    fired: bool | None
    title: Mapping[str, str]
    text: Mapping[str, str]


@dataclass(frozen=True)
class TierDecision:
    """The tier of an account and why, with the policy's suggested play."""

    name: str
    touch_model: str
    value: float
    decided_by: str
    next_best: str | None
    margin: float | None
    play: Mapping[str, Mapping[str, str]] | None


@dataclass(frozen=True)
class Record:
    """One account in one run: the feature row, the scores, the signals, the tier."""

    score_id: str
    account_id: str
    name: str
    arr: float
    csm_id: str | None
    segment: str | None
    use_case: str | None
    eligible: bool
    features: Row
    was: Row | None
    outcomes: Mapping[str, OutcomeScore]
    signals: tuple[FiredSignal, ...]
    tier: TierDecision


def digest_of(*parts: str) -> str:
    """Return a 24-character id of ``parts``: the same parts give the same id, for ever."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
