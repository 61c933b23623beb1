"""The feature catalogue in force: the shipped one, with the user's own features behind it."""

from typing import TYPE_CHECKING

from tierwise.settings import Settings

if TYPE_CHECKING:
    from features import Catalogue


def catalogue_in_force(settings: Settings) -> "Catalogue":
    """Every feature under the settings in force.

    Raises
    ------
    CatalogueError
        The file of own features is missing, fails, or declares something that is no feature.
    """
    from features.own import load_catalogue

    return load_catalogue(settings.features)
