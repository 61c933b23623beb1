"""Settings: `tierwise.toml`, then `TIERWISE_*` variables, then flags; later ones win.

Every unknown key and wrong value is found before any table is opened.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tierwise.errors import SettingsError

FILE_NAME = "tierwise.toml"
# In the address of a database they part it, or stand for other signs.
_NO_FOLDER = ("?", "%")
PREFIX = "TIERWISE_"


class Settings(BaseModel):
    """Every setting with its default; paths in the file are relative to the file.

    The descriptions are printed by `tierwise config` and in `docs/settings.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(Path(), description="folder of what is kept between runs")
    store_url: str = Field("", description="the store (postgresql://…); empty: SQLite in the home")
    tracking_uri: str = Field("", description="MLflow's tracking store; empty: SQLite in the home")
    policy: Path | None = Field(None, description="tier policy (TOML); empty: the shipped one")
    features: Path | None = Field(
        None, description="a Python file with your own features; empty: the shipped ones only"
    )
    lead_days: int = Field(
        14,
        ge=0,
        description="days between as_of and the label window; also of a table that tells none",
    )
    horizon_days: int = Field(
        90, ge=1, description="length of the label window in days; also of a table that tells none"
    )
    grace_days: int = Field(30, ge=0, description="days at zero ARR before it counts as churn")
    expansion_min: float = Field(0.05, gt=0, description="least growth of ARR that is an expansion")
    step_days: int = Field(28, ge=1, description="days between the as_of dates of a panel")
    memory_limit: str = Field("4GB", description="memory of the feature engine before it spills")
    temp_directory: Path | None = Field(None, description="where the feature engine spills")
    stage_directory: Path | None = Field(
        None, description="where the daily stage of the usage is kept between runs; empty: nowhere"
    )
    spark_url: str = Field("", description="Spark's master; empty: one inside the process")
    dask_url: str = Field(
        "", description="scheduler of the Dask cluster that fits large tables; empty: this machine"
    )
    language: Literal["en", "ja"] = Field("en", description="language of printed reasons")
    host: str = Field("127.0.0.1", description="address the service listens on")
    port: int = Field(3000, ge=1, le=65535, description="port the service listens on")

    @field_validator("policy", "features", "temp_directory", "stage_directory", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @property
    def store(self) -> str:
        """SQLAlchemy URL of the store."""
        return self.store_url or f"sqlite:///{self.home / 'tierwise.db'}"


@dataclass(frozen=True)
class Origin:
    """Settings in force, and where each value came from (setting name → words)."""

    settings: Settings
    sources: Mapping[str, str]


def find_file(folder: Path) -> Path | None:
    """The nearest `tierwise.toml` in `folder` or above it."""
    folders = (folder.resolve(), *folder.resolve().parents)
    return next((each / FILE_NAME for each in folders if (each / FILE_NAME).is_file()), None)


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Origin:
    """Read the settings in force.

    Parameters
    ----------
    flags
        Values given on the command line; None means not given.
    folder
        Where the search for `tierwise.toml` starts; the working directory by default.
    environ
        Environment; the process's own by default.

    Raises
    ------
    SettingsError
        A file that is not TOML, an unknown key, a value of the wrong kind, or a home that the
        address of a database cannot name.
    """
    folder = folder or Path.cwd()
    file = find_file(folder)
    values: dict[str, Any] = {"home": file.parent if file else folder}
    sources = {"home": f"folder of {file}" if file else "working directory"}
    layers = [
        (str(file), _from_file(file)),
        ("environment", _from_environment(os.environ if environ is None else environ)),
        ("flag", {k: v for k, v in (flags or {}).items() if v is not None}),
    ]
    for origin, layer in layers:
        values |= layer
        sources |= dict.fromkeys(layer, origin)
    settings = _checked(values, sources)
    return Origin(settings, {name: sources.get(name, "default") for name in Settings.model_fields})


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}. Correct the file.") from error
    for name in ("home", "policy", "features", "temp_directory"):
        if isinstance(values.get(name), str) and values[name]:
            values[name] = file.parent / values[name]
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX)
    }


def _checked(values: Mapping[str, Any], sources: Mapping[str, str]) -> Settings:
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems = [_problem(each, sources) for each in error.errors()]
        raise SettingsError("; ".join(problems) + ". See 'tierwise config'.") from error
    home = settings.home.expanduser().resolve()
    odd = [sign for sign in _NO_FOLDER if sign in str(home)]
    if odd:
        raise SettingsError(
            f"home is {home}: take a folder without {' and '.join(odd)} in its path, since the "
            "address of a database is made of it."
        )
    return settings.model_copy(update={"home": home})


def _problem(error: Any, sources: Mapping[str, str]) -> str:
    name = str(error["loc"][0])
    origin = sources.get(name, "default")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"unknown setting '{name}' ({origin}){hint}"
    return f"setting '{name}' ({origin}) is {error['input']!r}: {error['msg']}"
