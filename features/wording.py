"""How a feature's value is written for people: days with their unit, shares and ratios in percent.

These are the texts that ``Feature.phrase`` expects in the place of ``{value}``.
"""

from __future__ import annotations

from features.feature import Feature, Language

_UNKNOWN = {"en": "unknown", "ja": "不明"}
_FLAGS = {"en": ("no", "yes"), "ja": ("いいえ", "はい")}


def value_text(feature: Feature, value: float | str | None, language: Language) -> str:
    """Return a value in words: ``12 days`` / ``12日``, ``45%``, ``1,200``, ``yes`` / ``はい``."""
    if value is None or value != value:
        return _UNKNOWN[language]
    if isinstance(value, str):
        return value
    if feature.kind == "days":
        return _days(value, language)
    if feature.kind == "flag":
        return _FLAGS[language][int(value)]
    if feature.kind == "share" or feature.unit == "ratio":
        return f"{value:.0%}"
    if feature.kind in ("count", "money"):
        return f"{value:,.0f}"
    return f"{value:,.1f}"


def _days(value: float, language: Language) -> str:
    if language == "ja":
        return f"{value:,.0f}日"
    return f"{value:,.0f} day" if round(value) == 1 else f"{value:,.0f} days"
