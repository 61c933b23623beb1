"""Where the partitions of a panel lie (``as_of=2026-10-01/part.parquet``) and what they are of.

A part is put in its place whole or not at all, and says what it was made of.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from features.panel_file import write_panel

MADE_OF = b"tierwise.made_of"
# What a part at a URI was made of, beside it: Spark and Hadoop read no file with such a name.
NOTE = "_made_of.json"


class Parts(Protocol):
    """Where partitions lie, and what each was made of."""

    def note(self, moment: datetime) -> dict[str, Any] | None:
        """Return ``made_of``, ``rows`` and ``columns`` of a part; None where there is none."""

    def write(self, moment: datetime, rows: pa.Table, *, made_of: str) -> None:
        """Put a part in its place, whole or not at all."""


class LocalParts:
    """Partitions in a folder of this machine; a part carries what it was made of in its footer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, moment: datetime) -> dict[str, Any] | None:
        """See ``Parts``; a damaged file is none."""
        try:
            footer = pq.read_metadata(part_file(self._folder, moment))
        except (OSError, pa.ArrowInvalid):
            return None
        made_of = (footer.metadata or {}).get(MADE_OF, b"").decode()
        return {"made_of": made_of, "rows": footer.num_rows, "columns": footer.schema.names}

    def write(self, moment: datetime, rows: pa.Table, *, made_of: str) -> None:
        """See ``Parts``."""
        file = part_file(self._folder, moment)
        file.with_name(NOTE).unlink(missing_ok=True)  # of a part that a cluster wrote there
        metadata = {**(rows.schema.metadata or {}), MADE_OF: made_of.encode()}
        write_panel(rows.replace_schema_metadata(metadata), file)


def part_file(folder: Path, moment: datetime) -> Path:
    """Return the file of one as_of."""
    return folder / f"as_of={moment:%Y-%m-%d}" / "part.parquet"
