"""Who can still be predicted: accounts with ARR and no notice or churn known at as_of.

A notice or a churn counts from when it was known, even where it takes effect after as_of; a
later known renewal, reactivation or new contract of the same product takes it back. Features
keep to the stricter rule (known *and* effective before as_of), so this is no feature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, count_where

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View


def leaving(view: View) -> ir.Table:
    """Return the count of products under notice: one row per account and as_of with contracts."""
    endings = view.endings
    pending = (endings.type == "churn") & (endings.happened_at >= endings.as_of)
    return endings.group_by(KEYS).aggregate(
        _n_leaving=count_where((endings.type == "notice") | pending)
    )


def eligible(panel: ir.Table) -> ir.BooleanValue:
    """Return whether a row is eligible, from its ARR and its products under notice."""
    return (panel.arr > 0) & (panel["_n_leaving"].fill_null(0) == 0)
