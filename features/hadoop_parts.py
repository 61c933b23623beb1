"""Partitions of a panel on a file system of Hadoop's (``s3a://``, ``hdfs://``, ``file://``).

They are written through the Spark session that reads the source, with the cluster's own settings
and rights. A part is written beside its place and renamed; its note, which says what it was made
of, comes last, so that a killed run leaves a part without a note, which is built again.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.parts import NOTE

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PART = "part.parquet"
_PIECE = 8 * 2**20
_ROW_GROUP = 100_000


class HadoopParts:
    """The partitions below one folder, given by its URI."""

    def __init__(self, session: SparkSession, uri: str) -> None:
        context: Any = session.sparkContext
        self._path: Any = context._jvm.org.apache.hadoop.fs.Path
        self._configured: Any = context._jsc.hadoopConfiguration()
        self._uri = uri.rstrip("/")

    def note(self, moment: datetime) -> dict[str, Any] | None:
        """Return what is noted of the part of one as_of; None where it is missing or unfinished.

        A note counts only beside the part that it was written for: another engine may have put
        its own there, or somebody may have removed it.
        """
        place, system = self._at(moment, NOTE)
        if not system.exists(place):
            return None
        stream = system.open(place)
        try:
            note = _read(bytes(stream.readAllBytes()))
        finally:
            stream.close()
        return note if note and note.get("size") == self._size(moment) else None

    def _size(self, moment: datetime) -> int | None:
        place, system = self._at(moment, _PART)
        return int(system.getFileStatus(place).getLen()) if system.exists(place) else None

    def write(self, moment: datetime, rows: pa.Table, *, made_of: str) -> None:
        """Write the part of one as_of and its note."""
        sink = pa.BufferOutputStream()
        pq.write_table(rows.combine_chunks(), sink, compression="zstd", row_group_size=_ROW_GROUP)
        part = memoryview(sink.getvalue())
        note = {"made_of": made_of, "rows": rows.num_rows, "columns": rows.column_names}
        note["size"] = part.nbytes
        self._remove(moment, NOTE)
        self._put(moment, _PART, part)
        self._put(moment, NOTE, memoryview(json.dumps(note).encode()))

    def _put(self, moment: datetime, name: str, content: memoryview) -> None:
        """Write a file beside its place and rename it."""
        draft, system = self._at(moment, f"_{name}.draft")
        stream = system.create(draft, True)
        try:
            for start in range(0, len(content), _PIECE):
                stream.write(bytearray(content[start : start + _PIECE]))
        finally:
            stream.close()
        self._remove(moment, name)
        if not system.rename(draft, self._at(moment, name)[0]):
            raise OSError(f"{draft.toString()} could not be renamed to {name}")

    def _remove(self, moment: datetime, name: str) -> None:
        place, system = self._at(moment, name)
        system.delete(place, False)

    def _at(self, moment: datetime, name: str) -> tuple[Any, Any]:
        """Return Hadoop's path of a file of one part, and its file system."""
        place = self._path(f"{self._uri}/as_of={moment:%Y-%m-%d}/{name}")
        return place, place.getFileSystem(self._configured)


def _read(content: bytes) -> dict[str, Any] | None:
    try:
        note = json.loads(content)
    except ValueError:
        return None
    return note if isinstance(note, dict) else None
