"""`tierwise features`: the panel, and the proof that no feature saw the future."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common
from tierwise.errors import UsageError
from tierwise.settings import Settings
from tierwise.sources import Engine, dates, label_window, opened
from tierwise.steps import parse_step

if TYPE_CHECKING:
    from features import Catalogue, LabelWindow, Source


def features(
    source: str,
    *,
    out: str | None = None,
    as_of: Annotated[list[datetime] | None, Parameter(consume_multiple=True)] = None,
    from_: Annotated[datetime | None, Parameter(name="--from")] = None,
    to: datetime | None = None,
    step: str | None = None,
    labels: bool = True,
    check_leaks: Annotated[bool, Parameter(negative=())] = False,
    engine: Engine = "duckdb",
    common: Common | None = None,
) -> int:
    """Build the panel: one row per account and as_of, every feature as known strictly before.

    Parameters
    ----------
    source
        Folder of Parquet or CSV files named after the tables, or the URL of a PostgreSQL database.
    out
        Parquet file to write, or a folder: one partition per as_of, of which only those are built
        whose past has changed; with Spark also a URI such as s3a://lake/panel. Needed unless the
        leak check alone is asked for.
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
        Where the features are computed: in this process or on Spark; the cells are the same.
    """
    if out is None and not check_leaks:
        raise UsageError("--out PANEL.parquet is missing: say where to write the panel.")
    common = common or Common()
    settings = common.settings()
    wanted = dates(as_of, from_, to, parse_step(step) if step else settings.step_days)
    found: dict[str, Any] = _leaks(source, wanted, settings) if check_leaks else {"ok": True}
    if out is not None and found["ok"]:
        window = label_window(settings) if labels else None
        with opened(source, settings, engine) as tables:
            write = _panel if out.endswith(".parquet") else _dataset
            found |= write(tables, wanted, out, window, catalogue_in_force(settings))
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
    source: "Source",
    wanted: list[datetime],
    out: str,
    window: "LabelWindow | None",
    catalogue: "Catalogue",
) -> dict[str, Any]:
    """Build the panel into one file; what was written, printed and for `--json`."""
    from features import build_panel, write_panel

    panel = build_panel(source, wanted, labels=window, catalogue=catalogue)
    write_panel(panel, out)
    print(f"{panel.num_rows:,} rows, {len(wanted)} dates, {panel.num_columns} columns → {out}")
    return {"out": str(out), "rows": panel.num_rows, "columns": panel.column_names}


def _dataset(
    source: "Source",
    wanted: list[datetime],
    out: str,
    window: "LabelWindow | None",
    catalogue: "Catalogue",
) -> dict[str, Any]:
    """Bring a partitioned panel up to date; what was built, printed and for `--json`."""
    from features.panel_dataset import write_panel_dataset

    written = write_panel_dataset(source, wanted, out, labels=window, catalogue=catalogue)
    built = [f"{moment:%Y-%m-%d}" for moment in written.built]
    print(f"{len(built)} of {len(wanted)} dates built → {out}")
    return {"out": str(out), "built": built}
