"""Since when an account is a customer: its first contract, not the day it was written down.

Where accounts come from a CRM, ``accounts.created_at`` may be the day of the lead. So a customer's
days count from the account's first known ``new`` contract change, of whatever product; where none
is known (the records begin later), from ``created_at``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, days_from, join_keyed

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View


def customer_days(view: View) -> ir.Table:
    """Return ``tenure_days``: one row per account known at as_of."""
    import ibis

    new = view.contracts.filter(view.contracts.type == "new")
    first = new.group_by(KEYS).aggregate(signed_at=new.happened_at.min())
    row = join_keyed(view.accounts.select(*KEYS, "created_at"), first)
    since = ibis.coalesce(row.signed_at, row.created_at)
    return row.select(*KEYS, tenure_days=days_from(since, row.as_of))
