"""A problem: one rule of the declared schema that some rows of a source break.

Grain: one per table, column and rule; ``rows`` is 0 where rows cannot be counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

Example = Mapping[str, object]


@dataclass(frozen=True)
class Problem:
    """A broken rule, with the number of bad rows and up to five of them."""

    table: str
    column: str | None
    problem: str
    rows: int = 0
    examples: tuple[Example, ...] = ()

    def __str__(self) -> str:
        where = f"{self.table}.{self.column}" if self.column else self.table
        counted = f" ({self.rows:,} rows" if self.rows else ""
        shown = ", ".join(_short(example) for example in self.examples)
        if counted:
            counted += f", such as {shown})" if shown else ")"
        return f"{where}: {self.problem}{counted}"

    def to_json(self) -> dict[str, object]:
        """Return the problem as ``tierwise check --json`` shows it."""
        return asdict(self) | {"examples": [dict(example) for example in self.examples]}


def _short(example: Example) -> str:
    return " ".join(f"{name}={value}" for name, value in example.items())
