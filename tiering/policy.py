"""The dated policy: versions, and which of them is in force on a day.

A policy file holds versions; the version in force on a day is the newest whose ``from`` is not
after it.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from tiering.errors import PolicyError
from tiering.mistakes import cross_mistakes, described
from tiering.version import Condition, Law, Phrase, Play, SignalRule, Team, Tier, Version, Worth

DEFAULT_POLICY = Path(__file__).with_name("policies") / "default.toml"


class Policy(Law):
    """All versions of a policy file, oldest first."""

    versions: Annotated[tuple[Version, ...], Field(alias="version", min_length=1, strict=False)]

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if mistakes := cross_mistakes(self.versions):
            raise ValueError("\n".join(mistakes))
        return self

    def at(self, day: date) -> Version:
        """Return the version in force on ``day``.

        Raises
        ------
        PolicyError
            When the first version starts later.
        """
        in_force = [version for version in self.versions if version.from_date <= day]
        if not in_force:
            first = min(version.from_date for version in self.versions)
            raise PolicyError(
                f"no policy is in force on {day}: the first version starts on {first}; "
                "add a version with an earlier `from`"
            )
        return max(in_force, key=lambda version: version.from_date)


_KEYS = sorted(
    {
        field.alias or name
        for law in (Policy, Version, Worth, Team, Tier, SignalRule, Condition, Play, Phrase)
        for name, field in law.model_fields.items()
    }
    | {"value", "unit", "reason", "owner"}
)


def read_policy(path: Path | str) -> Policy:
    """Read and check a whole policy file.

    Raises
    ------
    PolicyError
        When the file cannot be read or breaks a rule; all mistakes are listed.
    """
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"cannot read the policy {path}: {error}") from error
    try:
        return Policy.model_validate(raw)
    except ValidationError as error:
        problems = described(error, raw, _KEYS)
        raise PolicyError(f"the policy {path} has {len(problems)} mistake(s):", problems) from error


def policy_at(path: Path | str, day: date) -> Version:
    """Return the version of the policy file ``path`` that is in force on ``day``."""
    return read_policy(path).at(day)
