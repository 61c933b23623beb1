"""Where each account stands on each day: before its start, in use, fading after its decision, gone.

Behaviour changes with the decision, not with the contract's end.
"""

import numpy as np

from simulator.arrays import Floats
from simulator.config import Config
from simulator.history import History
from simulator.timeline import Timeline

_FLOOR = 0.12


def presence(config: Config, history: History, line: Timeline) -> Floats:
    """Return the share of normal behaviour per account and day, in [0, 1]."""
    day = np.arange(line.n_days)
    first = (history.first_start - line.first).astype(np.int64)
    level = np.where(day >= first[:, None], 1.0, 0.0)
    fade_days = 7 * config.outcomes.disengage_weeks
    left = history.decisions
    order = np.argsort(left.effective, kind="stable")
    for row in order:
        account = left.account[row]
        decided, gone = (
            int((d[row] - line.first).astype(np.int64)) for d in (left.decided, left.effective)
        )
        after = day[max(decided, 0) : max(gone, 0)] - decided
        level[account, max(decided, 0) : gone] *= _FLOOR + (1 - _FLOOR) * np.exp(-after / fade_days)
        level[account, max(gone, 0) :] = 0.0
        back = history.returned(account, gone)
        if back is not None:
            level[account, back:] = 1.0
    return level
