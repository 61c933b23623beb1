"""Two parts of the trees: the first asks only what is known ahead, and both add up to the whole."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from scipy.special import expit

from scoring.manifest import Column
from training.horizons.period_design import Snapshots, design_columns
from training.horizons.periods import Periods
from training.horizons.tree_parts import PLENTY_ROWS, Grown, Sample, grow, grow_again, shapes
from training.models.trying import MAX_TREES
from training.tables.splits import Fold

COLUMNS = (Column("n_events_28d", "number"), Column("term_days", "number"))
PERIODS = Periods(ends=(30, 90))
N_SNAPSHOTS = 2_000
SNAPSHOT, PERIOD = np.divmod(np.arange(2 * N_SNAPSHOTS), 2)
N = len(SNAPSHOT)
FOLDS = [
    Fold(np.flatnonzero(k == SNAPSHOT % 2), np.flatnonzero(k != SNAPSHOT % 2)) for k in range(2)
]


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Return outcomes that come with little use, with short terms, and in late periods."""
    random = np.random.default_rng(0)
    use, term = random.normal(size=N_SNAPSHOTS), random.choice([30.0, 365.0], N_SNAPSHOTS)
    snapshots = Snapshots(np.column_stack([use, term]), COLUMNS, PERIODS)
    offset = np.full(N, -1.5)
    y = random.random(N) < expit(offset - use[SNAPSHOT] + (term[SNAPSHOT] < 100) + PERIOD)
    return Sample(
        snapshots=snapshots,
        snapshot=SNAPSHOT,
        design=snapshots.rows(SNAPSHOT, PERIOD),
        columns=design_columns(COLUMNS),
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
    matrix = sample.snapshots.matrix
    other = replace(sample.snapshots, matrix=matrix * [-1.0, 1.0])
    parts, turned = grown.trees.of(sample.snapshots), grown.trees.of(other)
    np.testing.assert_array_equal(parts.lasting, turned.lasting)
    np.testing.assert_array_equal(parts.calendar, turned.calendar)
    assert np.corrcoef(parts.seen[:, 0], turned.seen[:, 0])[0, 1] < 0
    assert np.corrcoef(parts.lasting[:, 0], matrix[:, 1] < 100)[0, 1] > 0.5
    assert (np.diff(parts.calendar, axis=1) > 0).all()


def test_the_parts_add_up_to_the_margin_out_of_fold(sample: Sample, grown: Grown) -> None:
    parts, checked = grown.out_of_fold(sample, FOLDS), grown.seen.checked
    assert sorted(checked.tolist()) == list(range(N))
    whole = (parts.lasting + parts.calendar + parts.seen)[SNAPSHOT[checked], PERIOD[checked]]
    np.testing.assert_allclose(sample.offset[checked] + whole, grown.seen.margin)


def test_snapshots_that_no_fold_checks_have_no_parts(sample: Sample, grown: Grown) -> None:
    folds = [FOLDS[0], Fold(FOLDS[1].learn, FOLDS[1].check[:100])]
    parts = grown.out_of_fold(sample, folds)
    checked = np.unique(SNAPSHOT[np.concatenate([fold.check for fold in folds])])
    for part in astuple(parts):
        told = np.flatnonzero(np.isfinite(part).all(axis=1))
        np.testing.assert_array_equal(told, checked)


def test_what_goes_out_has_more_trees_by_the_root_of_its_rows(grown: Grown) -> None:
    for part in (grown.known, grown.seen):
        counted = {text.count("\nTree=") for text in part.folds}
        assert len(counted) == 1
        assert part.n_trees == min(MAX_TREES, round(counted.pop() * 2**0.5))
        assert part.text.count("\nTree=") <= part.n_trees


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
