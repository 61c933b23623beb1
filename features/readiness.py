"""What can be learnt from a source: per outcome, how many accounts, events and days there are.

An event is a churn that lasted the grace, or a change that raised ARR by the least expansion.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.engine import Source
from features.expressions import count_where
from features.label_window import LabelWindow
from features.labels import arr_timeline, tables_from_the_future

# Fewer events than this leave nothing to hold out: a model cannot be told from its base rate.
FEWEST_EVENTS = 20
# One window to look back on, one to fit and one to test.
_OBSERVATION_DAYS = 84


@dataclass(frozen=True)
class Readiness:
    """Whether an outcome can be learnt, and why not."""

    outcome: str
    accounts: int
    events: int
    history_days: int
    learnable: bool
    why: str

    def __str__(self) -> str:
        verdict = "can be learnt" if self.learnable else "cannot be learnt yet"
        seen = f"{self.events:,} events, {self.accounts:,} accounts, {self.history_days:,} days"
        return f"{self.outcome}: {verdict} ({seen}; {self.why})"


def readiness(source: Source, window: LabelWindow | None = None) -> tuple[Readiness, ...]:
    """Return the readiness for churn and expansion of a source whose shape is right."""
    window = window or LabelWindow()
    found = source.read(_facts(source, window)).to_pylist()[0]
    first = found["first"]
    days = max(0, (source.newest - first).days) if source.newest and first else 0
    return tuple(
        _judged(outcome, found["accounts"], int(found[events] or 0), days, window)
        for outcome, events in (("churn", "churns"), ("expansion", "expansions"))
    )


def _facts(source: Source, window: LabelWindow) -> ir.Table:
    timeline = arr_timeline(tables_from_the_future(source.tables))
    back = timeline.at + ibis.interval(days=window.grace_days)
    gone = (timeline.total == 0) & (timeline.until.isnull() | (timeline.until >= back))
    least = timeline.before * window.grown
    grew = (timeline.before > 0) & (timeline.total >= least)
    events = timeline.aggregate(churns=count_where(gone), expansions=count_where(grew))
    accounts, usage = source.tables["accounts"], source.tables["usage"]
    # Contracts often reach further back than use was recorded: history begins with both.
    counted = accounts.aggregate(accounts=accounts.account_id.nunique())
    return events.cross_join(counted).cross_join(usage.aggregate(first=usage.day.min()))


def _judged(outcome: str, accounts: int, events: int, days: int, window: LabelWindow) -> Readiness:
    needed = _OBSERVATION_DAYS + 2 * window.reach_days
    reasons = []
    if events < FEWEST_EVENTS:
        short = FEWEST_EVENTS - events
        plural = "" if short == 1 else "s"
        reasons.append(f"not enough data yet: {short} more {outcome}{plural} needed")
    if days < needed:
        reasons.append(f"{needed - days} more days of history needed ({days} of {needed})")
    why = "; ".join(reasons) or "enough events and history"
    return Readiness(outcome, accounts, events, days, not reasons, why)
