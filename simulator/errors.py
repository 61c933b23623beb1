"""What can go wrong while simulating: one tree; messages say what was received and what to do."""

import difflib
from collections.abc import Iterable


class SimulatorError(Exception):
    """Root of every error the simulator raises on purpose."""


class PresetError(SimulatorError):
    """A preset or a size that cannot be simulated."""


class OutputError(SimulatorError):
    """A folder that must not be written to."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …` for the nearest known word, else an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}" if close else ""
