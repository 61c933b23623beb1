"""Half of a blend is the simplest of the best; the rest lowers the out-of-fold loss, or nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from training.measures.metrics import row_log_loss
from training.models.blending import FEWEST_PICKS, N_PICKS, blend_weights


def drawn(seed: int, n_shapes: int, n: int = 400):
    """Return margins that each miss the truth in a way of their own, and outcomes."""
    random = np.random.default_rng(seed)
    truth = random.normal(size=n) * 1.5
    y = (random.random(n) < expit(truth)).astype(float)
    return [truth + random.normal(size=n) * random.uniform(0.2, 2) for _ in range(n_shapes)], y


def loss(margin, y) -> float:
    return float(row_log_loss(y, expit(margin)).mean())


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), n_shapes=st.integers(1, 6), at=st.integers(0, 5))
def test_weights_are_shares_and_half_is_the_simplest(seed: int, n_shapes: int, at: int) -> None:
    margins, y = drawn(seed, n_shapes)
    simplest = at % n_shapes
    weights = blend_weights(margins, y, simplest=simplest)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    assert weights[simplest] >= 0.5
    shares = weights[weights > 0] - 0.5 * (np.flatnonzero(weights) == simplest)
    assert ((shares >= FEWEST_PICKS / (2 * N_PICKS) - 1e-9) | (shares < 1e-9)).all()


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), n_shapes=st.integers(2, 5), at=st.integers(0, 4))
def test_a_blend_is_not_worse_out_of_fold_than_the_simplest_alone(
    seed: int, n_shapes: int, at: int
) -> None:
    margins, y = drawn(seed, n_shapes)
    simplest = at % n_shapes
    weights = blend_weights(margins, y, simplest=simplest)
    blended = loss(np.tensordot(weights, margins, axes=1), y)
    assert blended <= loss(margins[simplest], y) + 1e-12


def test_errors_of_their_own_are_averaged_away() -> None:
    margins, y = drawn(0, 2, n=20_000)
    weights = blend_weights(margins, y, simplest=0)
    assert (weights > 0).all()
    assert loss(np.tensordot(weights, margins, axes=1), y) < min(loss(m, y) for m in margins)


def test_what_only_adds_noise_has_no_part() -> None:
    random = np.random.default_rng(1)
    truth = random.normal(size=20_000)
    y = (random.random(20_000) < expit(truth)).astype(float)
    noisy = truth + 4 * random.normal(size=20_000)
    assert blend_weights([truth, noisy], y, simplest=0).tolist() == [1.0, 0.0]


def test_the_order_of_the_rows_does_not_matter() -> None:
    margins, y = drawn(2, 4)
    order = np.random.default_rng(0).permutation(len(y))
    moved = blend_weights([margin[order] for margin in margins], y[order], simplest=1)
    assert np.allclose(moved, blend_weights(margins, y, simplest=1))
