"""The catalogue: every feature, once, in panel order; it needs no engine to be read.

The fingerprint covers names, groups, kinds, units and ranges, what an account without rows gets and
what a feature needs, what the shipped definitions mean, and the code of a user's own features;
words for people may change freely. Which catalogue is in force is always an argument, with the
shipped one as its default: there is no global to set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cached_property

from features.definition import Definition, Measure, defined_in
from features.definitions import (
    account,
    breadth,
    contract,
    contract_history,
    money,
    own_past,
    people,
    readiness,
    relationship,
    relative,
    rhythm,
    roles,
    seats,
    sentiment,
    support,
    usage,
)
from features.errors import CatalogueError, nearest
from features.feature import Feature

# Raised when what a shipped definition computes changes: models, panels and partitions made before
# are then of another catalogue.
MEANING = 2


class Catalogue:
    """An ordered set of feature declarations, found by name, and what computes them.

    Parameters
    ----------
    features : iterable of Feature
        Declarations alone, as for a page or a test.
    definitions : iterable of Definition
        What computes them; ``Catalogue.of`` takes both from definitions.

    Raises
    ------
    CatalogueError
        Two features share a name, or an unknown name is asked for.
    """

    def __init__(self, features: Iterable[Feature], definitions: Iterable[Definition] = ()) -> None:
        self.features = tuple(features)
        self.definitions = tuple(definitions)
        self._by_name = {feature.name: feature for feature in self.features}
        if len(self._by_name) < len(self.features):
            names = [feature.name for feature in self.features]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise CatalogueError(f"declared twice: {', '.join(twice)}; rename or remove one")

    @classmethod
    def of(cls, *definitions: Definition) -> Catalogue:
        """Return the catalogue of these definitions, in this order."""
        return cls((f for definition in definitions for f in definition.features), definitions)

    def extended(self, *definitions: Definition) -> Catalogue:
        """Return this catalogue with further definitions behind its own."""
        return Catalogue.of(*self.definitions, *definitions)

    def __iter__(self) -> Iterator[Feature]:
        return iter(self.features)

    def __len__(self) -> int:
        return len(self.features)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Feature:
        if name not in self._by_name:
            raise CatalogueError(f"unknown feature {name!r}{nearest(name, self.names)}")
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names in panel order."""
        return tuple(feature.name for feature in self.features)

    @property
    def groups(self) -> tuple[str, ...]:
        """Group names in the order in which they first appear."""
        return tuple(dict.fromkeys(feature.group for feature in self.features))

    def group(self, name: str) -> tuple[Feature, ...]:
        """Return the features of one group."""
        return tuple(feature for feature in self.features if feature.group == name)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The functions that measure a view, in order."""
        return tuple(d.measure for d in self.definitions if d.measure is not None)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical declaration, as hexadecimal text."""
        declared: list[object] = [feature.declaration() for feature in self.features]
        declared += [definition.code for definition in self.definitions if definition.code]
        declared.append(MEANING)
        canonical = json.dumps(declared, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def absent(self, missing: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the features that come out null, per missing table or column.

        Parameters
        ----------
        missing : iterable of str
            As in ``Source.missing``: ``"tickets"`` or ``"tickets.csat"``.
        """
        found = {}
        for part in sorted(missing):
            names = tuple(f.name for f in self.features if part in f.needs)
            if names:
                found[part] = names
        return found


CATALOGUE = Catalogue.of(
    *(
        defined_in(group)
        for group in (
            usage,
            rhythm,
            breadth,
            people,
            roles,
            seats,
            contract,
            contract_history,
            money,
            support,
            sentiment,
            readiness,
            relationship,
            account,
            own_past,
            relative,
        )
    )
)
