"""How far the rows of a source reach: the time of its newest event.

Contract changes can be dated ahead; they count only where ``known_at`` says when they came.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from features.schema import TABLES

# Tables whose own time is the time something was observed, so never ahead of the extract.
_OBSERVED = ("usage", "tickets", "surveys", "touches", "milestones")


def newest(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Return one row, one column ``newest``: the newest time at which a row was observed."""
    times = [
        tables[name].aggregate(newest=tables[name][str(TABLES[name].time)].max())
        for name in _OBSERVED
    ]
    times.append(tables["contracts"].aggregate(newest=tables["contracts"].known_at.max()))
    union = ibis.union(*times)
    return union.aggregate(newest=union.newest.max())
