"""A straight line is drawn from few rows, written as trees, and explained exactly."""

import numpy as np
import pytest

from scoring.booster import contributions, margins
from scoring.manifest import Column
from training.models.boosting import boost
from training.models.menu import menu
from training.models.straight import ROWS_ENOUGH, choose_strength, fit_straight, thinned
from training.models.trees import Kit
from training.tables.splits import folds_by_entity

COLUMNS = (Column("a", "number"), Column("b", "number"), Column("city", "category"))
COLUMNS_MORE = (*COLUMNS, Column("never", "number"), Column("same", "number"))


def drawn(n: int, *, seed: int = 0, n_levels: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose log-odds are a sum over columns; a tenth of `a` is missing."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(n, 3))
    matrix[:, 2] = random.integers(0, n_levels, n)
    effect = np.random.default_rng(99).normal(size=n_levels)
    logit = matrix[:, 0] - 0.7 * matrix[:, 1] + effect[matrix[:, 2].astype(int)] - 0.5
    matrix[random.random(n) < 0.1, 0] = np.nan
    y = (random.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    return np.column_stack([matrix, np.full(n, np.nan), np.ones(n)]), y


def test_a_staircase_says_what_the_line_says() -> None:
    matrix, y = drawn(1_500)
    rows = np.arange(1_000)
    line = fit_straight(matrix, y, COLUMNS_MORE, rows=rows, strength=0.3)
    stairs = Kit(matrix, y, COLUMNS_MORE, seed=0).staircase(line)
    wanted = line.base + line.parts.sum(axis=1)
    away = margins([stairs], matrix[rows]) - wanted
    assert away.std() < 0.05 * wanted.std()
    assert np.allclose(line.parts.mean(axis=0), 0.0)
    assert np.allclose(line.parts[:, 3:], 0.0)  # never seen, never changed
    assert stairs.feature_importance()[3:].tolist() == [0, 0]


def test_reasons_of_trees_from_a_line_add_up() -> None:
    matrix, y = drawn(1_000)
    kit = Kit(matrix, y, COLUMNS_MORE, seed=0)
    stairs = kit.staircase(
        fit_straight(matrix, y, COLUMNS_MORE, rows=np.arange(1_000), strength=0.3)
    )
    begun = kit.train(menu(1.0, straight=True)[0], np.arange(1_000), n_trees=5, start=stairs)
    assert begun.num_trees() == stairs.num_trees() + 5
    odd = matrix[:3].copy()
    odd[0], odd[1, 2], odd[2] = np.nan, 500.0, 1e6  # nothing known, a new level, far out
    for rows in (matrix, odd):
        total = contributions([begun], rows).sum(axis=1)
        assert np.allclose(total, margins([begun], rows), atol=1e-9)
    assert np.abs(margins([begun], odd)).max() < 10


def test_a_column_that_hardly_varies_has_no_stairs() -> None:
    matrix = np.zeros((400, 1))
    matrix[[3, 7]] = np.nan
    y = (np.arange(400) % 4 == 0).astype(float)
    kit = Kit(matrix, y, (Column("flag", "number"),), seed=0)
    line = fit_straight(matrix, y, kit.columns, rows=np.arange(400), strength=0.3)
    stairs = kit.staircase(line)
    assert not margins([stairs], matrix).any()


def test_few_rows_of_a_linear_truth_start_straight() -> None:
    matrix, y = drawn(300, n_levels=2)
    rows = np.arange(300)
    folds = folds_by_entity(rows.astype(str), rows)
    boosted = boost(matrix, y, COLUMNS_MORE, fit=rows, folds=folds, overlap=1.0, seed=0)
    assert boosted.shape.straight
    assert boosted.strength == choose_strength(matrix, y, COLUMNS_MORE, folds)
    plain = min(loss for name, loss in boosted.losses.items() if "straight" not in name)
    assert boosted.losses[boosted.shape.name] < plain


def test_strong_interactions_are_found_as_before() -> None:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(800, 3))
    y = (matrix[:, 0] * matrix[:, 1] > 0).astype(float)
    columns = [Column(name, "number") for name in "abc"]
    rows = np.arange(800)
    folds = folds_by_entity(rows.astype(str), rows)
    boosted = boost(matrix, y, columns, fit=rows, folds=folds, overlap=1.0, seed=0)
    # With half of the columns a tree and a strong penalty it was 0.018.
    assert boosted.losses[boosted.shape.name] < 0.012


def test_known_log_odds_need_no_line() -> None:
    matrix, y = drawn(300)
    rows = np.arange(300)
    folds = folds_by_entity(rows.astype(str), rows)
    offset = np.full(300, -0.3)
    boosted = boost(
        matrix, y, COLUMNS_MORE, fit=rows, folds=folds, overlap=1.0, seed=0, offset=offset
    )
    assert boosted.strength is None
    assert not any("straight" in name for name in boosted.losses)


@pytest.mark.parametrize(("n", "kept"), [(10, 10), (3 * ROWS_ENOUGH, ROWS_ENOUGH)])
def test_a_long_table_is_thinned_evenly(n: int, kept: int) -> None:
    rows = thinned(np.arange(n))
    assert len(np.unique(rows)) == kept
    assert (rows[0], rows[-1]) == (0, n - 1)


def test_the_menu_offers_the_smallest_shapes_from_a_line() -> None:
    offered = menu(3.0, straight=True)
    assert [shape.n_leaves for shape in offered if shape.straight] == [2, 4, 8]
    assert all(shape.rows_as_one == 3.0 for shape in offered if shape.straight)
    assert offered[3:] == menu(3.0)
    assert offered[0].words == "2 leaves from a straight line, 3.0 rows as one"
