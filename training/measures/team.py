"""What a team can do, as the tier policy in force has it: how many accounts, and what acting does.

Without a policy of one's own a tenth of the accounts are acted on, at the prices of the shipped
policy's high touch. With one, the seats of all tiers whose touch model is human (high or low) are
the capacity, and what acting keeps, wins and costs is the mean of those tiers over their seats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from tiering.policy import policy_at
from tiering.version import Tier, Version
from training.measures.decision_value import SHIPPED, CostMatrix

HUMAN = ("high", "low")
CAPACITY_SHARE = 0.1
TENTH = "a tenth of the accounts of the newest date"
ASSUMED = "the shipped policy's high touch"


@dataclass(frozen=True)
class Team:
    """Who can be acted on, and what for.

    Attributes
    ----------
    capacity : int or None
        Accounts at each date; None is a tenth of those of the newest.
    costs : CostMatrix
    capacity_from, costs_from : str
        Where each comes from, in words.
    policy : str or None
        Version of the policy in force; None without one.
    """

    capacity: int | None = None
    costs: CostMatrix = SHIPPED
    capacity_from: str = TENTH
    costs_from: str = ASSUMED
    policy: str | None = None

    def seats(self, n_accounts: int) -> int:
        """Return the accounts that can be acted on among those of one date."""
        return self.capacity or max(1, round(CAPACITY_SHARE * n_accounts))


NO_POLICY = Team()


def team_in_force(policy: Path | str | None, day: date) -> Team:
    """Return the team of a policy on a day; without a policy that of the defaults.

    Raises
    ------
    PolicyError
        When the policy cannot be read, or none of its versions is in force.
    """
    return NO_POLICY if policy is None else team_of(policy_at(policy, day))


def team_of(version: Version) -> Team:
    """Return the team of one version of a policy."""
    human = [tier for tier in version.tiers if tier.touch_model in HUMAN and tier.seats != 0]
    if not human:
        why = f"{TENTH}: the policy {version.name} has no seat with human touch"
        return Team(capacity_from=why, policy=version.name)
    seats = [tier.seats for tier in human]
    names = " and ".join(tier.name for tier in human)
    costs_from = f"{names} of the policy {version.name}"
    if None in seats:
        # Room for everyone says nothing of how many people serve: the tenth stays.
        why = f"{TENTH}: the policy {version.name} sets no number of seats for all of {names}"
        costs = _mean_costs(version, human, np.ones(len(human)))
        return Team(None, costs, why, costs_from, version.name)
    counts = np.array(seats, dtype=np.float64)
    if len(human) > 1:
        costs_from += ", by their seats"
    return Team(
        capacity=int(counts.sum()),
        costs=_mean_costs(version, human, counts),
        capacity_from=f"the seats of {names} of the policy {version.name}",
        costs_from=costs_from,
        policy=version.name,
    )


def _mean_costs(version: Version, tiers: list[Tier], weights: np.ndarray) -> CostMatrix:
    """Return what acting does on the average of some tiers' seats."""

    def mean(numbers: list[float]) -> float:
        return float(np.average(numbers, weights=weights))

    return CostMatrix(
        churn_averted=mean([tier.churn_averted.value for tier in tiers]),
        churn_years=version.worth.churn_years.value,
        expansion_lift=mean([tier.expansion_lift.value for tier in tiers]),
        expansion_share=version.worth.expansion_share.value,
        cost_per_account=mean([tier.cost_per_account.value for tier in tiers]),
    )
