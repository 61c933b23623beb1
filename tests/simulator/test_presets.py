import tomllib

import pytest

from simulator import PRESETS, PresetError
from simulator.config import Config
from simulator.preset_files import load_preset, parse


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_complete_and_described(name: str) -> None:
    config = load_preset(name)
    assert isinstance(config, Config)
    assert config.description


def test_presets_describe_different_companies() -> None:
    assert len({load_preset(name).description for name in PRESETS}) == len(PRESETS)


def test_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(PresetError, match=r"unknown preset 'smal'; did you mean 'small'"):
        load_preset("smal")


def raw_default() -> dict[str, object]:
    from simulator import preset_files

    path = preset_files._FOLDER / "default.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_unknown_key_is_refused_with_its_place_and_the_nearest() -> None:
    raw = raw_default()
    raw["late"] = {**raw["late"], "usge": 0.1}  # type: ignore[dict-item]
    with pytest.raises(PresetError, match=r"unknown key mine\.late\.usge; did you mean 'usage'"):
        parse(raw, preset="mine")


def test_missing_key_is_named() -> None:
    raw = raw_default()
    raw["late"] = {"usage": 0.1}
    with pytest.raises(PresetError, match=r"mine\.late lacks account_corrections, contracts"):
        parse(raw, preset="mine")


@pytest.mark.parametrize("value", ["much", True, [0.1]])
def test_a_value_of_a_wrong_type_is_refused(value: object) -> None:
    raw = raw_default()
    raw["late"] = {**raw["late"], "usage": value}  # type: ignore[dict-item]
    with pytest.raises(PresetError, match=r"mine\.late\.usage must be float"):
        parse(raw, preset="mine")
