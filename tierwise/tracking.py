"""The MLflow tracking store under the settings in force."""

from typing import TYPE_CHECKING

from tierwise.settings import Settings

if TYPE_CHECKING:
    from training import Tracking


def tracking(settings: Settings) -> "Tracking":
    """Where runs and registered models are kept."""
    from training import Tracking

    return Tracking(settings.home, uri=settings.tracking_uri or None)
