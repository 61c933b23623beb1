"""Which of several shapes to refit: the simplest that can hardly be told from the best.

The standard-error rule (Breiman, Friedman, Olshen and Stone 1984, section 3.4.3) on paired
out-of-fold losses: where few events decide, a deep model must be better by more than their noise.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# In standard errors. The book's one is too fond of simple shapes where interactions are real.
MARGIN = 0.5

Floats = npt.NDArray[np.float64]


def simplest_of_the_best(losses: Sequence[Floats], *, overlap: float) -> int:
    """Return the position of the first whose loss lies within `MARGIN` errors of the lowest.

    Parameters
    ----------
    losses : sequence of ndarray (n,)
        Log-loss of the same checked rows, the simplest shape first.
    overlap : float
        Rows that tell of the same event, >= 1; they count as one in the standard error.
    """
    best = int(np.argmin([loss.mean() for loss in losses]))
    for position, loss in enumerate(losses[:best]):
        worse = loss - losses[best]
        error = worse.std() * np.sqrt(overlap / len(worse))
        if worse.mean() <= MARGIN * error:
            return position
    return best
