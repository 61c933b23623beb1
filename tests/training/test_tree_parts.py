"""Two parts of the trees: the first asks only what is known ahead, and both add up to the whole."""

import numpy as np
import pytest
from scipy.special import expit

from scoring.manifest import Column
from training.horizons.tree_parts import PLENTY_ROWS, Grown, Sample, grow, grow_again, shapes
from training.tables.splits import Fold

COLUMNS = (
    Column("n_events_28d", "number"),
    Column("term_days", "number"),
    Column("period_starts_days", "number"),
)
N = 4_000
FOLDS = [Fold(np.arange(k, N, 2), np.arange(1 - k, N, 2)) for k in range(2)]


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Return outcomes that come with little use, with short terms, and in late periods."""
    random = np.random.default_rng(0)
    use, term = random.normal(size=N), random.choice([30.0, 365.0], N)
    starts = random.choice([14.0, 104.0], N)
    offset = np.full(N, -1.5)
    y = random.random(N) < expit(offset - use + (term < 100) + (starts > 100))
    return Sample(
        design=np.column_stack([use, term, starts]),
        columns=COLUMNS,
        y=y.astype(float),
        offset=offset,
        fit=np.arange(N),
        overlap=1.0,
        seed=0,
    )


@pytest.fixture(scope="module")
def grown(sample: Sample) -> Grown:
    return grow(sample, FOLDS)


def test_use_changes_nothing_in_what_is_known_ahead(sample: Sample, grown: Grown) -> None:
    assert grown.ahead == (1, 2)
    other = sample.design.copy()
    other[:, 0] = -other[:, 0]
    parts, turned = grown.trees.of(sample.design), grown.trees.of(other)
    np.testing.assert_array_equal(parts.known, turned.known)
    assert np.corrcoef(parts.seen, turned.seen)[0, 1] < 0
    assert np.corrcoef(parts.known, sample.design[:, 1] < 100)[0, 1] > 0.5


def test_both_parts_add_up_to_the_margin_out_of_fold(sample: Sample, grown: Grown) -> None:
    checked, parts = grown.out_of_fold(sample)
    assert sorted(checked.tolist()) == list(range(N))
    whole = sample.offset[checked] + parts.known + parts.seen
    np.testing.assert_allclose(whole, grown.seen.margin)


def test_trees_fitted_again_ask_only_the_rows_given(sample: Sample, grown: Grown) -> None:
    rows = np.arange(N // 2)
    again = grow_again(sample, grown, rows)
    y = np.where(np.arange(N) < N // 2, sample.y, 1 - sample.y)
    poisoned = Sample(**{**vars(sample), "y": y})
    assert grow_again(poisoned, grown, rows) == again
    assert again.ahead == grown.ahead


def test_many_rows_take_longer_steps() -> None:
    few, many = (shapes(6.5, n_rows=n) for n in (PLENTY_ROWS - 1, PLENTY_ROWS))
    assert [shape.name for shape in few] == [shape.name for shape in many]
    assert all(a.rate < b.rate for a, b in zip(few, many, strict=True))
