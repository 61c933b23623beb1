"""Expected maximum profit of a retention campaign (EMPC), exact over the hull of the ROC curve.

Money is per account of the base, in the unit of `Campaign`. Who is contacted first is given by a
score; how many are contacted is chosen for every acceptance rate anew, and the profit at that best
number is averaged over the beta distribution of the acceptance rate. Verbraken, Verbeke and
Baesens (2013), "A novel profit maximizing metric for measuring classification performance of
customer churn prediction models", IEEE TKDE 25 (5), 961-973, doi:10.1109/TKDE.2012.50.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression
from scipy.special import betainc

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Campaign:
    """What a retention campaign costs and keeps; the defaults are those of the paper.

    Attributes
    ----------
    clv : float
        Lifetime value of an account that is kept.
    offer_cost : float
        Of the offer, paid when it is accepted; below `clv`.
    contact_cost : float
        Paid for everybody who is contacted.
    alpha, beta : float
        Of the beta distribution of the share of churners who accept; its mean here is 0.3.
    """

    clv: float = 200.0
    offer_cost: float = 10.0
    contact_cost: float = 1.0
    alpha: float = 6.0
    beta: float = 14.0

    def __post_init__(self) -> None:
        positive = min(self.clv, self.alpha, self.beta) > 0
        if not positive or min(self.offer_cost, self.contact_cost) < 0:
            raise ValueError(f"clv, alpha and beta must be > 0 and costs >= 0; got {self}")
        if self.offer_cost >= self.clv:
            raise ValueError(f"an offer must cost less than the account is worth; got {self}")


PAPER = Campaign()


@dataclass(frozen=True)
class ExpectedProfit:
    """EMPC per account of the base, and the share of the base to contact for it."""

    per_account: float
    share: float


def expected_profit(
    y: Floats, score: Floats, *, weights: Floats | None = None, campaign: Campaign = PAPER
) -> ExpectedProfit:
    """Return the expected maximum profit of contacting accounts by falling score.

    Parameters
    ----------
    y : ndarray (n,)
        1.0 for churners; both classes are needed, else everything is NaN.
    score : ndarray (n,)
        Any score that ranks; ties are contacted together.
    weights : ndarray (n,), optional
        How often each row counts.
    campaign : Campaign
    """
    weights = np.ones_like(y) if weights is None else weights
    events, others = float(weights @ y), float(weights @ (1 - y))
    if not events or not others:
        return ExpectedProfit(float("nan"), float("nan"))
    found, wrong = roc_hull(y, score, weights=weights)
    rate = events / (events + others)
    return hull_profit(rate * found / events, (1 - rate) * wrong / others, campaign=campaign)


def roc_hull(y: Floats, score: Floats, *, weights: Floats) -> tuple[Floats, Floats]:
    """Return events and others contacted at the vertices of the convex hull of the ROC curve.

    The hull is what pooling adjacent violators makes of the labels in the order of the score
    (Fawcett and Niculescu-Mizil, 2007). Both start at 0 and end at the totals.
    """
    order = np.argsort(-score, kind="stable")
    order = order[weights[order] > 0]
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    size = np.add.reduceat(weights[order], starts)
    hits = np.add.reduceat(weights[order] * y[order], starts)
    blocks = isotonic_regression(hits / size, weights=size, increasing=False).blocks[:-1]
    found = np.add.reduceat(hits, blocks)
    wrong = np.add.reduceat(size - hits, blocks)
    return np.r_[0.0, found.cumsum()], np.r_[0.0, wrong.cumsum()]


def hull_profit(found: Floats, wrong: Floats, *, campaign: Campaign = PAPER) -> ExpectedProfit:
    """Integrate the best vertex over the acceptance rate.

    Parameters
    ----------
    found, wrong : ndarray (v,)
        Churners and others contacted at each vertex of the hull, as shares of the whole base;
        from 0 and 0 to shares that sum to 1, the slope `found` over `wrong` falling.
    campaign : Campaign

    Notes
    -----
    At acceptance rate g a vertex earns `(g (clv - d) - f) found - (d + f) wrong`, d and f the
    costs of offer and contact: linear in g, so vertex i is best between the rates at which its two
    edges break even, and both integrals are incomplete beta functions.
    """
    kept = campaign.clv - campaign.offer_cost
    lost = campaign.offer_cost + campaign.contact_cost
    edges = np.r_[0.0, _break_even(np.diff(found), np.diff(wrong), campaign=campaign), 1.0]
    mass: Floats = np.diff(betainc(campaign.alpha, campaign.beta, edges))
    mean = campaign.alpha / (campaign.alpha + campaign.beta)
    moment: Floats = np.diff(betainc(campaign.alpha + 1, campaign.beta, edges))
    profit = kept * mean * found * moment - (campaign.contact_cost * found + lost * wrong) * mass
    return ExpectedProfit(float(profit.sum()), float(((found + wrong) * mass).sum()))


def _break_even(found: Floats, wrong: Floats, *, campaign: Campaign) -> Floats:
    """Return the acceptance rate in [0, 1] at which each edge of the hull begins to pay."""
    lost = campaign.offer_cost + campaign.contact_cost
    with np.errstate(divide="ignore"):
        worse = np.where(found > 0, wrong / np.where(found > 0, found, 1.0), np.inf)
    rate = (lost * worse + campaign.contact_cost) / (campaign.clv - campaign.offer_cost)
    return np.minimum(rate, 1.0)
