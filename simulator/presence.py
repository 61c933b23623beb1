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
        asked = int((left.decided[row] - line.first).astype(np.int64))
        end = int((left.effective[row] - line.first).astype(np.int64))
        leaving = slice(max(asked, 0), max(end, 0))
        fading = np.exp(-(day[leaving] - asked) / fade_days)
        level[account, leaving] *= _FLOOR + (1 - _FLOOR) * fading
        level[account, max(end, 0) :] = 0.0
        back = history.returned(account, end)
        if back is not None:
            level[account, back:] = 1.0
    return level
