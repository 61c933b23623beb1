"""What can go wrong while tables are read, checked and turned into features.

Every message says what was wrong, what was received and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from features.problem import Problem


class FeaturesError(Exception):
    """Root of everything this package raises on purpose."""


class SourceError(FeaturesError):
    """The source cannot be opened: missing, unreadable, or not shaped as declared."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class BackendError(FeaturesError):
    """A back end refused a statement or did not start: the first line of what it said."""


class CheckError(SourceError):
    """The source opens but its rows break the declared schema."""


class PanelError(FeaturesError):
    """The panel was asked for in a way that has no meaning."""


class FeatureRangeError(FeaturesError):
    """A computed feature left its declared range: a defect in a definition."""


class CatalogueError(FeaturesError):
    """A feature name is unknown, or a declaration contradicts another."""


def nearest(name: str, known: Sequence[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name, else an empty string."""
    match = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {match[0]!r}?" if match else ""


def refusal(location: str, problems: Sequence[Problem], shown: int = 5) -> str:
    """Return one message for a refused source: the first few problems and how many follow."""
    listed = "; ".join(str(problem) for problem in problems[:shown])
    rest = len(problems) - shown
    more = f"; and {rest} more (run `tierwise check`)" if rest > 0 else ""
    return f"{location} is refused: {listed}{more}"


def first_line(error: Exception) -> str:
    """Return the first line of what an outside library said."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
