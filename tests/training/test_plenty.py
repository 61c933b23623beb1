"""Where rows are plenty, choosing costs less than fitting: fewer folds, shapes, rows and trees."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.manifest import Column
from training import Roles
from training.errors import NotEnoughError
from training.models import binned
from training.models.binned import Binned, choose_shape
from training.models.learning import split_examples
from training.models.menu import SHAPES, Shape, menu_of_plenty, parameters
from training.models.plenty import CHOSEN_ON, Plenty
from training.tables import large, sample
from training.tables.large import Flags, large_table
from training.tables.sample import Sampled, read_sample
from training.tables.table import Examples, read_examples

LEFT = Roles("left", label="left", entity="customer")


def test_a_fast_shape_waits_for_fewer_trees_and_looks_at_fewer_rows() -> None:
    assert {shape.patience for shape in SHAPES} == {60}
    assert {shape.patience for shape in menu_of_plenty(1.0)} == {18}
    shares = [
        [parameters(shape, n_rows=n, seed=0)["bagging_fraction"] for n in (1_000, 5_000_000)]
        for shape in (SHAPES[-1], menu_of_plenty(1.0)[-1])
    ]
    assert shares == [[0.8, 0.8], [0.8, 0.2]]


@dataclass(frozen=True)
class Pretended:
    """A shape with the losses it is said to have."""

    shape: Shape
    losses: dict[int, float]

    @property
    def loss(self) -> float:
        return self.losses[self.shape.n_leaves]

    def row_losses(self, *asked: object) -> np.ndarray:
        random = np.random.default_rng(self.shape.n_leaves)
        return self.loss + 0.001 * random.normal(size=400)


@pytest.mark.parametrize(
    ("losses", "chosen", "n_tried"),
    [
        ({4: 0.9, 8: 0.8, 16: 0.7, 31: 0.5}, 31, 2),
        ({4: 0.9, 8: 0.6, 16: 0.5, 31: 0.6}, 16, 3),
        ({4: 0.5, 8: 0.6, 16: 0.7, 31: 0.8}, 4, 4),
    ],
)
def test_nothing_simpler_is_tried_than_the_first_that_is_clearly_worse(
    monkeypatch: pytest.MonkeyPatch, losses: dict[int, float], chosen: int, n_tried: int
) -> None:
    monkeypatch.setattr(binned, "try_shape", lambda kit, shape, folds: Pretended(shape, losses))
    matrix, y = np.arange(200.0)[:, np.newaxis], np.arange(200) % 2.0
    shape, found = choose_shape(
        matrix,
        y,
        (Column("a", "number"),),
        folds=(),
        overlap=1.0,
        seed=0,
        shapes=menu_of_plenty(1.0),
    )
    assert shape.n_leaves == chosen
    assert len(found) == n_tried


@pytest.fixture
def examples(make_customers: Callable[..., pa.Table]) -> Examples:
    return read_examples(make_customers(3_000), LEFT)


def test_a_shape_is_chosen_on_bins_as_it_is_on_numbers(examples: Examples) -> None:
    split = split_examples(examples, seed=0)
    shapes = menu_of_plenty(1.0)
    shape, losses = choose_shape(
        examples.matrix,
        examples.y,
        examples.columns,
        folds=split.folds[-CHOSEN_ON:],
        overlap=1.0,
        seed=0,
        shapes=shapes,
    )
    assert shape in shapes
    kit = binned.Kit(examples.matrix, examples.y, examples.columns, 0)
    again = binned.try_shape([kit] * CHOSEN_ON, shape, split.folds[-CHOSEN_ON:])
    assert losses[shape.name] == pytest.approx(again.loss, abs=0.005)


@dataclass
class Noted:
    """An engine that remembers what it was asked for."""

    engine: Binned
    n_trees: int = 0
    repeatable: bool = True

    def fit_until(self, shape: Shape, rows: Flags, check: np.ndarray, *, seed: int):
        return self.engine.fit_until(shape, rows, check, seed=seed)

    def fit(self, shape: Shape, *, n_trees: int, seed: int) -> str:
        self.n_trees = n_trees
        return self.engine.fit(shape, n_trees=n_trees, seed=seed)


@pytest.fixture
def sampled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_customers: Callable[..., pa.Table]
) -> Sampled:
    monkeypatch.setattr(large, "LARGE_CELLS", 1)
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 600)
    monkeypatch.setattr(sample, "SAMPLE_EVENTS", 100)
    pq.write_table(make_customers(4_000), tmp_path / "rows.parquet")
    found = large_table(tmp_path / "rows.parquet")
    assert found is not None
    return read_sample(found, LEFT, seed=0)


def test_trees_that_go_out_grow_with_the_root_of_the_rows(sampled: Sampled) -> None:
    noted, split = Noted(Binned(sampled)), split_examples(sampled.examples, seed=0)
    plenty = Plenty(sampled, noted)
    judged = plenty.fit_bundle(sampled.examples, split, outcome="left", seed=0)
    assert np.array_equal(
        judged.boosted.checked, np.concatenate([fold.check for fold in split.folds])
    )
    plenty.fit_outgoing(sampled.examples, split, judged, seed=0)
    rows = len(sampled.y) / plenty.learnt_from(split).sum()
    assert noted.n_trees == round(judged.boosted.n_trees * np.sqrt(rows))


def of_accounts(
    folder: Path, table: pa.Table, patch: pytest.MonkeyPatch, *, seed: int = 0
) -> Sampled:
    patch.setattr(large, "LARGE_CELLS", 1_000)
    patch.setattr(sample, "SAMPLE_ROWS", 600)
    pq.write_table(table, folder / "accounts.parquet")
    found = large_table(folder / "accounts.parquet")
    assert found is not None
    return read_sample(found, Roles("churn"), seed=seed)


@pytest.mark.parametrize("kind", [pa.dictionary(pa.int32(), pa.string()), pa.string_view()])
def test_entities_are_read_however_they_are_kept(
    tmp_path: Path, make_snapshots, monkeypatch: pytest.MonkeyPatch, kind: pa.DataType
) -> None:
    table = make_snapshots(100)
    names = table["account_id"]
    kept = names.dictionary_encode() if pa.types.is_dictionary(kind) else names.cast(kind)
    plain, same = (
        of_accounts(tmp_path, each, monkeypatch).examples
        for each in (table, table.set_column(0, "account_id", kept))
    )
    assert (same.entity == plain.entity).all()
    assert same.whole == plain.whole


def test_a_fold_without_rows_is_refused(
    tmp_path: Path, make_snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled = of_accounts(tmp_path, make_snapshots(15, 120), monkeypatch)
    split = split_examples(sampled.examples, seed=0)
    plenty = Plenty(sampled, Binned(sampled))
    plenty.fit_bundle(sampled.examples, split, outcome="churn", seed=0)
    nothing = replace(split.folds[0], check=split.folds[0].check[:0])
    empty = replace(split, folds=(nothing, *split.folds[1:]))
    with pytest.raises(NotEnoughError, match="not enough entities yet"):
        plenty.fit_bundle(sampled.examples, empty, outcome="churn", seed=0)
