"""When what happened after as_of was decided: beside the labels, and by the same one door.

Days count from as_of. Who leaves, the two clocks and the grace are those of ``features.labels``:
leaving counts from its decision (a negative number was decided before as_of and takes effect
later); growing and shrinking count from the day ARR first stood 5 % above or below that of as_of.
The worked example: as_of 1 June; who asks on 20 June to leave on 30 September has 19 days to
churn; gone on 1 July and back on 20 July is no churn.

``churned_within`` gives the label ``churned`` of any window from the days, exactly. ``expanded``
and ``contracted`` are not asked for: they compare ARR at the window's end alone, so that an
expansion taken back before then is a first expansion and no label.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from features.errors import PanelError
from features.expressions import (
    KEYS,
    count_where,
    days_from,
    from_units,
    join_keyed,
    min_where,
    only,
    sum_where,
)
from features.label_window import LabelWindow
from features.labels import arr_timeline, tables_from_the_future

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.source import Source

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

CHURNS = ("days_to_voluntary_churn", "days_to_involuntary_churn")
OTHERS = ("days_to_expansion", "days_to_contraction")
_TIMES: list[tuple[str, Any]] = [
    ("account_id", pa.string()),
    ("as_of", pa.timestamp("us")),
    ("arr", pa.float64()),
    *((name, pa.int32()) for name in (*CHURNS, *OTHERS, "days_to_doubt", "days_observed")),
]
_ASKED = {"account_id": "string", "as_of": "timestamp"}


def outcome_times_from_the_future(
    source: Source,
    rows: pa.Table,
    window: LabelWindow | None = None,
    *,
    known_by: datetime | None = None,
) -> pa.Table:
    """Return when each row's account first left, grew and shrank after its as_of.

    Parameters
    ----------
    source : Source
        From ``open_source``.
    rows : pyarrow.Table
        ``account_id`` and ``as_of``, each pair once: a panel.
    window : LabelWindow, optional
        Its grace and least expansion; lead and horizon play no part.
    known_by : datetime, optional
        The moment (UTC, without zone) from which one looks back: changes that became known at or
        after it do not count, and nothing is observed beyond it. A change without ``known_at`` was
        known when it was asked for, else when it happened. By default all that is known today.

    Returns
    -------
    pyarrow.Table
        As long as ``rows`` and in their order: ``account_id``, ``as_of``, ``arr`` (in effect just
        before as_of), ``days_to_voluntary_churn``, ``days_to_involuntary_churn``,
        ``days_to_expansion``, ``days_to_contraction`` (null: not up to the watermark),
        ``days_to_doubt`` (a departure decided whose grace still runs), ``days_observed`` (to the
        watermark). The schema metadata holds the grace and the least expansion.

    Raises
    ------
    PanelError
        A pair of account and as_of stands there twice, or the source has no newest row.
    """
    window = window or LabelWindow()
    asked = _asked(rows)
    if source.newest is None:
        raise PanelError(f"{source.location} has no event: there is nothing to observe")
    newest = min(source.newest, known_by or source.newest)
    source.backend.place("asked", asked.append_column("n", pa.array(range(len(asked)))))
    placed = pa.table({"newest": pa.array([newest], pa.timestamp("us"))})
    source.backend.place("watermark", placed)
    contracts = _known(tables_from_the_future(source.tables), known_by)
    found = source.read(_times(contracts, window)).sort_by("n").drop_columns(["n"])
    return found.cast(pa.schema(_TIMES)).replace_schema_metadata(
        {
            "tierwise.grace_days": str(window.grace_days),
            "tierwise.expansion_min": str(window.expansion_min),
            "tierwise.newest": newest.isoformat(),
        }
    )


def _asked(rows: pa.Table) -> pa.Table:
    asked = rows.select(["account_id", "as_of"]).replace_schema_metadata(None)
    pairs = asked.group_by(["account_id", "as_of"]).aggregate([])
    if pairs.num_rows < asked.num_rows:
        twice = asked.num_rows - pairs.num_rows
        raise PanelError(f"{twice} rows repeat an account and as_of: give each pair once")
    return asked.cast(pa.schema(_TIMES[:2]))


def _known(contracts: ir.Table, by: datetime | None) -> ir.Table:
    import ibis

    if by is None:
        return contracts
    known_at = ibis.coalesce(contracts.known_at, contracts.requested_at, contracts.happened_at)
    return contracts.filter(known_at < ibis.literal(by))


def _times(contracts: ir.Table, window: LabelWindow) -> ir.Table:
    import ibis

    rows = ibis.table({**_ASKED, "n": "int64"}, name="asked")
    rows = rows.cross_join(ibis.table({"newest": "timestamp"}, name="watermark"))
    moves = _with_failures(arr_timeline(contracts), contracts)
    beside = rows.inner_join(moves, [rows.account_id == moves["_account"]]).drop("_account")
    then = beside.group_by(KEYS).aggregate(
        _then=sum_where(beside.change, beside.at < beside.as_of).cast("int64")
    )
    facts = join_keyed(beside, then)
    facts = facts.group_by(KEYS).aggregate(**_firsts(facts, window))
    joined = join_keyed(rows.mutate(days_observed=days_from(rows.as_of, rows.newest)), facts)
    return joined.select("n", *KEYS, **_columns(joined))


def _with_failures(timeline: ir.Table, contracts: ir.Table) -> ir.Table:
    churns = contracts.filter(contracts.type == "churn")
    failed = churns.group_by(_account=churns.account_id, _at=churns.happened_at).aggregate(
        n_failed=count_where((~churns.voluntary).fill_null(False))
    )
    joined = timeline.left_join(
        failed, [timeline.account_id == failed["_account"], timeline.at == failed["_at"]]
    ).drop("_account", "_at")
    involuntary = joined.n_failed.fill_null(0) > 0
    return joined.mutate(involuntary=involuntary).rename(_account="account_id")


def _firsts(row: ir.Table, window: LabelWindow) -> dict[str, ir.Value]:
    import ibis

    ahead = row.at >= row.as_of
    gone = ahead & (row.total == 0)
    certain_at = row.at + ibis.interval(days=window.grace_days)
    stays = row.until.isnull() | (row.until >= certain_at)
    doubtful = row.until.isnull() & (row.at <= row.newest) & (certain_at > row.newest)
    left = gone & stays & ~doubtful
    decided, effective = days_from(row.as_of, row.decided_at), days_from(row.as_of, row.at)
    stood = row["_then"].cast("float64")
    ahead_paying = ahead & (row["_then"] > 0)
    grown = ahead_paying & (row.total >= stood * window.grown)
    shrunk = ahead_paying & (row.total > 0) & (row.total <= stood * window.shrunk)
    return {
        "_then": row["_then"].max(),
        "days_to_voluntary_churn": min_where(decided, left & ~row.involuntary),
        "days_to_involuntary_churn": min_where(decided, left & row.involuntary),
        "days_to_expansion": min_where(effective, grown),
        "days_to_contraction": min_where(effective, shrunk),
        "days_to_doubt": min_where(decided, gone & doubtful),
    }


def _columns(row: ir.Table) -> dict[str, ir.Value]:
    seen = {name: only(row[name], row[name] < row.days_observed) for name in (*CHURNS, *OTHERS)}
    arr = from_units(row["_then"].fill_null(0))
    return {
        "arr": arr,
        **seen,
        "days_to_doubt": row.days_to_doubt,
        "days_observed": row.days_observed,
    }


def churned_within(
    times: pa.Table, eligible: npt.NDArray[np.bool_], window: LabelWindow
) -> npt.NDArray[np.float64]:
    """Return the label ``churned`` of a window from the days: 1, 0 or NaN where not known, (n,).

    Parameters
    ----------
    times : pyarrow.Table (n rows)
        From ``outcome_times_from_the_future`` with the window's grace.
    eligible : ndarray (n,)
        The panel's column of that name.
    window : LabelWindow
    """
    churn = np.fmin(*(days_of(times, name) for name in CHURNS))
    doubt = days_of(times, "days_to_doubt")
    opens, closes = window.lead_days, window.reach_days
    churned = churn < closes
    too_late = (churn < opens) | (doubt < opens)
    known = eligible & (days_of(times, "arr") > 0) & ~too_late
    known &= days_of(times, "days_observed") >= closes
    known &= churned | ~(doubt < closes)
    return np.where(known, churned.astype(np.float64), np.nan)


def days_of(times: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """Return a number column as float64, (n,), NaN where it is null."""
    values = pc.fill_null(times.column(name).cast(pa.float64()), float("nan"))
    return np.asarray(values.to_numpy(), dtype=np.float64)
