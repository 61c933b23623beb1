"""When a label is looked for, and the grid of as_of moments.

One worked example travels through labels and panel: as_of 1 June, lead 14 days, horizon 90 days:
the label window runs from 15 June to 13 September (excluded); a churn that takes effect on its
last day is certain after 30 days of grace, on 12 October.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from features.errors import PanelError

# Under these names a panel with labels tells its window, in days.
REACH = (b"tierwise.lead_days", b"tierwise.horizon_days", b"tierwise.grace_days")
# In binary 1.1 x 160 lies above 176: who grew by exactly what is asked for has grown.
_HAIR = 1e-12


@dataclass(frozen=True, kw_only=True)
class LabelWindow:
    """The window ``[as_of + lead, as_of + lead + horizon)`` and what counts in it.

    Attributes
    ----------
    lead_days : int
        Time a CSM needs to act, in days; a decision inside it was already too late.
    horizon_days : int
        Length of the window, in days.
    grace_days : int
        Days an account must stay without ARR before it counts as churned.
    expansion_min : float
        Least relative change of ARR that is an expansion (or, downwards, a contraction).
    """

    lead_days: int = 14
    horizon_days: int = 90
    grace_days: int = 30
    expansion_min: float = 0.05

    def __post_init__(self) -> None:
        if self.lead_days < 0 or self.grace_days < 0 or self.horizon_days < 1:
            raise PanelError(
                f"lead {self.lead_days}, horizon {self.horizon_days}, grace {self.grace_days}: "
                "the horizon is at least 1 day, lead and grace at least 0"
            )
        if not 0 < self.expansion_min < 1:
            raise PanelError(
                f"expansion_min is {self.expansion_min}: give a share between 0 and 1, such as 0.05"
            )

    @property
    def reach_days(self) -> int:
        """Days from as_of to the end of the window: lead and horizon."""
        return self.lead_days + self.horizon_days

    @property
    def grown(self) -> float:
        """The share of ARR at as_of from which it has grown; by a hair less than said."""
        return (1 + self.expansion_min) * (1 - _HAIR)

    @property
    def shrunk(self) -> float:
        """The share of ARR at as_of down to which it has shrunk; by a hair more than said."""
        return (1 - self.expansion_min) * (1 + _HAIR)


def last_certain(metadata: Mapping[bytes, bytes]) -> datetime | None:
    """Return the last as_of whose label window and grace were over at a panel's watermark.

    None where the metadata of the Parquet schema do not tell: a panel without labels, or no panel.
    """
    newest = metadata.get(b"tierwise.newest")
    days = [metadata.get(name) for name in REACH]
    if newest is None or None in days:
        return None
    reach = timedelta(days=sum(int(number) for number in days if number is not None))
    return datetime.fromisoformat(newest.decode()) - reach


def as_of_grid(first: datetime, last: datetime, step_days: int = 28) -> list[datetime]:
    """Return the as_of moments from ``first`` to ``last`` (included if hit), every step.

    Raises
    ------
    PanelError
        The step is below one day, or ``last`` lies before ``first``.
    """
    if step_days < 1:
        raise PanelError(f"step_days is {step_days}: give at least 1 day")
    start, end = at_midnight(first), at_midnight(last)
    if end < start:
        raise PanelError(f"the grid ends on {end:%Y-%m-%d}, before its start {start:%Y-%m-%d}")
    return [start + timedelta(days=d) for d in range(0, (end - start).days + 1, step_days)]


def at_midnight(as_of: datetime) -> datetime:
    """Return as_of as UTC without zone.

    Raises
    ------
    PanelError
        It is not 00:00 UTC: windows are whole days.
    """
    plain = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    if plain != datetime(plain.year, plain.month, plain.day):
        raise PanelError(f"as_of {as_of.isoformat()} is not at 00:00 UTC: give a date")
    return plain
