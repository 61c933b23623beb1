"""Scores of a table read in batches are those of the table held whole, to the last bit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.errors import RowError
from training import Roles, Tracking, score_file, score_table, train
from training.errors import PromotionError, TableError
from training.lifecycle import scored_rows
from training.tables import large

ROLES = Roles("left", label="left", entity="customer")


def with_text(table: pa.Table) -> pa.Table:
    """Numbers written as text, levels with blanks around them, and one batch without a value."""
    n = table.num_rows
    spent = [None if 200 <= k < 400 else " " if k % 9 == 0 else f" {k % 97}.5" for k in range(n)]
    # In the first batch these levels are numbers, in the whole they are not.
    kind = ["1" if k < 300 else f" {k % 3} " if k % 2 else "none" for k in range(n)]
    table = table.append_column("spent", pa.array(spent, type=pa.string()))
    table = table.append_column("kind", pa.array(kind))
    return table.append_column("seats", pa.array(np.arange(n) % 13))


@pytest.fixture
def path(tmp_path: Path, make_customers: Callable[..., pa.Table], tracking: Tracking) -> Path:
    """A table and the run `left` that was trained on such rows."""
    train(with_text(make_customers(900)), ROLES, tracking=tracking)
    path = tmp_path / "rows.parquet"
    pq.write_table(with_text(make_customers(1_100, seed=3)), path, row_group_size=350)
    return path


@pytest.fixture
def run(path: Path, tracking: Tracking) -> dict:
    run_id = tracking.version_of("left").run_id
    return {"outcome": "left", "tracking": tracking, "run_id": run_id}


@pytest.fixture
def in_batches(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on every table is large, and read 128 rows at a time."""

    def begin() -> None:
        monkeypatch.setattr(large, "LARGE_CELLS", 1)
        monkeypatch.setattr(scored_rows, "ROWS_AT_ONCE", 128)

    return begin


@pytest.mark.parametrize("reasons", [False, True])
def test_batches_score_what_the_whole_scores(
    path: Path, run: dict, in_batches: Callable[[], None], reasons: bool
) -> None:
    whole, out = score_table(path, **run, reasons=reasons), path.parent / "new" / "scores.parquet"
    small = score_file(path, out, **run, reasons=reasons)
    assert pq.read_table(out).equals(whole)
    in_batches()
    written = score_file(path, out, **run, reasons=reasons)
    assert written == small
    assert written.n_rows == 1_100
    assert list(written.column_names) == whole.column_names
    assert pq.ParquetFile(out).metadata.num_row_groups == 9
    assert pq.read_table(out).equals(whole)
    assert pq.read_schema(out).equals(whole.schema, check_metadata=True)
    assert score_table(path, **run, reasons=reasons).equals(whole)
    assert [each.name for each in out.parent.iterdir()] == ["scores.parquet"]


def test_a_folder_of_parts_is_one_table(
    path: Path, run: dict, in_batches: Callable[[], None]
) -> None:
    whole, table = score_table(path, **run), pq.read_table(path)
    folder = path.parent / "parts"
    folder.mkdir()
    for number, start in enumerate((0, 500, 501)):
        end = (500, 501, 1_100)[number]
        pq.write_table(table.slice(start, end - start), folder / f"{number}.parquet")
    in_batches()
    score_file(folder, path, **run)
    assert pq.read_table(path).equals(whole)


def test_what_cannot_be_scored_is_refused_in_the_same_words(
    path: Path, run: dict, in_batches: Callable[[], None]
) -> None:
    table, out = pq.read_table(path), path.parent / "scores.parquet"
    idle = table.column("idle").to_pylist()
    idle[777] = float("inf")
    position = table.column_names.index("idle")
    texts = pa.array([f"{k}" for k in range(1_099)] + ["many"])
    wrong = {
        "infinite": table.set_column(position, "idle", pa.array(idle)),
        "renamed": table.rename_columns(
            ["idel" if name == "idle" else name for name in table.column_names]
        ),
        "text": table.set_column(position, "idle", texts),
        "nobody": table.drop_columns(["customer"]),
    }
    said = {}
    for name, rows in wrong.items():
        pq.write_table(rows, path.with_name(name))
        with pytest.raises((RowError, TableError)) as refusal:
            score_file(path.with_name(name), out, **run)
        said[name] = str(refusal.value)
    assert "'idle' is infinite in row 777" in said["infinite"]
    assert "did you mean 'idel'" in said["renamed"]
    score_file(path, out, **run)
    before = out.read_bytes()
    in_batches()
    for name, why in said.items():
        with pytest.raises((RowError, TableError)) as refusal:
            score_file(path.with_name(name), out, **run)
        assert str(refusal.value) == why
    assert out.read_bytes() == before
    assert not list(out.parent.glob(".scores*"))
    with pytest.raises(PromotionError, match="no champion for 'left' yet"):
        score_file(path, out, outcome="left", tracking=run["tracking"])
