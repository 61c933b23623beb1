"""`tierwise features`: the panel, and the proof that no feature saw the future."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common
from tierwise.errors import UsageError
from tierwise.settings import Settings
from tierwise.sources import dates, label_window, opened
from tierwise.steps import parse_step


def features(
    source: str,
    *,
    out: Path | None = None,
    as_of: Annotated[list[datetime] | None, Parameter(consume_multiple=True)] = None,
    from_: Annotated[datetime | None, Parameter(name="--from")] = None,
    to: datetime | None = None,
    step: str | None = None,
    labels: bool = True,
    check_leaks: Annotated[bool, Parameter(negative=())] = False,
    engine: Literal["duckdb"] = "duckdb",  # noqa: ARG001 - the contract names it; one so far
    common: Common | None = None,
) -> int:
    """Build the panel: one row per account and as_of, every feature as known strictly before.

    Parameters
    ----------
    source
        Folder of Parquet or CSV files named after the tables.
    out
        Parquet file to write; needed unless the leak check alone is asked for.
    as_of
        Dates to build, one or more.
    from_
        First date of a range, itself included.
    to
        End of the range: the last date on or before it that the steps reach.
    step
        Distance between the dates, such as 28d.
    labels
        Whether to add the outcomes; a window that is not over yet gives null.
    check_leaks
        Overwrite all rows from each date on; no feature may change, else no panel is written.
    engine
        Where the features are computed.
    """
    if out is None and not check_leaks:
        raise UsageError("--out PANEL.parquet is missing: say where to write the panel.")
    common = common or Common()
    settings = common.settings()
    wanted = dates(as_of, from_, to, parse_step(step) if step else settings.step_days)
    found: dict[str, Any] = _leaks(source, wanted, settings) if check_leaks else {"ok": True}
    if out is not None and found["ok"]:
        found |= _panel(source, wanted, out, settings, labels=labels)
    common.write_json(found)
    return 0 if found["ok"] else 1


def _leaks(source: str, wanted: list[datetime], settings: Settings) -> dict[str, Any]:
    """Run the poison test; its report, printed and for `--json`."""
    from features.leak_check import check_leaks

    with opened(source, settings) as tables:
        report = check_leaks(tables, wanted, catalogue=catalogue_in_force(settings))
    print(report)
    return report.to_json()


def _panel(
    source: str, wanted: list[datetime], out: Path, settings: Settings, *, labels: bool
) -> dict[str, Any]:
    """Build and write the panel; what was written, printed and for `--json`."""
    from features import build_panel, write_panel

    window = label_window(settings) if labels else None
    with opened(source, settings) as tables:
        panel = build_panel(tables, wanted, labels=window, catalogue=catalogue_in_force(settings))
    write_panel(panel, out)
    print(f"{panel.num_rows:,} rows, {len(wanted)} dates, {panel.num_columns} columns → {out}")
    return {"out": str(out), "rows": panel.num_rows, "columns": panel.column_names}
