"""The dated policy: seats and what they cost and change, what is a signal, what to do then.

A policy file holds versions; the version in force on a day is the newest whose ``from`` is not
after it. Every number carries its unit, the reason for it and its owner.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tiering.errors import PolicyError
from tiering.mistakes import cross_mistakes, described

DEFAULT_POLICY = Path(__file__).with_name("policies") / "default.toml"

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Sentence = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Operator = Literal[">", ">=", "<", "<=", "==", "!="]
Severity = Literal["high", "medium", "low"]


class Law(BaseModel):
    """What every part of a policy obeys: no unknown key, no silent conversion, no later change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Phrase(Law):
    """One text in both languages."""

    en: Sentence
    ja: Sentence

    def in_language(self, language: str) -> str:
        """Return the Japanese text for ``"ja"``, else the English one."""
        return self.ja if language == "ja" else self.en


class Value(Law):
    """A number with its unit, why it is what it is, and who may change it."""

    unit: Sentence
    reason: Sentence
    owner: Sentence


class ShareValue(Value):
    """A number between 0 and 1."""

    value: Share


class AmountValue(Value):
    """A number that is not negative."""

    value: Amount


class CountValue(Value):
    """A whole number that is not negative."""

    value: Annotated[int, Field(ge=0)]


class Worth(Law):
    """What an averted churn and a won expansion are worth, in years and shares of ARR."""

    churn_years: AmountValue
    expansion_share: AmountValue


class Team(Law):
    """The people of a tier; a tier without a team has room for everyone."""

    people: CountValue
    accounts_per_person: CountValue

    @property
    def seats(self) -> int:
        """Accounts that fit."""
        return self.people.value * self.accounts_per_person.value


class Tier(Law):
    """A kind of service: its team, its cost per account and what it is expected to change."""

    name: Code
    touch_model: Literal["high", "low", "tech", "community"]
    title: Phrase
    team: Team | None = None
    hours_per_account: AmountValue
    cost_per_account: AmountValue
    churn_averted: ShareValue
    expansion_lift: AmountValue

    @property
    def seats(self) -> int | None:
        """Accounts that fit; None means no limit."""
        return None if self.team is None else self.team.seats


class Condition(Law):
    """One comparison of a feature, or of its ratio to a reference, with a constant.

    ``relative_to`` ``"peers"``: value divided by the median of the same use case; ``"was"``: value
    divided by the account's own value 84 days before.
    """

    feature: Code
    relative_to: Literal["peers", "was"] | None = None
    operator: Operator
    threshold: float | str
    unit: Sentence


class SignalRule(Law):
    """A signal fires when all its conditions hold."""

    code: Code
    severity: Severity
    title: Phrase
    text: Phrase
    reason: Sentence
    owner: Sentence
    when: Annotated[tuple[Condition, ...], Field(min_length=1, strict=False)]


class Play(Law):
    """A suggested next step for a signal, or for a tier when no signal has fired."""

    code: Code
    signal: Code | None = None
    tiers: Annotated[tuple[Code, ...], Field(strict=False)] = ()
    title: Phrase
    steps: Phrase
    owner: Sentence


class Version(Law):
    """The policy from one day on, until a later version takes over."""

    from_date: date = Field(alias="from")
    reason: Sentence
    owner: Sentence
    worth: Worth
    tiers: Annotated[tuple[Tier, ...], Field(alias="tier", min_length=1, strict=False)]
    signals: Annotated[tuple[SignalRule, ...], Field(alias="signal", strict=False)] = ()
    plays: Annotated[tuple[Play, ...], Field(alias="play", strict=False)] = ()

    @property
    def name(self) -> str:
        """The version's name everywhere: its first day, ``2026-10-01``."""
        return self.from_date.isoformat()

    def tier(self, name: str) -> Tier:
        """Return the tier called ``name``."""
        return next(tier for tier in self.tiers if tier.name == name)


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
