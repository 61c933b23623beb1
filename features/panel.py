"""The panel: one row per account known at as_of, one column per feature, then the labels.

The worked example: at as_of 1 June an account created on 3 May has a row, one created on
1 June has none yet, and its use of 3 May lies in ``[4 May, 1 June)`` no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from features.catalogue import CATALOGUE, Catalogue
from features.check import require_checked
from features.errors import PanelError
from features.label_window import LabelWindow, at_midnight
from features.labels import NAMES
from features.plan import Plan
from features.plan_store import kept_plan
from features.ranges import require_in_range
from features.snapshot import LONGEST_WINDOW, corrected_tables, place_snapshots
from features.source import Source
from features.stage_store import months_between, open_stage

# Few snapshots at a time bound the memory a run takes, whatever the length of the history.
_SNAPSHOTS_PER_RUN = 3
# Beyond so many rows of usage in their windows, one: the engine's tables stay near the processor.
_MANY_ROWS = 5_000_000


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
    runs = list(panel_runs(source, as_of, labels=labels, catalogue=catalogue))
    panel = pa.concat_tables(runs).combine_chunks()
    return panel.replace_schema_metadata(_metadata(source, catalogue, labels))


def panel_runs(
    source: Source,
    as_of: Sequence[datetime],
    *,
    labels: LabelWindow | None = None,
    catalogue: Catalogue = CATALOGUE,
) -> Iterator[pa.Table]:
    """Build the panel of a source a few snapshots at a time, oldest first; see ``build_panel``."""
    moments = moments_of(as_of)
    require_checked(source)
    first = moments[0] - timedelta(days=LONGEST_WINDOW)
    rows = open_stage(source, months_between(first, moments[-1] - timedelta(days=1)))
    source.backend.expect(rows)
    corrected = corrected_tables(source.missing)
    kept_in = source.kept_in / "plans" if source.stage_directory else None
    plan = kept_plan(kept_in, catalogue, labels, source.backend.dialect, corrected)
    for step in plan.once:
        source.keep(step.name, step.sql)
    for few in _in_batches(moments, 1 if rows > _MANY_ROWS else _SNAPSHOTS_PER_RUN):
        if few[0] > moments[0]:  # what the last run leaves goes with the source
            _forget(source, plan)
        panel = _run(source, plan, few).cast(_schema(catalogue, labels))
        panel = _without_absent(panel, catalogue, source.missing)
        panel = panel.sort_by([("as_of", "ascending"), ("account_id", "ascending")])
        require_in_range(panel, catalogue)
        yield panel.replace_schema_metadata(_metadata(source, catalogue, labels))
        del panel  # room for the next


def _run(source: Source, plan: Plan, few: Sequence[datetime]) -> pa.Table:
    place_snapshots(source, few)
    for step in plan.steps:
        if step.kept:
            source.keep(step.name, step.sql)
        else:
            source.view(step.name, step.sql)
    return source.run(plan.panel)


def _forget(source: Source, plan: Plan) -> None:
    for step in plan.steps:
        if step.kept:
            source.backend.drop(step.name)


def moments_of(as_of: Sequence[datetime]) -> list[datetime]:
    """Return the moments in order, as UTC without zone; see ``build_panel`` for what is refused."""
    moments = sorted(at_midnight(t) for t in as_of)
    if not moments:
        raise PanelError("no as_of was given: name at least one date")
    if len(set(moments)) < len(moments):
        raise PanelError("an as_of was given twice: name each date once")
    return moments


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


def _in_batches(moments: list[datetime], size: int) -> Iterator[list[datetime]]:
    for start in range(0, len(moments), size):
        yield moments[start : start + size]
