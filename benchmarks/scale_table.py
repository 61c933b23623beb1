"""A labelled panel of any size: numbers, counts, nulls and categories, written batch by batch."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Floats = npt.NDArray[np.float64]

# Twenty dates, 28 days apart; the accounts are the same at each.
N_DATES = 20
FIRST = np.datetime64("2023-01-02", "us")
ROWS_AT_ONCE = 50_000
AMOUNTS, COUNTS, SCORES, SPARSE, CATEGORIES = 45, 35, 25, 10, 5
COLUMNS = AMOUNTS + COUNTS + SCORES + SPARSE + CATEGORIES


def make_table(path: Path, *, rows: int, seed: int) -> None:
    """Write a table, unless it is there already.

    Parameters
    ----------
    path : Path
    rows : int
        In all; a twentieth of them are accounts.
    seed : int
        Also names the accounts: tables of two seeds have none in common.
    """
    if path.exists():
        return
    aside, writer, accounts = path.with_suffix(".aside"), None, rows // N_DATES
    for date in range(N_DATES):
        for start in range(0, accounts, ROWS_AT_ONCE):
            some = np.arange(start, min(start + ROWS_AT_ONCE, accounts))
            batch = _batch(some, date, seed=seed)
            writer = writer or pq.ParquetWriter(aside, batch.schema)
            writer.write_table(batch)
    assert writer is not None
    writer.close()
    aside.rename(path)


def _batch(accounts: npt.NDArray[np.int_], date: int, *, seed: int) -> pa.Table:
    """Return the rows of some accounts at one date."""
    random = np.random.default_rng([seed, date, int(accounts[0])])
    n = len(accounts)
    numbers = [random.gamma(2.0, 12.0, n).round(1) for _ in range(AMOUNTS)]
    numbers += [random.poisson(1 + k % 9, n).astype(np.float64) for k in range(COUNTS)]
    numbers += [random.normal(size=n).round(2) for _ in range(SCORES)]
    sparse = [random.normal(size=n).round(1) for _ in range(SPARSE)]
    absent = [random.random(n) < 0.6 for _ in range(SPARSE)]
    levels = [random.integers(0, 4 + 6 * k, n) for k in range(CATEGORIES)]
    margin = _margin(numbers, sparse, absent, levels)
    found: dict[str, Any] = {
        "account_id": [f"A{seed}-{account:07d}" for account in accounts],
        "as_of": np.full(n, FIRST + date * np.timedelta64(28, "D")),
    }
    found |= {f"number_{k}": values for k, values in enumerate(numbers)}
    for k, (values, nulls) in enumerate(zip(sparse, absent, strict=True)):
        found[f"sparse_{k}"] = pa.array(values, mask=nulls)
    found |= {f"kind_{k}": [f"level {v}" for v in values] for k, values in enumerate(levels)}
    found["churned"] = (random.random(n) < 1 / (1 + np.exp(-margin))).astype(np.int8)
    return pa.table(found)


def _margin(
    numbers: list[Floats],
    sparse: list[Floats],
    absent: list[npt.NDArray[np.bool_]],
    levels: list[npt.NDArray[np.int_]],
) -> Floats:
    """Return the log-odds: smooth terms, steps, products, an absence and a category."""
    score = AMOUNTS + COUNTS
    margin = -3.2 + 0.03 * numbers[0] - 0.02 * np.minimum(numbers[1], 40)
    margin += 0.8 * (numbers[2] > 40) * (numbers[AMOUNTS] < 1) + 0.15 * numbers[AMOUNTS + 3]
    margin += 0.5 * numbers[score] * numbers[score + 1] + 0.4 * np.abs(numbers[score + 2])
    margin += np.where(absent[0], 0.5, 0.3 * sparse[0])
    return np.asarray(margin + 0.25 * (levels[1] % 3) * (numbers[score + 3] > 0))
