"""The error tree of `scoring`: what was wrong, what was received, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class ScoringError(Exception):
    """Root of everything this package raises on purpose."""


class BundleError(ScoringError):
    """A bundle cannot be trusted: a file is missing, damaged, or from another world."""


class AdditivityError(ScoringError):
    """Reasons that do not add up to the probability; never expected, never served."""


@dataclass(frozen=True)
class RowProblem:
    """One thing wrong with a table of feature rows.

    Attributes
    ----------
    column : str
    problem : str
        A sentence fragment: "is missing", "is not a column of this model", ...
    row : int or None
        Zero-based position of the first bad row; None when the whole column is wrong.
    nearest : str or None
        The existing name closest to `column`.
    """

    column: str
    problem: str
    row: int | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        """Read as a sentence fragment."""
        where = "" if self.row is None else f" in row {self.row}"
        hint = "" if self.nearest is None else f"; did you mean '{self.nearest}'?"
        return f"'{self.column}' {self.problem}{where}{hint}"


class RowError(ScoringError):
    """Feature rows that the model cannot read.

    Attributes
    ----------
    details : tuple of RowProblem
        Every problem found, in the model's column order.
    """

    def __init__(self, details: Sequence[RowProblem]) -> None:
        self.details = tuple(details)
        shown = "; ".join(str(problem) for problem in self.details[:5])
        more = "" if len(self.details) <= 5 else f"; and {len(self.details) - 5} more"
        super().__init__(f"these rows cannot be scored: {shown}{more}")


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, or None when nothing is close."""
    matches = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None
