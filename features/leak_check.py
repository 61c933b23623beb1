"""The poison test: no feature may change when everything from as_of on is overwritten.

Every raw row whose own time or ``known_at`` lies at or after as_of is removed or gets other values
in all cells but its keys and times, values that count from a later time are overwritten too, and
the panel is built again beside the untouched one. Not one bit of a feature may differ. The
untouched one has each date beside a later one, the overwritten one has it alone: what a feature
reads of other dates of its run differs, too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, Catalogue
from features.check import require_checked
from features.engine import Source, open_source
from features.errors import PanelError
from features.panel import build_panel, moments_of
from features.poison import poisoned, sample_of

# Enough accounts for percentiles among peers to be what they are in life.
ACCOUNTS = 500
# Behind the last date asked for stands one more, so that it is beside a later one as well.
_LATER = timedelta(days=28)


@dataclass(frozen=True)
class Leak:
    """One feature that saw the future or another date: in how many rows, and one of them."""

    feature: str
    rows: int
    account_id: str
    as_of: datetime


@dataclass(frozen=True)
class LeakReport:
    """What the poison test found; one pair is an account as of one date."""

    features: int
    pairs: int
    poisoned_rows: int
    leaks: tuple[Leak, ...]

    @property
    def ok(self) -> bool:
        """Whether no feature saw the future; False too when there was no future to see."""
        return not self.leaks and self.poisoned_rows > 0

    def __str__(self) -> str:
        head = (
            f"{self.features} features, {self.pairs:,} pairs of account and date, "
            f"{self.poisoned_rows:,} rows overwritten: "
        )
        if not self.poisoned_rows:
            return head + "no row lies at or after the dates; take earlier ones"
        if not self.leaks:
            return head + "no cell changed"
        lines = [
            f"  {leak.feature} changed in {leak.rows:,} rows, such as account {leak.account_id} "
            f"as of {leak.as_of:%Y-%m-%d}"
            for leak in self.leaks
        ]
        seen = f"{len(self.leaks)} features saw the future, or other dates of their run"
        return "\n".join([head + seen, *lines])

    def to_json(self) -> dict[str, object]:
        """Return the report as ``tierwise features --check-leaks --json`` writes it."""
        leaks = [
            {
                "feature": leak.feature,
                "rows": leak.rows,
                "account_id": leak.account_id,
                "as_of": f"{leak.as_of.isoformat()}Z",
            }
            for leak in self.leaks
        ]
        return {
            "ok": self.ok,
            "features": self.features,
            "pairs": self.pairs,
            "poisoned_rows": self.poisoned_rows,
            "leaks": leaks,
        }


def check_leaks(
    source: Source,
    as_of: Sequence[datetime],
    *,
    catalogue: Catalogue = CATALOGUE,
    accounts: int | None = ACCOUNTS,
) -> LeakReport:
    """Poison the future of each as_of in turn and compare every feature.

    Each date is built beside a later one, too: it must not see the other's rows.

    Parameters
    ----------
    source : Source
        From ``open_source``; it is read, never written.
    as_of : sequence of datetime
        Moments at 00:00 UTC with rows behind them.
    catalogue : Catalogue
        The features to check, a user's own among them.
    accounts : int or None
        So many accounts, drawn by a hash of their id, bound the cost; None for all.

    Raises
    ------
    PanelError, CheckError, CatalogueError
        As ``build_panel``.
    """
    moments = moments_of(as_of)
    require_checked(source)
    tables = sample_of(source, accounts)
    with tempfile.TemporaryDirectory(prefix="tierwise-leaks-") as folder:
        clean_folder = _written(source, tables, Path(folder) / "clean")
        with open_source(clean_folder) as clean:
            panel = _beside_later(clean, moments, catalogue)
        leaks: dict[str, Leak] = {}
        poisoned_rows = 0
        for number, moment in enumerate(moments):
            dirty_tables, count = poisoned(tables, moment)
            poisoned_rows += int(source.read(count)["n"][0].as_py() or 0)
            dirty_folder = _written(source, dirty_tables, Path(folder) / f"dirty-{number}")
            with open_source(dirty_folder) as dirty:
                again = build_panel(dirty, [moment], catalogue=catalogue)
            _compare(_at(panel, moment), again, catalogue, leaks)
    found = tuple(leaks[name] for name in catalogue.names if name in leaks)
    return LeakReport(len(catalogue), panel.num_rows, poisoned_rows, found)


def _beside_later(source: Source, moments: list[datetime], catalogue: Catalogue) -> pa.Table:
    """Build the panel with every date in one run with a later one, two of them at a time."""
    dates = [*moments, moments[-1] + _LATER]
    runs = []
    for start in range(0, len(moments), 2):
        few = dates[start : start + 3]
        panel = build_panel(source, few, catalogue=catalogue)
        last = pa.scalar(few[-1], panel["as_of"].type)
        runs.append(panel.filter(pc.less(panel["as_of"], last)))
    return pa.concat_tables(runs).combine_chunks()


def _at(panel: pa.Table, moment: datetime) -> pa.Table:
    return panel.filter(pc.equal(panel["as_of"], pa.scalar(moment, panel["as_of"].type)))


def _written(source: Source, tables: Mapping[str, ir.Table], folder: Path) -> Path:
    folder.mkdir()
    for name, table in tables.items():
        pq.write_table(source.read(table), folder / f"{name}.parquet")
    return folder


def _compare(
    clean: pa.Table, dirty: pa.Table, catalogue: Catalogue, leaks: dict[str, Leak]
) -> None:
    if not clean["account_id"].equals(dirty["account_id"]):
        raise PanelError("the accounts known at as_of changed with the future: please report it")
    for name in catalogue.names:
        changed = _changed(clean[name], dirty[name])
        rows = clean.filter(changed)
        if rows.num_rows:
            before = leaks[name].rows if name in leaks else 0
            first = rows.slice(0, 1).to_pylist()[0]
            leaks[name] = Leak(name, before + rows.num_rows, first["account_id"], first["as_of"])


def _changed(clean: pa.ChunkedArray[Any], dirty: pa.ChunkedArray[Any]) -> Any:
    one_null = pc.xor(pc.is_null(clean), pc.is_null(dirty))
    # A comparison with null is null: neither null means a real difference.
    return pc.or_kleene(one_null, pc.not_equal(clean, dirty))
