"""The same seed gives the same bytes; the menu grows thrifty where rows repeat events."""

import numpy as np
import pytest

from scoring.booster import margins, read_booster
from training.models.boosting import boost, fit_trees
from training.models.menu import DRAWN, SHAPES, Shape, menu, menu_of_plenty, parameters
from training.models.straight import fit_straight
from training.models.trees import Kit
from training.tables.roles import Roles
from training.tables.splits import split_by_entity
from training.tables.table import read_examples


def learnt(table, seed: int, **options):
    found = read_examples(table, Roles("churn", label="left", entity="customer"))
    split = split_by_entity(found.entity, found.y, seed=0)
    return found, split, boost(
        found.matrix, found.y, found.columns,
        fit=split.fit, folds=split.folds, overlap=1.0, seed=seed, **options,
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


@pytest.mark.parametrize("overlap", [1.0, 3.0])
def test_every_shape_has_a_name_and_words_of_its_own(overlap: float) -> None:
    for shapes in (menu(overlap, straight=True), menu_of_plenty(overlap)):
        assert len({shape.name for shape in shapes}) == len(shapes)
        assert len({shape.words for shape in shapes}) == len(shapes)


def test_the_last_shape_is_free() -> None:
    free = parameters(SHAPES[-1], n_rows=100_000, seed=0)
    assert (free["lambda_l2"], free["feature_fraction"], free["min_data_in_leaf"]) == (0, 1, 5)
    cautious = parameters(SHAPES[0], n_rows=100_000, seed=0)
    assert (cautious["lambda_l2"], cautious["feature_fraction"]) == (5, 0.5)


def test_drawn_thresholds_only_add_to_another_shape(make_customers) -> None:
    assert [s.drawn for s in menu(3.0, straight=True, drawn=True)].count(True) == 1
    assert parameters(DRAWN, n_rows=100_000, seed=0)["extra_trees"]
    assert not any(parameters(s, n_rows=100_000, seed=0)["extra_trees"] for s in SHAPES)
    # A shape that could learn nothing but for its draws is still not the one half is given to.
    blended = learnt(make_customers(500), 0, blend=True, shapes=(Shape(2, 1, penalty=1e9), DRAWN))[
        2
    ]
    assert [(part.shape.drawn, part.weight) for part in blended.parts] == [
        (False, 0.5),
        (True, 0.5),
    ]
    assert not any("drawn" in name for name in learnt(make_customers(500), 0)[2].losses)


def test_half_of_the_model_is_the_simplest_of_the_best(make_customers) -> None:
    boosted = learnt(make_customers(500), 0, blend=True)[2]
    assert len(boosted.parts) > 1
    assert boosted.parts[0].weight >= 0.5
    assert sum(part.weight for part in boosted.parts) == pytest.approx(1.0)
    assert list(boosted.parts) == sorted(boosted.parts, key=lambda part: -part.weight)
    alone = learnt(make_customers(500), 0)[2]
    assert [part.weight for part in alone.parts] == [1.0]
    assert alone.shape == boosted.shape
    assert alone.losses.items() <= boosted.losses.items()


def test_a_blend_has_the_trees_of_its_parts_and_the_margins_of_its_folds(make_customers) -> None:
    found, split, boosted = learnt(make_customers(500), 0, blend=True, shapes=SHAPES)
    assert len(boosted.parts) > 1
    assert boosted.text.count("\nTree=") == boosted.n_trees
    said = [
        margins([read_booster(text, n_columns=len(found.columns))], found.matrix[fold.check])
        for text, fold in zip(boosted.folds, split.folds, strict=True)
    ]
    assert np.allclose(np.concatenate(said), boosted.margin, rtol=0, atol=1e-9)


def test_what_goes_out_is_the_same_blend_on_more_rows(make_customers) -> None:
    found, split, boosted = learnt(make_customers(500), 0, blend=True)
    assert len(boosted.parts) > 1
    asked = {"chosen": boosted, "n_fit": len(split.fit), "seed": 0}
    again = fit_trees(found.matrix, found.y, found.columns, rows=split.fit, **asked)
    assert again == (boosted.text, boosted.parts)
    every = np.arange(len(found.y))
    _, parts = fit_trees(found.matrix, found.y, found.columns, rows=every, **asked)
    for before, after in zip(boosted.parts, parts, strict=True):
        assert (after.shape, after.weight) == (before.shape, before.weight)
        assert after.n_trees == round(before.n_trees * len(every) / len(split.fit))


def test_a_blends_line_stands_once_with_the_weight_of_all_that_start_from_it(
    make_customers,
) -> None:
    found, split, boosted = learnt(make_customers(500), 0, blend=True)
    begun = [part for part in boosted.parts if part.shape.straight]
    assert len(begun) > 1
    kit = Kit(found.matrix, found.y, tuple(found.columns), 0)
    line = fit_straight(
        found.matrix, found.y, found.columns, rows=split.fit, strength=boosted.strength
    )
    stairs = kit.staircase(line)
    assert boosted.text.count("\nTree=") == boosted.n_trees + stairs.num_trees()
    wanted = np.zeros(len(found.y))
    for part in boosted.parts:
        start = stairs if part.shape.straight else None
        alone = kit.train(part.shape, split.fit, n_trees=part.n_trees, start=start)
        wanted += part.weight * margins([alone], found.matrix)
    joined = read_booster(boosted.text, n_columns=len(found.columns))
    assert np.allclose(margins([joined], found.matrix), wanted, rtol=0, atol=1e-9)
