"""A short mark of everything a snapshot is made of, so that an unchanged one is not built again.

Per table, one scan sums row hashes per day on which the rows became known; a snapshot's mark adds
the days before it. A value with a clock of its own counts from that clock. Rows known later, as
the second clock allows them, leave the marks of earlier snapshots alone. Use counts by the months
in a snapshot's windows; the sums are the stage's where there is one on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from features.backend import Backend
from features.daily_sums import Daily, daily_sums
from features.duckdb_backend import DuckDBBackend
from features.label_window import LabelWindow
from features.schema import TABLES, Table
from features.snapshot import LONGEST_WINDOW
from features.source import Source
from features.stage_store import months_between, usage_sums

# Labels look at changes that are decided until their window and its grace are over, and at what
# takes these back: within a year, or before they take effect.
_EFFECT = timedelta(days=364)
_LABELLED = "least(coalesce(requested_at, happened_at), happened_at)"
# Departures that take effect later than they were decided: both days.
_PLANNED = f"concat(CAST({_LABELLED} AS DATE), ' ', CAST(happened_at AS DATE))"
_DEPARTS = "requested_at < happened_at AND (type = 'churn' OR arr = 0)"
_DEPARTING = f"account_id IN (SELECT account_id FROM contracts WHERE {_DEPARTS})"
_USED = "concat(strftime(day, '%Y-%m'), ' ', CAST(coalesce(known_at, day) AS DATE))"


@dataclass(frozen=True)
class Future:
    """What labels look at, by day of decision.

    All changes, those of accounts with a planned departure, and of such departures the days on
    which they are decided and take effect.
    """

    changes: Daily
    departing: Daily
    planned: tuple[str, ...]


def marks_of(
    source: Source, moments: Sequence[datetime], labels: LabelWindow | None
) -> dict[datetime, str]:
    """Return the mark of what each snapshot is made of."""
    sums = partial(_sums, source.backend)
    asked = [(table.name, sql) for table in TABLES.values() for sql in _known(sums, table)]
    changes = TABLES["contracts"].names
    asked += [
        ("contracts", sums("contracts", _day(_LABELLED), changes)),
        ("contracts", sums("contracts", _day(_LABELLED), changes, _DEPARTING)),
        ("contracts", sums("contracts", _PLANNED, ("change_id",), _DEPARTS)),
    ]
    *known, future, departing, planned = daily_sums(source, asked)
    used = _used(source, sums)
    return {
        moment: _digest(
            [_before(daily, moment) for daily in known],
            [_before(used.get(month, {}), moment) for month in _months(moment)],
            _labelled(source.newest, Future(future, departing, tuple(planned)), moment, labels),
        )
        for moment in moments
    }


def _used(source: Source, sums: Callable[..., str]) -> Mapping[str, Daily]:
    """Return the sums of use by month, then by the day on which the rows became known."""
    if isinstance(source.backend, DuckDBBackend):
        found: Daily = usage_sums(source)
    else:
        sql = sums("usage", _USED, TABLES["usage"].names, "day IS NOT NULL")
        found = daily_sums(source, [("usage", sql)])[0]
    months: dict[str, dict[str, int]] = {}
    for key, total in found.items():
        month, day = key.split()
        months.setdefault(month, {})[day] = total
    return months


def _known(sums: Callable[..., str], table: Table) -> Iterator[str]:
    # Nothing that is computed looks at who works here.
    if table.name in ("usage", "csms"):
        return
    if table.time is None:
        yield sums(table.name, "NULL::DATE", table.names)
        return
    known = f"coalesce(known_at, {table.time})"
    clocks = {c.clock for c in table.columns if c.clock}
    yield sums(table.name, _day(known), [c.name for c in table.columns if not c.clock])
    for clock in sorted(clocks):
        # Versions of a key are told apart: which of them said it matters.
        told = [*table.key, "known_at", *(c.name for c in table.columns if c.clock == clock)]
        day = _day(f"greatest({known}, {clock})")
        yield sums(table.name, day, told, f"{clock} IS NOT NULL")
    again = [c.name for c in table.columns if c.told_again]
    if again:
        version = f"row_number() OVER (PARTITION BY {', '.join(table.key)} ORDER BY {known})"
        versions = f"(SELECT *, {version} AS version FROM {table.name})"
        yield sums(versions, _day(known), [*table.key, "known_at", *again], "version > 1")


def _sums(
    backend: Backend, table: str, day: str, columns: Sequence[str], where: str = "true"
) -> str:
    total = f"sum({backend.row_hash(columns)})"
    return f"SELECT {day} AS d, {total} FROM {table} WHERE {where} GROUP BY d"


def _day(time: str) -> str:
    return f"CAST({time} AS DATE)"


def _before(daily: Daily, moment: datetime) -> int:
    end = moment.date().isoformat()
    return sum(total for day, total in daily.items() if day < end) % 2**64


def _months(moment: datetime) -> list[str]:
    first = moment - timedelta(days=LONGEST_WINDOW)
    return months_between(first, moment - timedelta(days=1))


def _labelled(
    newest: datetime | None,
    future: Future,
    moment: datetime,
    labels: LabelWindow | None,
) -> list[object]:
    """Return what labels are made of: changes, how far records reach, departures in doubt."""
    if labels is None:
        return []
    grace = timedelta(days=labels.grace_days)
    opens, closes = (moment + timedelta(days=n) for n in (labels.lead_days, labels.reach_days))
    certain = closes + grace
    effects = _effects(future.planned, opens, closes)
    reached = min(newest, certain) if newest else None
    # Until its grace is over nobody knows whether a departure that took effect will stay.
    doubt = [str(day) for day in effects if newest and day <= newest < day + grace]
    until = certain + _EFFECT
    longest = _before(future.departing, max([until, *effects]))
    return [_before(future.changes, until), longest, str(reached), *sorted(doubt)]


def _effects(planned: Sequence[str], opens: datetime, closes: datetime) -> list[datetime]:
    """Return the days on which departures take effect that are decided in a window."""
    first, end = opens.date().isoformat(), closes.date().isoformat()
    pairs = (each.split() for each in planned)
    return [datetime.fromisoformat(effect) for decided, effect in pairs if first <= decided < end]


def _digest(*parts: Sequence[object]) -> str:
    return sha256(repr(parts).encode()).hexdigest()
