"""TW15: who would move if the challenger were promoted; tiers as the policy in force assigns them.

Both assignments are made on the newest rows of the challenger's table, with the same seats and the
same ARR: only the probability of one outcome differs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tiering.assignment import best_columns, tier_values
from tiering.version import Version
from training.checks.numbered import Check, verdict
from training.measures.team import HUMAN

Floats = npt.NDArray[np.float64]

# A promotion that gives more than half of the human seats to others is a decision for people.
MOST_MOVED = 0.5
# The assignment takes seconds beyond this: a part of the accounts shares a part of the seats.
MOST_ACCOUNTS = 2_000


@dataclass(frozen=True)
class Shadow:
    """Accounts (n,) with what both models say of them.

    Attributes
    ----------
    arr : ndarray (n,)
    before, after : dict
        Probabilities under the champion and under the challenger, by outcome.
    """

    arr: Floats
    before: dict[str, Floats]
    after: dict[str, Floats]


def shadow_tiers(shadow: Shadow, policy: Version, name: str) -> Check:
    """TW15: at most half of the seats served by people change hands."""
    rows = np.arange(0, len(shadow.arr), max(1, -(-len(shadow.arr) // MOST_ACCOUNTS)))
    before, after = (
        _tiers(shadow.arr, probabilities, policy, rows)
        for probabilities in (shadow.before, shadow.after)
    )
    human = [k for k, tier in enumerate(policy.tiers) if tier.touch_model in HUMAN]
    seats = np.isin(before, human)
    lost = int((seats & (before != after)).sum())
    moves = Counter(
        f"{policy.tiers[a].name} to {policy.tiers[b].name}"
        for a, b in zip(before.tolist(), after.tolist(), strict=True)
        if a != b
    )
    shown = ", ".join(f"{count} {move}" for move, count in sorted(moves.items())) or "nobody"
    why = f"against {name} {lost} of {int(seats.sum())} accounts with human service would move; "
    share = lost / max(int(seats.sum()), 1)
    return verdict("TW15", share <= MOST_MOVED, f"{why}in all {sum(moves.values())}: {shown}")


def _tiers(
    arr: Floats,
    probabilities: dict[str, Floats],
    policy: Version,
    rows: npt.NDArray[np.intp],
) -> npt.NDArray[np.int64]:
    """Return the tier of some accounts, with their share of the seats."""
    unknown = np.full(len(arr), np.nan)
    churn, expansion = (probabilities.get(outcome, unknown) for outcome in ("churn", "expansion"))
    values = tier_values(policy, arr=arr[rows], churn=churn[rows], expansion=expansion[rows])
    share = len(rows) / len(arr)
    seats = [None if tier.seats is None else round(tier.seats * share) for tier in policy.tiers]
    return best_columns(values, seats)
