"""One feature as declared: what it is called, in which range it lies, how people read it.

The declaration is law for every later step: columns, ranges, reasons and pages come from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "count", "share", "days", "money", "flag", "category"]
Language = Literal["en", "ja"]
Group = Literal[
    "usage", "breadth", "people", "seats", "contract", "money", "support", "sentiment",
    "readiness", "relationship", "account", "relative", "own",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One column of the panel.

    Attributes
    ----------
    name, group, kind, unit : str
        Column name, business group, kind of value and its unit.
    low, high : float or None
        Range a value must lie in; None is open. Categories have none.
    null_means : str
        What a missing value says.
    churn, expansion : int
        +1 where a higher value is expected to raise the probability, -1 lower, 0 unknown.
    label_en, label_ja : str
        Short noun phrase for people.
    phrase_en, phrase_ja : str
        Sentence with ``{value}``; by default, and for a count of one in English, the label and the
        value.
    needs : tuple of str
        Optional tables and columns without which the feature is null throughout.
    empty : float or None
        Value of an account without a single row where the tables are there.
    """

    name: str
    group: Group
    kind: Kind
    unit: str
    label_en: str
    label_ja: str
    null_means: str
    low: float | None = None
    high: float | None = None
    churn: int = 0
    expansion: int = 0
    phrase_en: str = ""
    phrase_ja: str = ""
    needs: tuple[str, ...] = ()
    empty: float | None = None

    def label(self, language: Language) -> str:
        """Return the noun phrase in a language."""
        return self.label_ja if language == "ja" else self.label_en

    def phrase(self, language: Language, value_text: str) -> str:
        """Return the sentence for a value already written out (see ``value_text``)."""
        if language == "ja":
            return (self.phrase_ja or f"{self.label_ja}：{{value}}").format(value=value_text)
        # English phrases of counts speak of many, and "1 tickets are open" is wrong.
        many = self.phrase_en if (self.kind, value_text) != ("count", "1") else ""
        return (many or f"{self.label_en}: {{value}}").format(value=value_text)

    def direction(self, outcome: str) -> int:
        """Return the expected direction for ``"churn"`` or ``"expansion"``."""
        return {"churn": self.churn, "expansion": self.expansion}[outcome]

    def declaration(self) -> tuple[str | float | tuple[str, ...] | None, ...]:
        """Return what the fingerprint covers: name, group, kind, unit, range, and when it is null.

        ``empty`` and ``needs`` decide cells as the code does: 0 or null, of the same rows.
        """
        said = (self.name, self.group, self.kind, self.unit, self.low, self.high)
        return (*said, self.empty, tuple(sorted(self.needs)))
