"""The panel: one row per account known at as_of, one column per feature, then the labels.

The worked example: at as_of 1 June an account created on 3 May has a row, one created on
1 June has none yet, and its use of 3 May lies in ``[4 May, 1 June)`` no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from features.catalogue import CATALOGUE, Catalogue
from features.check import require_checked
from features.eligibility import eligible, leaving
from features.engine import Source, compiled, declared_tables
from features.errors import PanelError
from features.expressions import KEYS, join_keyed
from features.label_window import LabelWindow, at_midnight
from features.labels import NAMES, arr_timeline, judge, tables_from_the_future
from features.ranges import require_in_range
from features.snapshot import View, known_before, place_snapshots, watermarked_snapshots
from features.stages import build_stage, stage_tables

# Few snapshots at a time bound the memory a run takes, whatever the length of the history.
_SNAPSHOTS_PER_RUN = 3


def build_panel(
    source: Source,
    as_of: Sequence[datetime],
    *,
    labels: LabelWindow | None = None,
    catalogue: Catalogue = CATALOGUE,
) -> pa.Table:
    """Build the panel of a source.

    Parameters
    ----------
    source : Source
        From ``open_source``; checked first, once.
    as_of : sequence of datetime
        Moments at 00:00 UTC, in any order, each once.
    labels : LabelWindow, optional
        With it the columns ``churned``, ``expanded`` and ``contracted`` (1, 0 or null) are added.
    catalogue : Catalogue
        The features to build; ``features.own.load_catalogue`` adds a user's own to the shipped.

    Returns
    -------
    pyarrow.Table
        Sorted by ``as_of``, ``account_id``: keys, features in catalogue order, labels,
        ``eligible``; the schema metadata says what it was made of.

    Raises
    ------
    PanelError
        No as_of, one given twice, or one that is not at 00:00 UTC.
    CheckError
        The source breaks its declared schema.
    FeatureRangeError
        A feature left its declared range.
    """
    moments = _moments(as_of)
    require_checked(source)
    build_stage(source)
    sql = _panel_sql(catalogue, labels)
    runs = []
    for few in _in_batches(moments):
        place_snapshots(source, few)
        runs.append(source.run(sql))
    panel = pa.concat_tables(runs).combine_chunks().cast(_schema(catalogue, labels))
    panel = _without_absent(panel, catalogue, source.missing)
    panel = panel.sort_by([("as_of", "ascending"), ("account_id", "ascending")])
    require_in_range(panel, catalogue)
    return panel.replace_schema_metadata(_metadata(source, catalogue, labels))


def _moments(as_of: Sequence[datetime]) -> list[datetime]:
    moments = sorted(at_midnight(t) for t in as_of)
    if not moments:
        raise PanelError("no as_of was given: name at least one date")
    if len(set(moments)) < len(moments):
        raise PanelError("an as_of was given twice: name each date once")
    return moments


@lru_cache(maxsize=8)
def _panel_sql(catalogue: Catalogue, window: LabelWindow | None) -> str:
    tables = declared_tables()
    panel = _features(known_before(tables, stage_tables()), catalogue)
    return compiled(panel if window is None else _with_labels(panel, tables, window))


def _features(view: View, catalogue: Catalogue) -> ir.Table:
    wide = view.accounts.select(*KEYS)
    for measure in catalogue.measures:
        wide = join_keyed(wide, measure(view))
    wide = join_keyed(wide, leaving(view))
    wide = wide.mutate(**_filled(wide, catalogue))
    for derive in catalogue.derives:
        wide = wide.mutate(**derive(wide))
    return wide.select(*KEYS, **_columns(wide, catalogue), eligible=eligible(wide))


def _with_labels(panel: ir.Table, tables: Mapping[str, ir.Table], window: LabelWindow) -> ir.Table:
    timeline = arr_timeline(tables_from_the_future(tables))
    rows = panel.select(*KEYS, "eligible").inner_join(watermarked_snapshots(), "as_of")
    joined = join_keyed(panel, judge(rows, timeline, window))
    return joined.select(*panel.columns[:-1], *NAMES, "eligible")


def _filled(wide: ir.Table, catalogue: Catalogue) -> dict[str, ir.Value]:
    # An account without a single row: the declared value, before anything is derived from it.
    return {
        feature.name: wide[feature.name].cast("float64").fill_null(float(feature.empty))
        for feature in catalogue
        if feature.empty is not None and feature.name in wide.columns
    }


def _columns(wide: ir.Table, catalogue: Catalogue) -> dict[str, ir.Value]:
    return {
        feature.name: wide[feature.name].cast("string" if feature.kind == "category" else "float64")
        for feature in catalogue
    }


def _without_absent(panel: pa.Table, catalogue: Catalogue, missing: frozenset[str]) -> pa.Table:
    # What the source does not have is unknown, not the 0 of an empty table.
    for feature in catalogue:
        if not missing.isdisjoint(feature.needs):
            place = panel.schema.get_field_index(feature.name)
            field = panel.schema.field(place)
            panel = panel.set_column(place, field, pa.nulls(panel.num_rows, field.type))
    return panel


def _schema(catalogue: Catalogue, window: LabelWindow | None) -> pa.Schema:
    fields: list[pa.Field[Any]] = [
        pa.field("account_id", pa.string()),
        pa.field("as_of", pa.timestamp("us")),
    ]
    for feature in catalogue:
        category = feature.kind == "category"
        fields.append(pa.field(feature.name, pa.string() if category else pa.float64()))
    if window is not None:
        fields += [pa.field(name, pa.int8()) for name in NAMES]
    return pa.schema([*fields, pa.field("eligible", pa.bool_())])


def _metadata(source: Source, catalogue: Catalogue, window: LabelWindow | None) -> dict[str, str]:
    facts = {"tierwise.catalogue": catalogue.fingerprint, "tierwise.source": source.digest}
    if window is not None:
        facts |= {
            "tierwise.lead_days": str(window.lead_days),
            "tierwise.horizon_days": str(window.horizon_days),
            "tierwise.grace_days": str(window.grace_days),
            "tierwise.expansion_min": str(window.expansion_min),
        }
    if source.newest is not None:
        facts["tierwise.newest"] = source.newest.isoformat()
    return facts


def _in_batches(moments: list[datetime]) -> Iterator[tuple[datetime, ...]]:
    for start in range(0, len(moments), _SNAPSHOTS_PER_RUN):
        yield tuple(moments[start : start + _SNAPSHOTS_PER_RUN])
