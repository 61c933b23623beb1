"""Write a panel to Parquet: whole or not at all, and the same bytes for the same panel."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_ROW_GROUP = 100_000


def write_panel(panel: pa.Table, path: str | Path) -> Path:
    """Write a panel atomically and return its path.

    The file is written beside its place and moved there when complete.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        pq.write_table(
            panel.combine_chunks(), unfinished, compression="zstd", row_group_size=_ROW_GROUP
        )
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target
