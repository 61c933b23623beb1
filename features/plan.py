"""How a panel is computed: many small statements, each compiled once, run per few snapshots.

A step keeps the rows of a query: what several steps read, and each group's measures, one row per
account. What one step reads once is folded into it, for a name costs a statement (the year of days
that a snapshot sees is never written down). Then the measures are joined and the rest is derived,
accounts are compared with each other, and the last step puts the columns in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import ibis
import ibis.expr.types as ir

from features.catalogue import Catalogue
from features.definition import Derive
from features.eligibility import eligible, leaving
from features.expressions import KEYS, beside, beside_all, columns_of, join_keyed
from features.label_window import LabelWindow
from features.labels import NAMES, arr_timeline, judge, tables_from_the_future
from features.snapshot import (
    BRIDGE,
    View,
    bridge,
    known_before,
    seen,
    view_of,
    watermarked_snapshots,
)
from features.source import compiled, declared_tables
from features.stages import stage_tables

# Read by several steps, and costlier to see again than to keep.
_KEPT = ("accounts", "contracts", "changes", "endings", "users", "weeks", "recent_users")
# Read twice by one step, which would else write a year of days down to read it again.
_NAMED = (*_KEPT, "arrivals")
_TIMELINE = "arr_timeline"
_WIDE = "wide"


@dataclass(frozen=True)
class Step:
    """One compiled query under a name; kept, or folded into its readers."""

    name: str
    sql: str
    kept: bool


@dataclass(frozen=True)
class Plan:
    """The statements of a panel: once per source, then per few snapshots, then the rows."""

    once: tuple[Step, ...]
    steps: tuple[Step, ...]
    panel: str


@lru_cache(maxsize=16)
def plan_of(
    catalogue: Catalogue,
    window: LabelWindow | None,
    dialect: str,
    corrected: frozenset[str],
) -> Plan:
    """Return the plan of a catalogue's panel, with labels where a window is given.

    ``corrected`` names the tables that may hold corrections (``corrected_tables``).
    """
    tables = declared_tables()
    known = known_before(tables, stage_tables(), corrected)
    view = view_of(known, _NAMED, tables["modules"])
    measured = dict(_measured(view, catalogue))
    wide = _joined(view, catalogue, measured)
    compared = dict(_compared(_named(_WIDE, wide), catalogue))
    panel = _panel(_named(_WIDE, wide), catalogue, compared)
    once: dict[str, ir.Table] = {}
    if window is not None:
        once[_TIMELINE] = arr_timeline(tables_from_the_future(tables))
        panel = _with_labels(panel, _named(_TIMELINE, once[_TIMELINE]), window)
    return Plan(
        once=tuple(_step(name, table, dialect) for name, table in once.items()),
        steps=(
            _step(BRIDGE, bridge(), dialect),
            *(_step(seen(n), known[n], dialect, kept=n in _KEPT) for n in _NAMED),
            *(_step(name, table, dialect) for name, table in measured.items()),
            _step(_WIDE, wide, dialect),
            *(_step(name, table, dialect) for name, table in compared.items()),
        ),
        panel=compiled(panel, dialect),
    )


def _step(name: str, table: ir.Table, dialect: str, *, kept: bool = True) -> Step:
    return Step(name, compiled(table, dialect), kept)


def _measured(view: View, catalogue: Catalogue) -> Iterator[tuple[str, ir.Table]]:
    for number, measure in enumerate(catalogue.measures):
        yield f"measured_{number}", measure(view)
    yield "measured_leaving", leaving(view)


def _named(name: str, table: ir.Table) -> ir.Table:
    return ibis.table(table.schema(), name=name)


def _compared(wide: ir.Table, catalogue: Catalogue) -> Iterator[tuple[str, ir.Table]]:
    for number, definition in enumerate(catalogue.definitions):
        if definition.compare is not None:
            yield f"compared_{number}", definition.compare(wide)


def _joined(view: View, catalogue: Catalogue, measured: Mapping[str, ir.Table]) -> ir.Table:
    named = [_named(name, table) for name, table in measured.items()]
    keys = view.accounts.select(*KEYS)
    joined = beside_all(keys, named)
    values = {name: joined[name] for name in columns_of(keys, named)} | _filled(joined, catalogue)
    # Derived from a table with these columns, but in words of the join: one query for all.
    for derive in _derived_before_comparing(catalogue):
        row = joined.select(**values)
        values |= _in_words_of(row, values, derive(row))
    return joined.select(**values)


def _derived_before_comparing(catalogue: Catalogue) -> Iterator[Derive]:
    for definition in catalogue.definitions[: _first_compared(catalogue)]:
        if definition.derive:
            yield definition.derive
    yield lambda row: {"eligible": eligible(row)}


def _in_words_of(
    row: ir.Table, values: Mapping[str, ir.Value], derived: Mapping[str, ir.Value]
) -> dict[str, ir.Value]:
    """Return what was derived from a row, its columns replaced by what they are."""
    words = {row[name].op(): value.op() for name, value in values.items()}
    return {name: value.op().replace(words).to_expr() for name, value in derived.items()}


def _panel(wide: ir.Table, catalogue: Catalogue, compared: Mapping[str, ir.Table]) -> ir.Table:
    panel = beside(wide, [_named(name, table) for name, table in compared.items()])
    # Whoever comes after a comparison, such as a user's own features, may derive from it.
    for definition in catalogue.definitions[_first_compared(catalogue) :]:
        panel = panel.mutate(**definition.derive(panel)) if definition.derive else panel
    return panel.select(*KEYS, **_columns(panel, catalogue), eligible=panel.eligible)


def _first_compared(catalogue: Catalogue) -> int:
    places = [n for n, definition in enumerate(catalogue.definitions) if definition.compare]
    return min(places, default=len(catalogue.definitions))


def _with_labels(panel: ir.Table, timeline: ir.Table, window: LabelWindow) -> ir.Table:
    rows = panel.select(*KEYS, "eligible").inner_join(watermarked_snapshots(), "as_of")
    joined = join_keyed(panel, judge(rows, timeline, window))
    return joined.select(*panel.columns[:-1], *NAMES, "eligible")


def _filled(joined: ir.Table, catalogue: Catalogue) -> dict[str, ir.Value]:
    # An account without a single row: the declared value, before anything is derived from it.
    return {
        feature.name: joined[feature.name].cast("float64").fill_null(float(feature.empty))
        for feature in catalogue
        if feature.empty is not None and feature.name in joined.columns
    }


def _columns(wide: ir.Table, catalogue: Catalogue) -> dict[str, ir.Value]:
    return {
        feature.name: wide[feature.name].cast("string" if feature.kind == "category" else "float64")
        for feature in catalogue
    }
