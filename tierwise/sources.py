"""Opening a source under the settings in force, with its label window and dates."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tierwise.errors import CommandError
from tierwise.settings import Settings

if TYPE_CHECKING:
    from features import LabelWindow, Source


Engine = Literal["duckdb", "spark"]
# A week without a row may be a holiday; a longer silence of everybody is a source that ended.
_SILENT_DAYS = 7


def opened(source: str, settings: Settings, engine: Engine = "duckdb") -> "Source":
    """The source, opened under the engine's settings; to be used in `with`."""
    from features import open_source

    return open_source(
        source,
        engine=engine,
        spark_url=settings.spark_url or None,
        memory_limit=settings.memory_limit,
        temp_directory=settings.temp_directory,
        stage_directory=settings.stage_directory,
    )


def label_window(settings: Settings) -> "LabelWindow":
    """Lead, horizon, grace and least expansion in force."""
    from features import LabelWindow

    return LabelWindow(
        lead_days=settings.lead_days,
        horizon_days=settings.horizon_days,
        grace_days=settings.grace_days,
        expansion_min=settings.expansion_min,
    )


def dates(
    as_of: Sequence[datetime] | None,
    first: datetime | None,
    last: datetime | None,
    step_days: int,
) -> list[datetime]:
    """The as_of dates asked for, either named or as a range.

    Raises
    ------
    CommandError
        Both ways at once, neither, half a range, or a range that ends before it begins.
    """
    from features import as_of_grid

    if as_of and (first or last):
        raise CommandError("give --as-of or --from/--to, not both.")
    if as_of:
        return sorted(set(as_of))
    if first is None or last is None:
        raise CommandError("no dates: give --as-of DATE …, or --from DATE with --to DATE.")
    if last < first:
        raise CommandError(f"--to {last:%Y-%m-%d} lies before --from {first:%Y-%m-%d}.")
    return as_of_grid(first, last, step_days=step_days)


def dates_back(as_of: datetime, first: datetime, step_days: int) -> list[datetime]:
    """The dates that lie whole steps before as_of, back to `first`, and as_of itself.

    Days with a zone are taken as midnight UTC, as the engine takes them.

    Raises
    ------
    CommandError
        `first` lies after as_of.
    PanelError
        A day is not at 00:00 UTC.
    """
    from features.label_window import at_midnight

    as_of, first = at_midnight(as_of), at_midnight(first)
    if first > as_of:
        raise CommandError(f"--from {first:%Y-%m-%d} lies after --as-of {as_of:%Y-%m-%d}.")
    n_back = (as_of - first).days // step_days
    return [as_of - timedelta(days=step_days * number) for number in range(n_back, -1, -1)]


def require_reached(source: "Source", as_of: datetime) -> None:
    """Refuse a date so long after the newest row that all accounts would look as if they left.

    Raises
    ------
    CommandError
        The date lies more than a week after the day of the newest row.
    """
    newest = source.newest
    if newest is None:
        return
    day = datetime(newest.year, newest.month, newest.day)
    last = day + timedelta(days=1 + _SILENT_DAYS)
    if as_of > last:
        raise CommandError(
            f"--as-of {as_of:%Y-%m-%d} lies {(as_of - day).days} days after the newest row of "
            f"{source.location} ({day:%Y-%m-%d}): nothing is known of them, and silence would read "
            f"as leaving. Give a date up to {last:%Y-%m-%d}, or newer tables."
        )
