"""EMPC: closed forms, numerical integration over the acceptance rate, and published values."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from training.measures.emp import Campaign, expected_profit, hull_profit, roc_hull

Y = np.array([0.0, 1.0] * 10)

# 221 customers, 74 of them churners: how many of each are contacted at the corners of the ROC
# curve's hull, in the example that the tests of empulse (github.com/ShimantoRahman/empulse,
# tests/metrics/test_churn.py) hold beside these values of EMPC and of the share to contact.
FOUND = np.array([0, 1, 21, 25, 27, 38, 55, 64, 73, 74, 74]) / 221
WRONG = np.array([0, 0, 2, 3, 4, 11, 26, 34, 74, 120, 147]) / 221
PUBLISHED = [
    (Campaign(), 14.9946647690104, 0.5807038600143406),
    (Campaign(alpha=2), 5.04518077557418, 0.3984799748965802),
    (Campaign(beta=5), 30.2276738879406, 0.6595939761685953),
    (Campaign(clv=50), 1.62729137977619, 0.3397172176773871),
    (Campaign(offer_cost=100), 1.95497116583216, 0.11706222855204537),
    (Campaign(contact_cost=15), 8.47435415117762, 0.40263339050268493),
    (Campaign(300, 50, 25, 10, 7), 23.8505727106226, 0.4360480478313282),
]


@pytest.mark.parametrize(("campaign", "profit", "share"), PUBLISHED)
def test_published_values(campaign: Campaign, profit: float, share: float) -> None:
    found = hull_profit(FOUND, WRONG, campaign=campaign)
    assert found.per_account == pytest.approx(profit, abs=1e-6)
    assert found.share == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(
    ("score", "profit", "share"),
    [
        (Y, 28.0000000000391, 0.499999999728095),
        (1 - Y, 22.5007912244511, 0.9991601018889205),
        (0 * Y, 22.5007912244511, 0.9991601018889205),
    ],
)
def test_published_values_of_the_extremes(score, profit: float, share: float) -> None:
    found = expected_profit(Y, score)
    assert found.per_account == pytest.approx(profit, abs=1e-9)
    assert found.share == pytest.approx(share, abs=1e-9)


# Ten customers by name, from the tests of ProfLogit (Stripling, vanden Broucke, Antonio, Baesens,
# Snoeck 2018, Swarm and Evolutionary Computation 40; Baesens is an author of EMPC's paper, too).
LEFT = np.array([1, 1, 0, 0, 0, 1, 1, 1, 1, 0], dtype=float)
SCORES = (0.6125478, 0.3642710, 0.4321361, 0.1402911, 0.3848959,
          0.2444155, 0.9706413, 0.8901728, 0.7817814, 0.8687518)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "profit"),
    [
        ({}, 30.3003222629848),
        ({0: 0.287577520124614}, 30.3001182343737),
        ({0: 0.287577520124614, 6: 0.113703411305323}, 29.2002764792561),
    ],
)
def test_published_values_of_ten_customers(changed: dict[int, float], profit: float) -> None:
    score = np.array([changed.get(place, score) for place, score in enumerate(SCORES)])
    assert expected_profit(LEFT, score).per_account == pytest.approx(profit, abs=1e-9)


@pytest.mark.parametrize(
    ("n", "campaign", "profit", "share"),
    [
        (200, Campaign(), 11.557404422741307, 0.75405573448566),
        (300, Campaign(120, 30, 4, 2.5, 3), 3.4223671203343566, 0.10983792223522115),
        (300, Campaign(300, 50, 25, 10, 7), 11.661884520189387, 0.15052599040692202),
        (500, Campaign(clv=50), 1.0579908199521895, 0.10230544423179136),
    ],
)
def test_the_authors_own_program(n: int, campaign: Campaign, profit: float, share: float) -> None:
    """What EMP-PY 2.0.4 answers to the same rows, the paper's first author among its own."""
    i = np.arange(n)
    y = ((i * 37) % 10 < 3).astype(float)
    found = expected_profit(y, (i * 61) % 97 / 97 + 0.3 * y, campaign=campaign)
    assert found.per_account == pytest.approx(profit, abs=1e-12)
    assert found.share == pytest.approx(share, abs=1e-12)


def by_quadrature(found, wrong, c: Campaign) -> float:
    """The definition: the best vertex at every acceptance rate, averaged."""

    def best(rate: float) -> float:
        profit = found * (rate * (c.clv - c.offer_cost) - c.contact_cost)
        best_vertex = (profit - wrong * (c.offer_cost + c.contact_cost)).max()
        return float(best_vertex * beta.pdf(rate, c.alpha, c.beta))

    pieces = pairwise(np.linspace(0, 1, 41))
    return sum(quad(best, low, high, epsabs=1e-12, limit=400)[0] for low, high in pieces)


@pytest.mark.parametrize("campaign", [Campaign(), Campaign(120, 30, 4, 2.5, 3)])
def test_a_roc_curve_of_two_points_is_the_integral(campaign: Campaign) -> None:
    found, wrong = np.array([0, 0.06, 0.09, 0.1]), np.array([0, 0.05, 0.3, 0.9])
    exact = hull_profit(found, wrong, campaign=campaign).per_account
    assert exact == pytest.approx(by_quadrature(found, wrong, campaign), abs=1e-9)


def test_perfect_scores_in_closed_form() -> None:
    """All churners at every rate that pays: with a contact for free, no rate does not."""
    y = np.repeat([1.0, 0.0], [30, 170])
    found = expected_profit(y, y, campaign=Campaign(contact_cost=0.0))
    assert found.per_account == pytest.approx(0.15 * 0.3 * 190, abs=1e-12)
    assert found.share == pytest.approx(0.15, abs=1e-12)


def test_a_useless_score_contacts_nobody_or_everybody() -> None:
    y = np.repeat([1.0, 0.0], [10, 190])
    c = Campaign()
    pays = (11 * 19 + 1) / 190
    assert pays > 1
    nobody = expected_profit(y, np.zeros(200), campaign=c)
    assert (nobody.per_account, nobody.share) == (0.0, 0.0)


tables = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=4, max_size=40)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables)
def test_the_hull_is_concave_and_above_every_cut(rows) -> None:
    y, score = np.array(rows, dtype=float).T
    if y.min() == y.max():
        assert np.isnan(expected_profit(y, score).per_account)
        return
    found, wrong = roc_hull(y, score, weights=np.ones_like(y))
    steps_found, steps_wrong = np.diff(found), np.diff(wrong)
    assert (found[-1], wrong[-1]) == (y.sum(), (1 - y).sum())
    turns = steps_found[:-1] * steps_wrong[1:] - steps_found[1:] * steps_wrong[:-1]
    assert (turns > -1e-9).all()
    for price in (0.0, 0.3, 1.0, 4.0):
        best = max((y - price * (1 - y))[score >= cut].sum() for cut in np.unique(score))
        assert (found - price * wrong).max() == pytest.approx(max(best, 0.0), abs=1e-9)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(tables, st.integers(0, 1000))
def test_only_the_order_counts_and_weights_are_copies(rows, seed: int) -> None:
    y, score = np.array(rows, dtype=float).T
    if y.min() == y.max():
        return
    plain = expected_profit(y, score)
    assert expected_profit(y, np.exp(score)) == plain
    weights = np.random.default_rng(seed).integers(0, 3, len(y)).astype(float)
    copies = np.repeat(np.arange(len(y)), weights.astype(int))
    if len(set(y[copies].tolist())) == 2:
        weighted = expected_profit(y, score, weights=weights)
        copied = expected_profit(y[copies], score[copies])
        assert weighted.per_account == pytest.approx(copied.per_account, abs=1e-9)
        assert weighted.share == pytest.approx(copied.share, abs=1e-9)


@pytest.mark.parametrize("wrong", [{"clv": 0}, {"offer_cost": 200}, {"contact_cost": -1}])
def test_a_campaign_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="got Campaign"):
        Campaign(**wrong)
