"""Parquet files written part by part, into a folder that appears whole or not at all.

One row group per part; the same parts give the same bytes.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from simulator.errors import OutputError

STAMP = "simulation.json"


class Writer:
    """Open Parquet files of one folder, by table name."""

    def __init__(self, folder: Path) -> None:
        """Write into `folder`, which must exist."""
        self._folder = folder
        self._files: dict[str, pq.ParquetWriter] = {}
        self.rows: dict[str, int] = {}

    def write(self, name: str, part: pa.Table) -> None:
        """Append a part to the table `name` (a path below the folder, without its ending)."""
        if name not in self._files:
            path = self._folder / f"{name}.parquet"
            self._files[name] = pq.ParquetWriter(path, part.schema, compression="zstd")
        self._files[name].write_table(part)
        self.rows[name] = self.rows.get(name, 0) + part.num_rows

    def close(self) -> None:
        """Finish all files."""
        for file in self._files.values():
            file.close()


@contextmanager
def replaced_folder(out: Path) -> Iterator[Path]:
    """Yield a new folder beside `out` that takes its place when the block ends well.

    Raises
    ------
    OutputError
        When `out` is a file, or holds anything but an earlier simulation.
    """
    _check_replaceable(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft, old = (out.with_name(f".{out.name}.{part}") for part in ("draft", "old"))
    for leftover in (draft, old):
        shutil.rmtree(leftover, ignore_errors=True)
    (draft / "truth").mkdir(parents=True)
    try:
        yield draft
        if out.exists():
            os.replace(out, old)
        os.replace(draft, out)
    finally:
        for leftover in (draft, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _check_replaceable(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / "truth" / STAMP).exists():
        raise OutputError(
            f"{out} holds files that no simulation wrote; name a new or an empty folder"
        )
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder to write the tables to")
