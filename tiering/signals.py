"""Signals: rules of the policy over feature values.

An unknown value makes a signal unknown, never fired.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tiering.version import Condition, Phrase, Severity, SignalRule, Version

Row = Mapping[str, Any]

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True)
class Signal:
    """One rule's verdict on one account: ``fired`` True, False, or None when it cannot be known."""

    code: str
    severity: Severity
    title: Phrase
    text: Phrase
    fired: bool | None


def detect(
    version: Version, row: Row, *, was: Row | None = None, peers: Row | None = None
) -> tuple[Signal, ...]:
    """Return every signal of the policy for one account, the severest first.

    Parameters
    ----------
    row, was, peers
        Feature values by name: now, 84 days before, and the median of the same use case.
        A feature that is absent or None is unknown.
    """
    signals = (
        Signal(rule.code, rule.severity, rule.title, rule.text, _verdict(rule, row, was, peers))
        for rule in version.signals
    )
    return tuple(sorted(signals, key=lambda signal: RANK[signal.severity]))


def _verdict(rule: SignalRule, row: Row, was: Row | None, peers: Row | None) -> bool | None:
    """Combine as Kleene's "and": one false settles it, else one unknown leaves it open."""
    answers = [_holds(condition, row, was, peers) for condition in rule.when]
    if False in answers:
        return False
    return None if None in answers else True


def _holds(condition: Condition, row: Row, was: Row | None, peers: Row | None) -> bool | None:
    value = row.get(condition.feature)
    if value is None:
        return None
    if condition.relative_to is not None:
        reference = (was if condition.relative_to == "was" else peers) or {}
        divisor = reference.get(condition.feature)
        if not divisor:
            return None
        value = value / divisor
    if isinstance(value, str) != isinstance(condition.threshold, str) or value != value:
        return None
    return COMPARE[condition.operator](value, condition.threshold)
