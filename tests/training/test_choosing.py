"""The simplest shape that can hardly be told from the best is chosen."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.models.choosing import simplest_of_the_best
from training.models.menu import SHAPES, menu


def losses(*offsets: float, noise: float = 1.0, n: int = 400) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    base = random.exponential(size=n)
    return [base + offset + noise * random.normal(size=n) for offset in offsets]


def test_a_clearly_better_shape_wins_wherever_it_stands() -> None:
    assert simplest_of_the_best(losses(0.5, 0.4, 0.0), overlap=1.0) == 2
    assert simplest_of_the_best(losses(0.0, 0.4, 0.5), overlap=1.0) == 0


def test_equal_shapes_give_the_simplest() -> None:
    same = losses(0.0)[0]
    assert simplest_of_the_best([same, same, same], overlap=1.0) == 0


def test_where_rows_tell_of_the_same_event_more_is_asked_for() -> None:
    close = losses(0.1, 0.0)
    assert simplest_of_the_best(close, overlap=1.0) == 1
    assert simplest_of_the_best(close, overlap=100.0) == 0


@given(st.permutations(range(50)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    few = losses(0.05, 0.02, 0.0, n=50)
    shuffled = [loss[order] for loss in few]
    assert simplest_of_the_best(few, overlap=2.0) == simplest_of_the_best(shuffled, overlap=2.0)


def test_the_menu_goes_from_simple_to_deep() -> None:
    for overlap in (1.0, 3.2):
        leaves = [shape.n_leaves for shape in menu(overlap)]
        assert leaves == sorted(leaves)
        assert set(leaves) == {shape.n_leaves for shape in SHAPES}
        assert leaves[0] == 2
