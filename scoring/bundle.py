"""The bundle: a fitted model as a folder of text files that proves its own integrity.

A bundle in memory has passed every check; it holds no pickle and never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy.typing as npt
import pyarrow as pa
from numpy import float64

from features.catalogue import CATALOGUE, Catalogue
from scoring.attribution import attribute
from scoring.booster import Booster, contributions, margins, read_booster
from scoring.bundle_files import read_files, write_files
from scoring.encoding import encode
from scoring.errors import BundleError
from scoring.manifest import Manifest

Floats = npt.NDArray[float64]


@dataclass(frozen=True)
class Scores:
    """What the model says: margin (n,) in log-odds and calibrated probability (n,)."""

    margin: Floats
    probability: Floats


@dataclass(frozen=True)
class Explanation:
    """What the model says and how it adds up.

    Attributes
    ----------
    margin, probability : ndarray (n,)
        The same bits as in `Scores`.
    base_margin, base_probability : ndarray (n,)
        Where every row starts: the expected margin of the model, and its probability.
    pp : ndarray (n, p)
        Probability points per column; `base_probability + pp.sum(axis=1) == probability` within
        1e-9 on every row.
    columns : tuple of str
        Names of the p columns.
    outcome : str
        What the probability is of; chooses the words of the reasons.
    catalogue : Catalogue or None
        Declares the columns that are its features; None for a foreign table's.
    """

    margin: Floats
    probability: Floats
    base_margin: Floats
    base_probability: Floats
    pp: Floats
    columns: tuple[str, ...]
    outcome: str = ""
    catalogue: Catalogue | None = None


@dataclass(frozen=True)
class Bundle:
    """A fitted model and everything needed to score with it.

    Attributes
    ----------
    manifest : Manifest
    boosters : tuple of lightgbm.Booster
        One per seed; their margins are averaged.
    catalogue : Catalogue or None
        The one in force, when the columns are its features.
    """

    manifest: Manifest
    boosters: tuple[Booster, ...]
    catalogue: Catalogue | None = None

    def encode(self, table: pa.Table, *, strict: bool = False) -> Floats:
        """Build the model's matrix (n, p) from a table; see `scoring.encoding.encode`.

        The entity and time columns are known to a strict caller.
        """
        also_known = {self.manifest.entity, self.manifest.time or self.manifest.entity}
        return encode(table, self.manifest.columns, strict=strict, also_known=also_known)

    def score(self, table: pa.Table, *, strict: bool = False) -> Scores:
        """Score every row of a table.

        Raises
        ------
        RowError
            When the table does not hold the model's columns as numbers and text.
        """
        return self.score_matrix(self.encode(table, strict=strict))

    def score_matrix(self, matrix: Floats) -> Scores:
        """Score a matrix (n, p) that `encode` made."""
        margin = margins(self.boosters, matrix)
        return Scores(margin=margin, probability=self.manifest.calibrator.apply(margin))

    def explain(self, table: pa.Table, *, strict: bool = False) -> Explanation:
        """Score every row and attribute its probability to the columns.

        Raises
        ------
        RowError
            As `score`.
        AdditivityError
            When the points miss a probability by more than 1e-9; nothing is returned then.
        """
        matrix = self.encode(table, strict=strict)
        scores = self.score_matrix(matrix)
        found = attribute(
            contributions(self.boosters, matrix),
            margin=scores.margin,
            probability=scores.probability,
            calibrator=self.manifest.calibrator,
        )
        return Explanation(
            margin=scores.margin,
            probability=scores.probability,
            base_margin=found.base_margin,
            base_probability=found.base_probability,
            pp=found.pp,
            columns=self.manifest.names,
            outcome=self.manifest.outcome,
            catalogue=self.catalogue,
        )


def make_bundle(
    manifest: Manifest, models: Sequence[str], *, catalogue: Catalogue | None = None
) -> Bundle:
    """Put a bundle together in memory from its manifest and LightGBM's text models."""
    if not models:
        raise BundleError("a bundle needs at least one model, but has none")
    boosters = (read_booster(text, n_columns=len(manifest.columns)) for text in models)
    return Bundle(manifest=manifest, boosters=tuple(boosters), catalogue=catalogue)


def write_bundle(folder: Path, manifest: Manifest, models: Sequence[str]) -> None:
    """Write a bundle; the folder appears complete or not at all.

    Parameters
    ----------
    folder : Path
        Must not exist yet: a bundle is never edited in place.
    manifest : Manifest
    models : sequence of str
        LightGBM's text format, one per seed.
    """
    make_bundle(manifest, models)
    write_files(Path(folder), manifest, models)


def load_bundle(folder: Path, *, catalogue: Catalogue | None = CATALOGUE) -> Bundle:
    """Read a bundle that has passed every check.

    Parameters
    ----------
    folder : Path
    catalogue : Catalogue or None
        The catalogue in force. A bundle trained on a foreign table has none and asks for none.
        None for a caller that only scores columns as they are, whatever they mean: nothing is
        refused, and the reasons name columns without words.

    Raises
    ------
    BundleError
        For a missing or damaged file, an unknown format, or another catalogue.
    """
    manifest, models = read_files(Path(folder))
    if manifest.catalogue is None:
        catalogue = None
    if catalogue is not None:
        _refuse_other_catalogue(manifest, catalogue)
    return make_bundle(manifest, models, catalogue=catalogue)


def _refuse_other_catalogue(manifest: Manifest, in_force: Catalogue) -> None:
    """Refuse a bundle whose features mean something else today."""
    trained = str(manifest.catalogue)
    if trained != in_force.fingerprint:
        raise BundleError(
            f"the model of '{manifest.outcome}' was trained with the feature catalogue "
            f"{trained[:12]}, but {in_force.fingerprint[:12]} is in force: its features would mean "
            "something else; make the panel again and train on it"
        )
