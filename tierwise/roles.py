"""Which column of a labelled table is what, from the flags, with the label window in force."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tierwise.settings import Settings

if TYPE_CHECKING:
    from training import Roles


def roles(
    settings: Settings,
    outcome: str,
    *,
    label: str | None,
    entity: str,
    time: str | None,
    drop: Sequence[str] | None,
) -> "Roles":
    """The columns as told; lead and horizon hold where the table tells none of its own."""
    from training import Roles

    return Roles(
        outcome,
        label=label,
        entity=entity,
        time=time,
        drop=tuple(drop or ()),
        lead_days=settings.lead_days,
        horizon_days=settings.horizon_days,
    )
