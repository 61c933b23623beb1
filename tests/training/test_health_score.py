"""The hand-weighted health score: weights are whole, ends are 0 and 100, unknown is no zero."""

import pyarrow as pa
import pytest

from features.catalogue import CATALOGUE
from training.models.health_score import PARTS, health_score, missing_columns


def table(**values) -> pa.Table:
    return pa.table(
        {part.feature: pa.array([values.get(part.feature)], pa.float64()) for part in PARTS}
    )


def test_weights_sum_to_a_hundred_and_every_part_is_a_feature_of_ours() -> None:
    assert sum(part.weight for part in PARTS) == 100
    assert {part.feature for part in PARTS} <= set(CATALOGUE.names)
    directions = {feature.name: feature.churn for feature in CATALOGUE.features}
    for part in PARTS:
        assert directions[part.feature] * (part.bad - part.good) >= 0, part.feature


def test_all_good_is_a_hundred_and_all_bad_is_nothing() -> None:
    assert health_score(table(**{part.feature: part.good for part in PARTS}))[0] == 100
    assert health_score(table(**{part.feature: part.bad for part in PARTS}))[0] == 0
    far = {part.feature: part.good + 9 * (part.good - part.bad) for part in PARTS}
    assert health_score(table(**far))[0] == 100


def test_what_is_unknown_leaves_its_weight_to_the_rest() -> None:
    one = PARTS[0]
    assert health_score(table(**{one.feature: one.good}))[0] == 100
    assert health_score(table())[0] == 50
    two = health_score(table(**{one.feature: one.good, PARTS[1].feature: PARTS[1].bad}))[0]
    assert two == pytest.approx(100 * one.weight / (one.weight + PARTS[1].weight))


def test_a_foreign_table_is_told_what_it_lacks() -> None:
    assert missing_columns(pa.table({"idle": [1.0]}))[0] == PARTS[0].feature
    assert missing_columns(table()) == []
