"""The manifest of a bundle: everything about a fitted model except its trees.

Written as JSON with sorted keys, so that the same facts are the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from scoring.calibration import Calibrator
from scoring.errors import BundleError

FORMAT = 1

ColumnKind = Literal["number", "category"]


@dataclass(frozen=True)
class Dated:
    """How a column of dates becomes days, see `scoring.dates`.

    Attributes
    ----------
    time : str or None
        Name of the column with the row's own time: dates are days before it. None where rows have
        no time: dates are days since 1970-01-01.
    written : str
        Which of two ways 02/03/2024 is written in; "" where no such text was met.
    """

    time: str | None
    written: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the JSON object."""
        return {"time": self.time, "written": self.written}


@dataclass(frozen=True)
class Column:
    """One input of the model.

    Attributes
    ----------
    name : str
    kind : {"number", "category"}
    levels : tuple of str
        Levels of a category in code order (code = position); empty for a number. A level that is
        not listed is read as missing.
    low, high : float or None
        Smallest and largest value seen in training; None for a category or when never seen.
    dated : Dated or None
        Of a number that was given as a date.
    """

    name: str
    kind: ColumnKind
    levels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    dated: Dated | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of this column."""
        return {
            "name": self.name,
            "kind": self.kind,
            "levels": list(self.levels),
            "low": self.low,
            "high": self.high,
            **({"dated": self.dated.to_json()} if self.dated else {}),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Column:
        """Read what `to_json` wrote."""
        if raw["kind"] not in ("number", "category"):
            raise BundleError(f"column '{raw['name']}' has the unknown kind '{raw['kind']}'")
        return cls(
            name=str(raw["name"]),
            kind=raw["kind"],
            levels=tuple(str(level) for level in raw["levels"]),
            low=raw["low"],
            high=raw["high"],
            dated=Dated(**raw["dated"]) if raw.get("dated") else None,
        )


def clocks_of(columns: Sequence[Column]) -> list[str]:
    """Return the names of the times that the dates among some columns are counted to."""
    clocks = [column.dated.time for column in columns if column.dated and column.dated.time]
    return list(dict.fromkeys(clocks))


def counted_otherwise(columns: Sequence[Column], others: Sequence[Column]) -> list[str]:
    """Return the columns that one side reads as dates, and the other not or otherwise."""
    theirs = {column.name: column.dated for column in others}
    return [
        c.name for c in columns if c.name in theirs and _read_otherwise(c.dated, theirs[c.name])
    ]


def _read_otherwise(one: Dated | None, other: Dated | None) -> bool:
    """Say whether dates are counted to another clock, or written in the other of two ways."""
    if one is None or other is None:
        return one is not other
    both = one.written and other.written
    return one.time != other.time or bool(both and one.written != other.written)


@dataclass(frozen=True)
class Manifest:
    """What a bundle says about itself.

    Attributes
    ----------
    outcome, label, entity : str
    time : str or None
        Name of the time column; None for a table without time.
    columns : tuple of Column
        Inputs in the order of the model's matrix.
    calibrator : Calibrator
    catalogue : str or None
        Fingerprint of the feature catalogue; None when trained on a foreign table.
    training : mapping
        Facts for people and lineage: trained_at, window, n, events, base_rate, digest, seed,
        metrics. Nothing in scoring depends on them.
    """

    outcome: str
    label: str
    entity: str
    time: str | None
    columns: tuple[Column, ...]
    calibrator: Calibrator
    catalogue: str | None
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs, in the model's order."""
        return tuple(column.name for column in self.columns)

    def to_json(self) -> dict[str, object]:
        """Return the JSON object, without the digests of the other files."""
        return {
            "format": FORMAT,
            "outcome": self.outcome,
            "label": self.label,
            "entity": self.entity,
            "time": self.time,
            "columns": [column.to_json() for column in self.columns],
            "calibrator": self.calibrator.to_json(),
            "catalogue": self.catalogue,
            "training": dict(self.training),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Manifest:
        """Read what `to_json` wrote.

        Raises
        ------
        BundleError
            For another format version or an entry that is absent or malformed.
        """
        version = raw.get("format")
        if version != FORMAT:
            raise BundleError(
                f"the bundle has format {version!r}, this version reads {FORMAT}: "
                "train the model again or use the version that wrote it"
            )
        try:
            return cls(
                outcome=str(raw["outcome"]),
                label=str(raw["label"]),
                entity=str(raw["entity"]),
                time=None if raw["time"] is None else str(raw["time"]),
                columns=tuple(Column.from_json(column) for column in raw["columns"]),
                calibrator=Calibrator.from_json(raw["calibrator"]),
                catalogue=None if raw["catalogue"] is None else str(raw["catalogue"]),
                training=dict(raw["training"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"the manifest is malformed ({error!r}): train again") from error
