"""Who can still be predicted: accounts with ARR and no notice or churn known at as_of.

The newest decision known of each product speaks, whatever day it takes effect: a notice, or a churn
not yet in effect, says that the product is leaving; a renewal, a reactivation or a new contract
decided after it takes it back, even one that takes effect on an earlier day or after as_of. A
decision was made when it was asked for (``requested_at``, else ``happened_at``) or known, whichever
came first; a churn in effect counts from the day it took effect. Features keep to the stricter rule
(known *and* effective before as_of), so this is no feature.
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
