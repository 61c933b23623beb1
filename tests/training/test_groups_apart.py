"""The model card tells calibration group by group, and each group's figures are its own rows'."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from features import CATALOGUE
from training import Roles
from training.checks.held_out import read_held_out
from training.measures.reliability import measure_reliability
from training.models.learning import Learnt, learn
from training.reports.document import Grid, Language
from training.reports.groups_apart import groups_section, reliability_of_groups
from training.tables.table import read_examples

ROLES = Roles("churn", label="left", entity="customer")


def learnt_from(table: pa.Table) -> Learnt:
    return learn(read_examples(table, ROLES), outcome="churn", seed=0)


@pytest.fixture(scope="module")
def named(make_customers: Callable[..., pa.Table]) -> Learnt:
    """Plans are called segments, and shade, which a few customers do not have, a use case."""
    table = make_customers(900).rename_columns(["customer", "idle", "segment", "use_case", "left"])
    shades = table["use_case"].to_pylist()
    blank = pa.array([None if row % 10 == 0 else shade for row, shade in enumerate(shades)])
    return learnt_from(table.set_column(3, "use_case", blank))


def test_every_group_is_measured_on_its_own_rows(named: Learnt) -> None:
    found = reliability_of_groups(named)
    rows = read_held_out(named.held_out)
    assert set(found["segment"]) == {"free", "pro", "team"}
    assert set(found["use_case"]) == {"red", "blue", "unknown"}
    for levels in found.values():
        assert sum(level.n for level in levels.values()) == len(rows.y)
        assert sum(level.n_events for level in levels.values()) == rows.y.sum()
    segment = np.asarray(named.examples.table["segment"].to_pylist())[named.split.test]
    free = segment == "free"
    alone = measure_reliability(rows.y[free], rows.probability[free], entity=rows.entity[free])
    assert found["segment"]["free"] == alone


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("Use case", "unknown")), ("ja", ("利用目的", "不明"))]
)
def test_the_card_shows_them_in_both_languages(
    named: Learnt, language: Language, words: tuple[str, str]
) -> None:
    *_, grid = groups_section(reliability_of_groups(named), CATALOGUE, language)
    assert isinstance(grid, Grid)
    assert [row[1] for row in grid.rows if row[0] == words[0]] == ["blue", "red", words[1]]
    assert all(len(row) == len(grid.head) for row in grid.rows)


def test_a_table_that_names_no_group_has_no_section(make_customers) -> None:
    found = reliability_of_groups(learnt_from(make_customers(400)))
    assert found == {}
    assert groups_section(found, None, "en") == []


def test_of_many_levels_the_largest_are_told(make_customers) -> None:
    table = make_customers(900)
    names = [f"S{int(np.sqrt(row)):02d}" for row in range(900)]
    table = table.set_column(2, "segment", pa.array(names))
    told = reliability_of_groups(learnt_from(table))["segment"]
    assert len(told) == 12
    assert min(level.n for level in told.values()) > 1
