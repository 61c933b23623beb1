"""Products as their contract changes tell: the changes in order, and where each product stands.

A product's term begins with its newest ``new``, ``renewal`` or ``reactivation`` change; where none
is known, with its newest change. A change within the term tells what it changes and no more: what
it leaves empty stands as it was last said since the term began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, only, whole_units

if TYPE_CHECKING:
    import ibis.expr.types as ir

PRODUCT = (*KEYS, "product_id")
BEGINNINGS = ("new", "renewal", "reactivation")
_SAID = ("seats", "term_end", "auto_renew", "notice_days")


def changes_in_order(contracts: ir.Table) -> ir.Table:
    """Return every change but notices, with ``arr_units`` after it, ``arr_before`` and ``place``.

    Places count a product's changes as of a day from the first one on, which has no ARR before it.
    A change without a product is a change of one product that has no name.
    """
    import ibis

    changes = contracts.filter(contracts.type != "notice")
    units = ibis.ifelse(changes.type == "churn", 0, whole_units(changes.arr))
    # No more columns than are read: those of an expression read several times are all kept.
    named = changes.select(
        *KEYS,
        *("change_id", "type", "happened_at", "known_at", "age", *_SAID),
        product_id=ibis.coalesce(changes.product_id, ""),
        arr_units=units,
    )
    order = ibis.window(
        group_by=list(PRODUCT), order_by=[named.happened_at, named.known_at, named.change_id]
    )
    return named.mutate(
        place=ibis.row_number().over(order), arr_before=named.arr_units.lag().over(order)
    )


def product_state(changes: ir.Table) -> ir.Table:
    """Return where each product stands after its newest change: one row per product and as_of.

    Parameters
    ----------
    changes : ibis Table
        From ``changes_in_order``, or some of its rows.

    Returns
    -------
    ibis Table
        ``account_id``, ``as_of``, ``product_id``, ``arr_units``, ``began_at`` (of the term) and
        what was said of the term: ``seats``, ``term_end``, ``auto_renew``, ``notice_days``.
    """
    term = _newest_term(changes)
    # Engines differ in what the newest value is where that row's is null: so none is null.
    said = {name: term[name].argmax(term.place, where=term[name].notnull()) for name in _SAID}
    return term.group_by(PRODUCT).aggregate(
        arr_units=term.arr_units.argmax(term.place), began_at=term.happened_at.min(), **said
    )


def _newest_term(changes: ir.Table) -> ir.Table:
    import ibis

    product = ibis.window(group_by=list(PRODUCT))
    begun = only(changes.place, changes.type.isin(BEGINNINGS)).max().over(product)
    first = ibis.coalesce(begun, changes.place.max().over(product))
    dated = changes.mutate(first=first)
    return dated.filter(dated.place >= dated["first"])
