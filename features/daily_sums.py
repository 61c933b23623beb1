"""Row hashes summed per day of becoming known, remembered while a table's files do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from features.source import Source

# By the day as ISO 8601 has it, which sorts as days do; what has no day has the empty one.
Daily = Mapping[str, int]


def daily_sums(source: Source, asked: Sequence[tuple[str, str]]) -> list[Daily]:
    """Return the answer to each query: a sum per day.

    Parameters
    ----------
    asked : sequence of (str, str)
        The table that a query reads, and its SQL in DuckDB's words: a day and a sum a row. Sums
        are modulo 2**64.
    """
    with source.answers("sums") as answers:
        return [answers.to(sql, [table], partial(_summed, source, sql)) for table, sql in asked]


def _summed(source: Source, sql: str) -> Daily:
    return {str(day or ""): int(total) % 2**64 for day, total in source.backend.words(sql)}
