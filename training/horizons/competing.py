"""Competing outcomes over periods: from log-odds against "nothing" to cumulative incidence.

Arrays are (n rows, k outcomes, p periods). With log-odds m of each outcome against none, a period's
hazards are ``h_k = exp(m_k) / (1 + sum_j exp(m_j))`` (the multinomial logit, whose parts may be
fitted one by one: Begg and Gray 1984), survival is ``S_p = S_{p-1} (1 - sum_k h_kp)``, cumulative
incidence ``F_kp = F_k,p-1 + S_{p-1} h_kp`` (Aalen and Johansen 1978, in discrete time).
So F never falls with the horizon and ``S + sum_k F = 1``, whatever the log-odds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Incidence:
    """What may have happened by the end of each period.

    Attributes
    ----------
    cumulative : ndarray (n, k, p)
        Probability that outcome k came first, by the end of period p.
    survival : ndarray (n, p)
        Probability that nothing has happened by then.
    """

    cumulative: Floats
    survival: Floats


def hazards(log_odds: Floats) -> Floats:
    """Return the hazards (n, k, p) of log-odds (n, k, p) against nothing happening; -inf is 0."""
    top = np.maximum(log_odds.max(axis=1, keepdims=True), 0.0)
    odds = np.exp(log_odds - top)
    return np.asarray(odds / (np.exp(-top) + odds.sum(axis=1, keepdims=True)), dtype=np.float64)


def incidence(hazard: Floats) -> Incidence:
    """Return the cumulative incidence of hazards (n, k, p) that sum to at most 1 over k."""
    stay = np.clip(1.0 - hazard.sum(axis=1), 0.0, 1.0)
    survival = np.cumprod(stay, axis=1)
    before = np.concatenate([np.ones((len(hazard), 1)), survival[:, :-1]], axis=1)
    return Incidence(np.cumsum(before[:, np.newaxis, :] * hazard, axis=2), survival)
