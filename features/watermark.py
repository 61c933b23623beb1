"""How far the rows of a source reach: the time of its newest event.

Contract changes can be dated ahead; they count only where ``known_at`` says when they came.
"""

from __future__ import annotations

from features.schema import TABLES

# Tables whose own time is the time something was observed, so never ahead of the extract.
_OBSERVED = ("usage", "tickets", "surveys", "touches", "milestones")
WATERMARKED = (*_OBSERVED, "contracts")


def newest() -> str:
    """Return SQL, in DuckDB's words: one row, the newest time at which a row was observed."""
    times = [(name, TABLES[name].time) for name in _OBSERVED] + [("contracts", "known_at")]
    each = " UNION ALL ".join(f"SELECT max({time}) AS newest FROM {name}" for name, time in times)
    return f"SELECT max(newest) AS newest FROM ({each}) AS times"
