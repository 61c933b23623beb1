"""Presets: TOML files beside this module, read into a `Config`; unknown keys are refused.

A preset may name another with `extends` and state only what differs.
"""

import dataclasses
import tomllib
import types
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from simulator.config import Config
from simulator.errors import PresetError, nearest

_FOLDER = Path(__file__).parent / "presets"
PRESETS: tuple[str, ...] = ("small", "default", "hard", "null")


def load_preset(name: str) -> Config:
    """Return the settings of a preset by its name.

    Raises
    ------
    PresetError
        For an unknown name, or a file with an unknown, missing or ill-typed key.
    """
    if name not in PRESETS:
        known = ", ".join(PRESETS)
        raise PresetError(
            f"unknown preset {name!r}{nearest(name, PRESETS)}; the presets are {known}"
        )
    return parse(_layers(name), preset=name)


def parse(raw: dict[str, Any], *, preset: str) -> Config:
    """Return the settings stated by one nested mapping; `preset` names it in messages."""
    config: Config = _build(Config, raw, preset)
    return config


def _layers(name: str) -> dict[str, Any]:
    raw = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    below = raw.pop("extends", None)
    return raw if below is None else _merged(_layers(below), raw)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        nested = isinstance(value, dict) and isinstance(both.get(key), dict)
        both[key] = _merged(both[key], value) if nested else value
    return both


def _build(kind: Any, raw: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _section(kind, raw, where)
    if get_origin(kind) is dict:
        inner = get_args(kind)[1]
        return {key: _build(inner, value, f"{where}.{key}") for key, value in raw.items()}
    if get_origin(kind) is tuple:
        return tuple(raw)
    return _scalar(kind, raw, where)


def _section(kind: Any, raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise PresetError(f"{where} must be a section, got {raw!r}")
    hints = get_type_hints(kind)
    for key in raw:
        if key not in hints:
            raise PresetError(f"unknown key {where}.{key}{nearest(key, hints)}")
    missing = sorted(hints.keys() - raw.keys())
    if missing:
        raise PresetError(f"{where} lacks {', '.join(missing)}; add it to the preset")
    return kind(**{key: _build(hint, raw[key], f"{where}.{key}") for key, hint in hints.items()})


def _scalar(kind: type, raw: Any, where: str) -> Any:
    accepted: type | types.UnionType = int | float if kind is float else kind
    if isinstance(raw, bool) or not isinstance(raw, accepted):
        raise PresetError(f"{where} must be {kind.__name__}, got {raw!r}")
    return raw if kind in (str, date) else kind(raw)
