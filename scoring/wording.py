"""How values, effects and outcomes are written for people, in English and in Japanese.

Words never claim a cause: a value "raises" or "lowers" what the model says.
"""

from __future__ import annotations

from typing import Literal, Protocol

Language = Literal["en", "ja"]
Value = float | str | bool | None


class Feature(Protocol):
    """What is read of a feature of the catalogue."""

    @property
    def group(self) -> str:
        """Business group."""

    @property
    def kind(self) -> str:
        """Kind of value."""

    @property
    def unit(self) -> str:
        """Unit of the value."""

    def label(self, language: Language) -> str:
        """Return the noun phrase in a language."""


LANGUAGES: tuple[Language, ...] = ("en", "ja")
UNKNOWN = {"en": "unknown", "ja": "不明"}
YES = {"en": "yes", "ja": "はい"}
NO = {"en": "no", "ja": "いいえ"}

# One and many in English, the counter in Japanese.
COUNTERS: dict[str, tuple[str, str, str]] = {
    "days": ("day", "days", "日"),
    "events": ("time", "times", "回"),
    "touches": ("contact", "contacts", "回"),
    "attempts": ("attempt", "attempts", "回"),
    "changes": ("change", "changes", "回"),
    "people": ("person", "people", "人"),
    "users": ("user", "users", "人"),
    "seats": ("seat", "seats", "席"),
    "tickets": ("ticket", "tickets", "件"),
    "products": ("product", "products", "製品"),
    "features": ("feature", "features", "機能"),
    "modules": ("module", "modules", "モジュール"),
    "milestones": ("milestone", "milestones", "件"),
    "points": ("point", "points", "ポイント"),
}

# Units that are not counters: the pattern around the number.
PATTERNS: dict[str, dict[Language, str]] = {
    "money per year": {"en": "{} a year", "ja": "年額{}"},
    "score 0-10": {"en": "{} out of 10", "ja": "10点満点中{}点"},
    "score 1-5": {"en": "{} out of 5", "ja": "5点満点中{}点"},
    "events per seat": {"en": "{} times per seat", "ja": "1席あたり{}回"},
}

OUTCOMES: dict[str, dict[Language, str]] = {
    "churn": {"en": "churn risk", "ja": "解約リスク"},
    "expansion": {"en": "expansion propensity", "ja": "契約拡大の見込み"},
    "contraction": {"en": "contraction risk", "ja": "契約縮小リスク"},
}


def number_text(value: float) -> str:
    """Write a number: whole numbers in full, others with one or two decimals."""
    if value == round(value) or abs(value) >= 1000:
        return f"{round(value):,}"
    if abs(value) >= 10:
        return f"{value:,.1f}"
    return f"{value:.2g}" if abs(value) < 0.01 else f"{value:.2f}".rstrip("0").rstrip(".")


def value_text(value: Value, feature: Feature | None, language: Language) -> str:
    """Write a value with its unit: "12 days", "12日", "38%".

    Parameters
    ----------
    value : float, str, bool or None
    feature : Feature or None
        None for a column that is not in the catalogue: the value is written without a unit.
    language : {"en", "ja"}
    """
    if value is None or value != value:
        return UNKNOWN[language]
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or (feature is not None and feature.kind == "flag"):
        return YES[language] if value else NO[language]
    if feature is None:
        return number_text(value)
    return _with_unit(value, feature, language)


def _with_unit(value: float, feature: Feature, language: Language) -> str:
    """Write a number of the catalogue with its unit."""
    if feature.kind == "share" or feature.unit == "ratio":
        return _percent(value)
    number = number_text(value)
    if feature.unit in PATTERNS:
        return PATTERNS[feature.unit][language].format(number)
    if feature.unit not in COUNTERS:
        return number
    one, many, counter = COUNTERS[feature.unit]
    if language == "ja":
        return f"{number}{counter}"
    return f"{number} {one if value == 1 else many}"


def _percent(share: float) -> str:
    """Write a share as a percentage, with a decimal only where it matters."""
    percent = 100.0 * share
    return f"{percent:.1f}%" if 0 < abs(percent) < 1 else f"{percent:.0f}%"


def compared_text(value: Value, feature: Feature | None, language: Language) -> str:
    """Write a value to compare with: in English a counted unit is not said twice."""
    counted = feature is not None and feature.unit in COUNTERS
    if language == "en" and counted and isinstance(value, float) and value == value:
        return number_text(value)
    return value_text(value, feature, language)


def outcome_text(outcome: str, language: Language) -> str:
    """Return what the probability is called: "churn risk", 「解約リスク」."""
    if outcome in OUTCOMES:
        return OUTCOMES[outcome][language]
    return f"「{outcome}」の確率" if language == "ja" else f"the probability of {outcome}"


def effect_text(pp: float, outcome: str, language: Language) -> str:
    """Return the effect: "raises churn risk by 7.1 points"."""
    points = f"{abs(100.0 * pp):.1f}"
    tiny = points == "0.0"
    name = outcome_text(outcome, language)
    if language == "ja":
        amount = "わずかに（0.1ポイント未満）" if tiny else f"{points}ポイント"
        return f"{name}を{amount}{'押し上げて' if pp > 0 else '押し下げて'}います"
    amount = "less than 0.1" if tiny else points
    return f"{'raises' if pp > 0 else 'lowers'} {name} by {amount} points"
