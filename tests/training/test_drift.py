"""Drift is measured with its error, and only a jump beyond a column's own pace rings."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import norm

from scoring.manifest import Column
from training.checks.serving_drift import no_serving_drift
from training.measures.drift import Drift, Sample, bin_codes, bin_edges, column_drift
from training.models.learning import learn
from training.tables.newest import newest_rows
from training.tables.roles import Roles
from training.tables.table import read_examples

sys.path.append(str(Path(__file__).parent))  # modules beside the tests

from lived import lived

NUMBER = [Column("x", "number")]


def moved(then: np.ndarray, now: np.ndarray, entity: np.ndarray | None = None) -> Drift:
    """The drift of one number column."""
    entity = names(len(now)) if entity is None else entity
    samples = Sample(then[:, None], names(len(then))), Sample(now[:, None], entity)
    return column_drift(*samples, NUMBER)[0]


def names(n: int, rows_each: int = 1) -> np.ndarray:
    return np.repeat([f"A{k}" for k in range(n)], rows_each)


def test_the_index_of_a_shift_is_that_of_the_formula() -> None:
    random = np.random.default_rng(0)
    then, now = random.normal(size=4000), random.normal(0.5, 1, size=4000)
    edges = np.r_[-np.inf, norm.ppf(np.arange(1, 10) / 10), np.inf]
    p, q = (np.diff(norm.cdf(edges, loc=loc)) for loc in (0.0, 0.5))
    found = moved(then, now)
    assert found.low < float(((q - p) * np.log(q / p)).sum()) < found.high
    assert found.low <= found.psi <= found.high


def test_the_same_rows_have_not_moved_and_order_does_not_matter() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=600)
    same = moved(rows, rows)
    assert same.psi == pytest.approx(0, abs=1e-12)
    assert same.low == 0
    assert moved(rows, random.permutation(rows)).psi == pytest.approx(0, abs=1e-12)


def test_intervals_count_accounts_not_rows() -> None:
    random = np.random.default_rng(2)
    then, values = random.normal(size=2000), random.normal(0.6, 1, size=60)
    many = moved(then, values.repeat(10), names(60, 10))
    few = moved(then, values)
    assert many.high - many.low > 0.8 * (few.high - few.low)


def test_missing_and_categories_are_bins_of_their_own() -> None:
    values = np.array([0.0, 0.0, 1.0, np.nan, 1.0])
    edges = bin_edges(values, NUMBER[0])
    codes = bin_codes(values, edges)
    assert len(set(codes.tolist())) == 3
    assert codes[3] == len(edges) + 1
    plan = Column("plan", "category", levels=("a", "b", "c"))
    levels = np.array([0.0, 1, 2, np.nan])
    assert bin_codes(levels, bin_edges(values, plan)).tolist() == [0, 1, 2, 3]
    assert moved(np.arange(50.0), np.full(50, np.nan)).psi > 1


@pytest.fixture(scope="module")
def learnt():
    return learn(read_examples(lived(), Roles("churn")), outcome="churn", seed=0)


def changed(table: pa.Table, *, later: bool, unit: float = 1.0, missing: bool = False) -> pa.Table:
    """The table with `use` made in another way, on the newest dates only or not at all."""
    use = table["use"].to_numpy().copy()
    newest = table["churned"].is_null().to_numpy() & later
    use[newest] = np.nan if missing else use[newest] * unit
    position = table.column_names.index("use")
    return table.set_column(position, "use", pa.array(use, from_pandas=True))


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"later": False}, "pass"),
        ({"later": True, "unit": 60.0}, "fail"),
        ({"later": True, "missing": True}, "fail"),
    ],
)
def test_a_column_made_in_another_way_rings(learnt, change: dict, result: str) -> None:
    table = changed(lived(), **change)
    newest = newest_rows(table, learnt.examples, learnt.bundle.manifest)
    found = no_serving_drift(learnt.examples, learnt.split, learnt.bundle, newest)
    assert found.result == result
    if result == "fail":
        assert "'use' moved most in the newest rows" in found.why


class Gains:
    """A booster that says how much it asks of each column."""

    def __init__(self, names: list[str], of_use: float) -> None:
        rest = (1 - of_use) / (len(names) - 1)
        self.gains = np.asarray([of_use if name == "use" else rest for name in names])

    def feature_importance(self, kind: str) -> np.ndarray:
        assert kind == "gain"
        return self.gains


@pytest.mark.parametrize(("of_use", "result"), [(0.0005, "pass"), (0.02, "fail"), (0.9, "fail")])
def test_a_column_that_hardly_a_tree_asks_for_may_jump(learnt, of_use: float, result: str) -> None:
    table = changed(lived(), later=True, unit=60.0)
    newest = newest_rows(table, learnt.examples, learnt.bundle.manifest)
    names = [column.name for column in learnt.examples.columns]
    bundle = SimpleNamespace(boosters=[Gains(names, of_use)], encode=learnt.bundle.encode)
    found = no_serving_drift(learnt.examples, learnt.split, bundle, newest)
    assert found.result == result


def test_newest_rows_wait_for_their_outcome(learnt) -> None:
    table = lived()
    newest = newest_rows(table, learnt.examples, learnt.bundle.manifest)
    assert newest.num_rows == table["churned"].null_count
    assert min(newest["@time"].to_numpy()) > learnt.examples.time.max()


def test_newest_rows_are_eligible_where_the_table_says_who_is(learnt) -> None:
    table = lived()
    eligible = pa.array(np.arange(table.num_rows) % 3 > 0)
    table = table.append_column("eligible", eligible)
    newest = newest_rows(table, learnt.examples, learnt.bundle.manifest)
    kept = table.filter(eligible)
    assert newest.num_rows == kept["churned"].null_count


def test_a_random_split_without_waiting_rows_cannot_have_moved(make_customers) -> None:
    table = make_customers(500)
    roles = Roles("churn", label="left", entity="customer")
    learnt = learn(read_examples(table, roles), outcome="churn", seed=0)
    assert newest_rows(table, learnt.examples, learnt.bundle.manifest) is None
    found = no_serving_drift(learnt.examples, learnt.split, learnt.bundle, None)
    assert found.result == "n/a"
    unknown = make_customers(200, seed=5)
    blank = pa.array([None] * 200, pa.bool_())
    unknown = unknown.set_column(unknown.column_names.index("left"), "left", blank)
    unknown = unknown.set_column(0, "customer", pa.array([f"N{k}" for k in range(200)]))
    both = pa.concat_tables([table, unknown])
    newest = newest_rows(both, learnt.examples, learnt.bundle.manifest)
    assert newest.num_rows == 200
    found = no_serving_drift(learnt.examples, learnt.split, learnt.bundle, newest)
    assert found.result == "pass"
