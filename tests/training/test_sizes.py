"""Sizes of change: each third of accounts has its own, unless it has seen too few."""

import numpy as np
import pyarrow as pa

from training.forecasting.quarters import QUARTERS, make_quarters, quarter_rows
from training.forecasting.sizes import FEWEST_CHANGES, Sizes, sizes_of_change
from training.horizons.periods import OUTCOMES
from training.horizons.person_periods import Followed

EXPANSION, CONTRACTION = OUTCOMES.index("expansion"), OUTCOMES.index("contraction")
N = 90
ARR = np.repeat([100.0, 1_000.0, 10_000.0], N // 3)
GROWTH = np.repeat([1.5, 1.3, 1.1], N // 3)


def found(shrinking: int) -> Sizes:
    """All grow in the first quarter, by class; some of the largest shrink in the second."""
    arr = np.repeat(ARR[:, np.newaxis], 5, axis=1) * np.where(
        np.arange(5), GROWTH[:, np.newaxis], 1
    )
    arr[N - shrinking :, 2:] *= 0.8
    never = Followed(np.full(N, np.inf), np.full(N, -1), np.full(N, 999.0), np.ones(N, bool))
    quarters = make_quarters(pa.table({"account_id": [str(n) for n in range(N)]}), never, arr)
    rows = quarter_rows(quarters)
    return sizes_of_change(quarters, rows, np.ones(len(rows.period), bool))


def drawn(sizes: Sizes, outcome: int) -> np.ndarray:
    return sizes.drawn(ARR, np.full((7, N), outcome), np.random.default_rng(0))


def test_large_accounts_grow_by_their_own_sizes() -> None:
    np.testing.assert_allclose(drawn(found(0), EXPANSION), np.broadcast_to(GROWTH, (7, N)))


def test_a_class_that_saw_few_changes_has_those_of_all() -> None:
    assert FEWEST_CHANGES > 5
    np.testing.assert_allclose(drawn(found(5), CONTRACTION), 0.8)


def test_who_leaves_keeps_nothing_and_who_does_nothing_keeps_all() -> None:
    sizes = found(0)
    assert (drawn(sizes, OUTCOMES.index("voluntary_churn")) == 0).all()
    assert (drawn(sizes, len(OUTCOMES)) == 1).all()
    assert sizes.quantiles.shape == (3, len(OUTCOMES) + 1, 201)
    assert len(QUARTERS.ends) == 4
