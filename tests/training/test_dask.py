"""A large table fitted by the workers of a real local cluster, on the loopback only."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import LocalCluster

from scoring.booster import margins, read_booster
from training import Roles
from training.errors import ClusterError
from training.measures.ranking import auc
from training.models.binned import Binned
from training.models.cluster import Block, Cluster, blocks, read_block
from training.models.menu import Shape
from training.tables import large, sample
from training.tables.large import large_table
from training.tables.sample import Sampled, read_sample

ROLES = Roles("left", label="left", entity="customer", time="asked_on")
SHAPE = Shape(4, 3, rate=0.1)
N_TREES = 20


@pytest.fixture(scope="module")
def sampled(
    tmp_path_factory: pytest.TempPathFactory, make_customers: Callable[..., pa.Table]
) -> Sampled:
    path = tmp_path_factory.mktemp("a table") / "customers.parquet"
    pq.write_table(with_dates(make_customers(9_000)), path, row_group_size=1_500)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE_CELLS", 1_000)
        patch.setattr(sample, "SAMPLE_ROWS", 1_500)
        patch.setattr(sample, "SAMPLE_EVENTS", 100)
        found = large_table(path)
        assert found is not None
        return read_sample(found, ROLES, seed=0)


def with_dates(customers: pa.Table) -> pa.Table:
    """Customers with the day of their row, and a date that is counted to it."""
    random, n = np.random.default_rng(1), customers.num_rows
    asked = np.datetime64("2024-01-01", "us") + random.integers(0, 2, n).astype("timedelta64[D]")
    since = asked - random.integers(1, 900, n).astype("timedelta64[D]")
    return customers.append_column("asked_on", pa.array(asked)).append_column(
        "since", pa.array(since)
    )


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


def sample_auc(sampled: Sampled, text: str) -> float:
    examples = sampled.examples
    booster = read_booster(text, n_columns=len(examples.columns))
    return auc(examples.y, margins([booster], examples.matrix))


def test_the_blocks_are_the_rows_that_were_asked_for(sampled: Sampled) -> None:
    rows = ~sampled.drawn
    rows[:1_500] = False  # a whole row group
    found = list(blocks(sampled, rows))
    assert [block.row_group for block in found] == [1, 2, 3, 4, 5]
    columns = sampled.examples.columns
    assert [column.name for column in columns if column.dated] == ["since"]
    read = np.concatenate([read_block(block, columns) for block in found])
    held = np.concatenate(list(sampled.table.matrices(columns, sampled.kept)))
    np.testing.assert_array_equal(read, held[rows])
    np.testing.assert_array_equal(np.concatenate([b.y for b in found]), sampled.y[rows])


def test_a_cluster_fits_as_well_as_this_machine(sampled: Sampled, scheduler: str) -> None:
    rows, check = ~sampled.drawn, np.arange(len(sampled.examples.y))
    cluster = Cluster(sampled, scheduler, most_trees=2 * N_TREES)
    text, n_trees = cluster.fit_until(SHAPE, rows, check, seed=0)
    here, _ = Binned(sampled).fit_until(SHAPE, rows, check, seed=0)
    assert 0 < n_trees <= 2 * N_TREES
    assert text.count("\nTree=") == n_trees
    assert sample_auc(sampled, text) == pytest.approx(sample_auc(sampled, here), abs=0.01)
    everybody = cluster.fit(SHAPE, n_trees=N_TREES, seed=0)
    assert everybody.count("\nTree=") == N_TREES
    assert "feature_names=f0 f1" in everybody


def test_what_a_worker_cannot_read_is_an_error_of_one_sentence(
    sampled: Sampled, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = [Block(Path("absent.parquet"), 0, np.ones(3, dtype=np.bool_), np.ones(3))]
    monkeypatch.setattr("training.models.cluster.blocks", lambda *asked: iter(absent))
    with pytest.raises(ClusterError, match=r"a worker of tcp.* failed \(.*absent\.parquet"):
        Cluster(sampled, scheduler).fit(SHAPE, n_trees=1, seed=0)


def test_dates_that_became_other_texts_are_an_error_of_one_sentence(
    sampled: Sampled, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pq.read_table(sampled.table.path).slice(0, 2)
    soon = pa.array(["soon", "later"])
    rows = rows.set_column(rows.column_names.index("since"), "since", soon)
    pq.write_table(rows, tmp_path / "other.parquet")
    other = [Block(tmp_path / "other.parquet", 0, np.ones(2, dtype=np.bool_), np.ones(2))]
    monkeypatch.setattr("training.models.cluster.blocks", lambda *asked: iter(other))
    with pytest.raises(ClusterError, match=r"a worker of tcp.* failed \(these rows .*'since'"):
        Cluster(sampled, scheduler).fit(SHAPE, n_trees=1, seed=0)


def test_a_cluster_that_is_not_there_is_an_error_with_its_address(
    sampled: Sampled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.models.cluster.TIMEOUT_SECONDS", 0.2)
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        Cluster(sampled, "tcp://127.0.0.1:1").fit(SHAPE, n_trees=1, seed=0)


def test_a_cluster_without_workers_is_an_error(sampled: Sampled) -> None:
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(ClusterError, match="has no workers"),
    ):
        Cluster(sampled, empty.scheduler_address).fit(SHAPE, n_trees=1, seed=0)
