"""What happened to the accounts of one chunk: the latent truth week by week, and the events.

Weekly arrays hold the state at the start of the week, before that week's draws.
"""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Days, Floats, Ints
from simulator.ledger import Changes
from simulator.policy import Responses

NEVER, EARLIER = -1, -2  # weeks that lie beyond the last week, or before the first


@dataclass(frozen=True)
class Decisions:
    """Decisions to leave, voluntary or by payments that failed for good."""

    account: Ints
    decided: Days
    effective: Days
    voluntary: Bools


@dataclass(frozen=True)
class TouchLog:
    """Outbound touches, and those withheld by the coin (`treated` false)."""

    account: Ints
    week: Ints
    day: Ints
    playbook: Ints
    random: Bools
    treated: Bools
    propensity: Floats
    book: Ints


@dataclass(frozen=True)
class Failures:
    """Spells of failing payments."""

    account: Ints
    began: Ints
    ended: Ints
    lost: Bools


@dataclass
class Weekly:
    """Latent arrays over (account, week), filled as the weeks pass."""

    state: Floats
    vacant: Bools
    shocked: Bools
    touched_churn: Floats
    touched_expansion: Floats
    open: Bools
    failing_left: Ints
    monthly: Bools
    arr: Floats
    seats: Ints
    book: Ints


@dataclass(frozen=True)
class History:
    """Everything the tables and the truth are written from."""

    weekly: Weekly
    changes: Changes
    decisions: Decisions
    returns: tuple[Ints, Ints]
    touches: TouchLog
    responses: Responses
    failures: Failures
    spent: Floats
    untouched_week: Ints
    first_start: Days
    start: Days
    term_months: Ints

    def returned(self, account: int, day: int) -> int | None:
        """Return the first day after `day` on which the account came back, or None."""
        who, on = self.returns
        later = on[(who == account) & (on >= day)]
        return int(later.min()) if len(later) else None


def blank_weekly(accounts: int, weeks: int) -> Weekly:
    """Return weekly arrays of zeros."""
    shape = (accounts, weeks)
    flags = [np.zeros(shape, dtype=np.bool_) for _ in range(4)]
    counts = [np.zeros(shape, dtype=np.int64) for _ in range(3)]
    amounts = [np.zeros(shape) for _ in range(3)]
    return Weekly(
        state=np.zeros((*shape, 4)),
        vacant=flags[0],
        shocked=flags[1],
        open=flags[2],
        monthly=flags[3],
        touched_churn=amounts[0],
        touched_expansion=amounts[1],
        arr=amounts[2],
        failing_left=counts[0],
        seats=counts[1],
        book=counts[2],
    )
