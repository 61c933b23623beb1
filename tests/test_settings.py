"""An empty setting of a place means none, wherever it comes from."""

from pathlib import Path

import pytest

from tierwise.settings import Settings

PLACES = [name for name, field in Settings.model_fields.items() if field.annotation == Path | None]


def test_the_places_are_found() -> None:
    assert {"policy", "features", "temp_directory", "stage_directory"} == set(PLACES)


@pytest.mark.parametrize("name", PLACES)
def test_an_empty_place_is_none(name: str) -> None:
    assert getattr(Settings(**{name: ""}), name) is None
    assert getattr(Settings(**{name: "some where"}), name) == Path("some where")
