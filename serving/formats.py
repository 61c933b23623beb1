"""How numbers look to people; the exact ones stay in the API."""

from typing import Any


def money(amount: float | None) -> str:
    """Write an amount in full: ``120,000``."""
    return "–" if amount is None else f"{amount:,.0f}"


def compact(amount: float, language: str = "en") -> str:
    """Write a large amount shortly: ``1.2M`` in English, ``120万`` in Japanese."""
    steps = [(1e8, "億"), (1e4, "万")] if language == "ja" else [(1e9, "B"), (1e6, "M"), (1e3, "K")]
    for size, mark in steps:
        if abs(amount) >= size:
            return f"{amount / size:,.{0 if abs(amount) >= 100 * size else 1}f}{mark}"
    return f"{amount:,.0f}"


def percent(share: float | None) -> str:
    """Write a share: ``31 %`` as ``31%``; small ones with a decimal."""
    if share is None:
        return "–"
    return f"{share * 100:.1f}%" if abs(share) < 0.0995 else f"{share * 100:.0f}%"


def points(pp: float) -> str:
    """Write probability points with their sign: ``+11.0``."""
    return f"{pp * 100:+.1f}".replace("-", "−")


def plain(value: Any, *, unknown: str = "–") -> str:
    """Write a feature value: whole numbers without decimals, text as it is."""
    if value is None:
        return unknown
    if isinstance(value, str):
        return value
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
