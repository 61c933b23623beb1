"""The same seed gives the same bytes; the menu grows thrifty where rows repeat events."""

import numpy as np

from training.models.boosting import boost
from training.models.menu import SHAPES, menu, parameters
from training.tables.roles import Roles
from training.tables.splits import split_by_entity
from training.tables.table import read_examples


def learnt(table, seed: int):
    found = read_examples(table, Roles("churn", label="left", entity="customer"))
    split = split_by_entity(found.entity, found.y, seed=0)
    return found, split, boost(
        found.matrix, found.y, found.columns,
        fit=split.fit, folds=split.folds, overlap=1.0, seed=seed,
    )  # fmt: skip


def test_same_seed_same_bytes(make_customers) -> None:
    first, second, other = (learnt(make_customers(500), seed)[2] for seed in (1, 1, 2))
    assert first.text == second.text
    assert first.text != other.text
    assert np.array_equal(first.margin, second.margin)


def test_margins_to_calibrate_on_cover_the_fit_rows_once(make_customers) -> None:
    _, split, boosted = learnt(make_customers(500), 0)
    assert np.array_equal(np.sort(boosted.checked), np.sort(split.fit))
    assert len(boosted.margin) == len(boosted.checked)


def test_a_shape_with_hardly_more_than_the_lowest_inner_loss_is_chosen(make_customers) -> None:
    boosted = learnt(make_customers(500), 0)[2]
    assert boosted.losses[boosted.shape.name] < min(boosted.losses.values()) + 0.001


def test_repeated_events_ask_for_larger_leaves() -> None:
    assert menu(1.0) == SHAPES
    thrifty = menu(3.0)
    assert set(SHAPES[:3]) < set(thrifty)
    plain, larger = (parameters(s, n_rows=100_000, seed=0) for s in (SHAPES[0], thrifty[0]))
    assert larger["min_data_in_leaf"] == 3 * plain["min_data_in_leaf"] == 120
    assert "scale_pos_weight" not in plain
    assert parameters(SHAPES[0], n_rows=200, seed=0)["min_data_in_leaf"] < 10
