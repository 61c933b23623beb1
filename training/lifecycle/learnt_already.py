"""Whether the newest version of an outcome has learnt from a table already, and which one waits.

Training again on the same rows gives the same model again: that is no reason, whoever is champion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from training.lifecycle.auto_report import Reason
from training.tables.table import Examples
from training.tracking.run import Version
from training.tracking.store import Tracking


def without_known(
    reasons: Sequence[Reason], examples: Examples, tracking: Tracking, outcome: str
) -> tuple[Reason, ...]:
    """Return reasons that ask for nothing where the newest version learnt from these very rows.

    Where it is the champion itself, they stay: they say why it cannot be used any more.
    """
    newest = next(iter(tracking.versions(outcome)), None)
    if newest is None or newest == tracking.champion(outcome):
        return tuple(reasons)
    tags = tracking.version_tags(newest)
    if tags.get("data_digest") != examples.digest:
        return tuple(reasons)
    why = f"version {newest.version} has learnt from the same rows already"
    if tags.get("promotable") == "false":
        why += ", and a check holds it back"
    return tuple(
        replace(reason, rings=False, why=f"{reason.why}; {why}") if reason.rings else reason
        for reason in reasons
    )


def waiting(tracking: Tracking, outcome: str) -> Version | None:
    """Return the challenger that waits for somebody to promote it; None when there is none.

    One that is older than the champion was passed over.
    """
    champion, challenger = tracking.champion(outcome), tracking.challenger(outcome)
    if challenger is None or champion is None:
        return challenger
    return challenger if int(challenger.version) > int(champion.version) else None
