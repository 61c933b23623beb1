"""One version of the policy: seats, what they cost and change, signals, and what to do then.

Every number carries its unit, the reason for it and its owner.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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
