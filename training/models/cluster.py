"""Fits LightGBM on a Dask cluster: workers read the table's row groups, nobody holds all of them.

The only door to Dask. The workers need this project with its extra `dask`, and to see the table
under the same path. Sums over workers depend on who holds what: models are equal, not their bytes.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from scipy.special import expit

from scoring.booster import read_booster
from scoring.errors import RowError
from scoring.manifest import Column
from training.errors import ClusterError
from training.measures.metrics import row_log_loss
from training.models.binned import MOST_TREES
from training.models.menu import Shape, parameters
from training.models.trees import column_names
from training.tables.large import Flags, as_matrix, names_read
from training.tables.sample import Sampled

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

TIMEOUT_SECONDS = 30
# Trees between two looks at the loss.
STEP = 10
# Parameters that Dask sets itself, or that scikit-learn's door calls by another name.
OTHER_NAMES = {
    "min_data_in_leaf": "min_child_samples",
    "bagging_fraction": "subsample",
    "bagging_freq": "subsample_freq",
    "feature_fraction": "colsample_bytree",
    "lambda_l2": "reg_lambda",
    "seed": "random_state",
}
DASK_DECIDES = ("num_threads",)


class Cluster:
    """A large table as the workers of a cluster read it.

    Parameters
    ----------
    sampled : Sampled
    url : str
        Of the scheduler, such as tcp://host:8786.
    most_trees : int
        Trees that are fitted before the best number is looked for.
    """

    # Which worker adds up first is chance.
    repeatable = False

    def __init__(self, sampled: Sampled, url: str, *, most_trees: int = MOST_TREES) -> None:
        self.sampled = sampled
        self.url = url
        self.most_trees = most_trees

    def fit_until(self, shape: Shape, rows: Flags, check: Rows, *, seed: int) -> tuple[str, int]:
        """Fit on some rows and cut where the loss on some of the sample's is lowest.

        Parameters are those of `training.models.binned.Binned.fit_until`. LightGBM cannot stop
        early on Dask, so that all trees are fitted first.
        """
        text = self._fit(shape, rows, n_trees=self.most_trees, seed=seed)
        examples = self.sampled.examples
        booster = read_booster(text, n_columns=len(examples.columns))
        n_trees = lowest(booster, examples.matrix[check], examples.y[check])
        return str(booster.model_to_string(num_iteration=n_trees)), n_trees

    def fit(self, shape: Shape, *, n_trees: int, seed: int) -> str:
        """Fit a given number of trees on every row and return their text."""
        everybody = np.ones(len(self.sampled.y), dtype=np.bool_)
        return self._fit(shape, everybody, n_trees=n_trees, seed=seed)

    def _fit(self, shape: Shape, rows: Flags, *, n_trees: int, seed: int) -> str:
        """Fit on some of the rows that can be learnt from."""
        columns = self.sampled.examples.columns
        with _client(self.url) as client:
            from lightgbm.dask import DaskLGBMRegressor

            # A regressor takes the labels as they are; a classifier numbers them on each worker.
            model = DaskLGBMRegressor(
                client=client, n_estimators=n_trees, **_parameters(shape, int(rows.sum()), seed)
            )
            arrays = _arrays(blocks(self.sampled, rows), columns)
            with _on_stderr(), self._failures():
                matrix, y = _read_by_workers(client, arrays)
                model.fit(matrix, y, **column_names(columns))
            return str(model.booster_.model_to_string())

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Say in one sentence what a worker could not do."""
        from distributed import KilledWorker

        try:
            yield
        except (OSError, ImportError, RowError, KilledWorker) as error:
            raise ClusterError(
                f"a worker of {self.url} failed ({error}); workers need this project with its "
                f"extra dask, memory for their share, and {self.sampled.table.path} to read"
            ) from error


@dataclass(frozen=True)
class Block:
    """One row group, and which of its rows are fitted on."""

    file: Path
    row_group: int
    wanted: Flags
    y: Floats


def blocks(sampled: Sampled, rows: Flags) -> Iterator[Block]:
    """Yield the row groups that hold any of some rows (n,) of those that can be learnt from."""
    wanted = np.zeros(len(sampled.kept), dtype=np.bool_)
    wanted[np.flatnonzero(sampled.kept)[rows]] = True
    labels = np.full(len(sampled.kept), np.nan)
    labels[sampled.kept] = sampled.y
    start = 0
    for file in sampled.table.files:
        footer = pq.read_metadata(file)
        for number in range(footer.num_row_groups):
            here = slice(start, start := start + footer.row_group(number).num_rows)
            if wanted[here].any():
                yield Block(file, number, wanted[here], labels[here][wanted[here]])


def read_block(block: Block, columns: tuple[Column, ...]) -> Floats:
    """Read one row group as the matrix of a model; runs on a worker."""
    with pq.ParquetFile(block.file) as opened:
        rows = opened.read_row_group(
            block.row_group, columns=names_read(columns), use_threads=False
        )
    return as_matrix(rows.filter(block.wanted), columns)


def _arrays(found: Iterable[Block], columns: tuple[Column, ...]) -> tuple[Any, Any]:
    """Return features and labels as Dask's arrays, one chunk a block."""
    import dask
    import dask.array

    matrices, labels = [], []
    for block in found:
        n_rows = len(block.y)
        matrix = dask.delayed(read_block)(block, columns)
        shape = (n_rows, len(columns))
        matrices.append(dask.array.from_delayed(matrix, shape=shape, dtype=np.float64))
        labels.append(dask.array.from_delayed(dask.delayed(block.y), (n_rows,), np.float64))
    return dask.array.concatenate(matrices), dask.array.concatenate(labels)


def _read_by_workers(client: Any, arrays: tuple[Any, Any]) -> list[Any]:
    """Have the workers read their blocks now, and raise what one of them could not do.

    LightGBM starts these reads too, but loses sight of why one failed.
    """
    from distributed import futures_of, wait

    held: list[Any] = client.persist(list(arrays))
    for read in wait(futures_of(held)).done:
        if read.status == "error":
            raise read.exception()
    return held


def lowest(booster: Any, matrix: Floats, y: Floats) -> int:
    """Return after how many trees, in steps of ten, the loss of some rows is lowest."""
    margin, losses = np.zeros(len(y)), []
    for start in range(0, booster.num_trees(), STEP):
        more = booster.predict(
            matrix, raw_score=True, start_iteration=start, num_iteration=STEP, num_threads=1
        )
        margin += np.asarray(more)
        losses.append(float(row_log_loss(y, expit(margin)).mean()))
    return min(STEP * (int(np.argmin(losses)) + 1), int(booster.num_trees()))


def _parameters(shape: Shape, n_rows: int, seed: int) -> dict[str, Any]:
    """Return LightGBM's parameters under the names of its scikit-learn door."""
    fixed = parameters(shape, n_rows=n_rows, seed=seed)
    return {
        OTHER_NAMES.get(name, name): value
        for name, value in fixed.items()
        if name not in DASK_DECIDES
    }


@contextmanager
def _on_stderr() -> Iterator[None]:
    """Keep what LightGBM tells of ports and threads away from the report."""
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Parameter n_jobs will be ignored", UserWarning)
        yield


@contextmanager
def _client(url: str) -> Iterator[Any]:
    """Connect to a scheduler, and leave it when done.

    Raises
    ------
    ClusterError
        When Dask is not installed, nobody answers, or no worker is there.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            f"dask_url is {url}, but Dask is not installed: install tierwise[dask]"
        ) from error
    try:
        client = Client(url, timeout=TIMEOUT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {url} ({error}): start one, or leave dask_url empty"
        ) from error
    with client, client.as_current():
        if not client.scheduler_info()["workers"]:
            raise ClusterError(f"the Dask scheduler at {url} has no workers: start one or more")
        yield client
