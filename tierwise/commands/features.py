"""`tierwise features`: the panel."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from tierwise.common import Common
from tierwise.sources import dates, label_window, opened
from tierwise.steps import parse_step


def features(
    source: str,
    *,
    out: Path,
    as_of: Annotated[list[datetime] | None, Parameter(consume_multiple=True)] = None,
    from_: Annotated[datetime | None, Parameter(name="--from")] = None,
    to: datetime | None = None,
    step: str | None = None,
    labels: bool = True,
    engine: Literal["duckdb"] = "duckdb",  # noqa: ARG001 - the contract names it; one so far
    common: Common | None = None,
) -> None:
    """Build the panel: one row per account and as_of, every feature as known strictly before.

    Parameters
    ----------
    source
        Folder of Parquet or CSV files named after the tables.
    out
        Parquet file to write.
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
    engine
        Where the features are computed.
    """
    from features import build_panel, write_panel

    common = common or Common()
    settings = common.settings()
    step_days = parse_step(step) if step else settings.step_days
    wanted = dates(as_of, from_, to, step_days)
    with opened(source, settings) as tables:
        panel = build_panel(tables, wanted, labels=label_window(settings) if labels else None)
    write_panel(panel, out)
    print(f"{panel.num_rows:,} rows, {len(wanted)} dates, {panel.num_columns} columns → {out}")
    common.write_json({"out": str(out), "rows": panel.num_rows, "columns": panel.column_names})
