"""Settings: the file, then the environment, then flags; every mistake is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.errors import CommandError, SettingsError
from tierwise.settings import Settings, load_settings
from tierwise.steps import parse_step


def write(folder: Path, text: str) -> Path:
    (folder / "tierwise.toml").write_text(text, encoding="utf-8")
    return folder


def test_later_layers_win(tmp_path: Path) -> None:
    folder = write(tmp_path, "lead_days = 7\nport = 4000\nseats = 1\n".replace("seats = 1\n", ""))
    origin = load_settings({"port": 5000}, folder=folder, environ={"TIERWISE_LEAD_DAYS": "21"})
    assert (origin.settings.lead_days, origin.settings.port) == (21, 5000)
    assert origin.sources["lead_days"] == "environment"
    assert origin.sources["port"] == "flag"
    assert origin.sources["horizon_days"] == "default"


def test_file_is_found_above_and_is_the_home(tmp_path: Path) -> None:
    below = write(tmp_path, "step_days = 7\n") / "a" / "b"
    below.mkdir(parents=True)
    settings = load_settings(folder=below, environ={}).settings
    assert settings.step_days == 7
    assert settings.home == tmp_path.resolve()
    assert settings.store == f"sqlite:///{tmp_path.resolve() / 'tierwise.db'}"


def test_paths_in_the_file_are_relative_to_the_file(tmp_path: Path) -> None:
    text = "policy = 'mine.toml'\nfeatures = 'own.py'\nhome = 'kept'\n"
    below = write(tmp_path, text) / "a"
    below.mkdir()
    settings = load_settings(folder=below, environ={}).settings
    assert settings.policy == tmp_path / "mine.toml"
    assert settings.features == tmp_path / "own.py"
    assert settings.home == (tmp_path / "kept").resolve()


def test_an_empty_path_is_none(tmp_path: Path) -> None:
    folder = write(tmp_path, "policy = ''\nfeatures = 'own.py'\n")
    settings = load_settings(folder=folder, environ={"TIERWISE_FEATURES": ""}).settings
    assert (settings.policy, settings.features) == (None, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("horizon = 3\n", ["unknown setting 'horizon'", "horizon_days"]),
        ("port = 'http'\n", ["setting 'port'", "'http'"]),
        ("horizon_days = 0\n", ["setting 'horizon_days'", "greater than or equal to 1"]),
        ("port = \n", ["not valid TOML"]),
        ("prot = 1\nlead_days = -1\n", ["'prot'", "'lead_days'"]),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(folder=write(tmp_path, text), environ={})
    assert all(word in str(caught.value) for word in words)


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@given(st.integers(1, 9999))
def test_days_and_weeks(number: int) -> None:
    assert parse_step(f"{number}d") == number
    assert parse_step(f"{number}w") == 7 * number


@pytest.mark.parametrize("text", ["", "0d", "28", "d", "-7d", "1.5d", "28 days", "２８d"])
def test_other_lengths_are_refused(text: str) -> None:
    with pytest.raises(CommandError, match="not a length of time"):
        parse_step(text)


@pytest.mark.parametrize("name", ["policy", "features", "temp_directory", "stage_directory"])
def test_an_empty_place_is_none(name: str) -> None:
    assert getattr(Settings(**{name: ""}), name) is None
    assert getattr(Settings(**{name: "some where"}), name) == Path("some where")


@pytest.mark.parametrize("folder", ["what?", "50%20"])
def test_a_home_that_no_address_can_name_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(SettingsError, match="take a folder without"):
        load_settings(folder=tmp_path, environ={}, flags={"home": tmp_path / folder})
    plain = load_settings(folder=tmp_path, environ={}, flags={"home": tmp_path / "私の 家 (1)"})
    assert plain.settings.home == (tmp_path / "私の 家 (1)").resolve()
