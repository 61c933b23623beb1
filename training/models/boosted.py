"""What boosting gives: one model's text, the shapes that have a part in it, and their margins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.models.joining import join_texts
from training.models.menu import Shape

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One shape of a model: its trees, without those of a straight line, and its weight."""

    shape: Shape
    n_trees: int
    weight: float = 1.0

    @property
    def words(self) -> str:
        """What is said of its trees to people."""
        return f"{self.n_trees} {'tree' if self.n_trees == 1 else 'trees'} of {self.shape.words}"


@dataclass(frozen=True)
class Boosted:
    """A fitted model and how it was chosen.

    Attributes
    ----------
    text : str
        LightGBM's text format.
    parts : tuple of Part
        The heaviest first; their weights sum to 1.
    checked : ndarray of positions
        Rows of all checked blocks, in fold order.
    margin : ndarray, as long as `checked`
        Out-of-fold log-odds of those rows, from models that never saw them.
    losses : dict
        Pooled out-of-fold log-loss of every shape on the menu, by its name.
    strength : float or None
        Inverse penalty of the straight line that shapes start from.
    of_folds : tuple of tuple of str
        The trees that `margin` is from, per fold a text of each part; without the straight line.
    """

    text: str
    parts: tuple[Part, ...]
    checked: npt.NDArray[np.intp]
    margin: Floats
    losses: dict[str, float]
    strength: float | None = None
    of_folds: tuple[tuple[str, ...], ...] = ()

    @property
    def folds(self) -> tuple[str, ...]:
        """The trees that `margin` is from, a text per fold; without the straight line."""
        weights = [part.weight for part in self.parts]
        return tuple(join_texts(texts, weights) for texts in self.of_folds)

    @property
    def shape(self) -> Shape:
        """The shape that counts most."""
        return self.parts[0].shape

    @property
    def n_trees(self) -> int:
        """How many trees all parts have, without those of a straight line."""
        return sum(part.n_trees for part in self.parts)

    @property
    def words(self) -> str:
        """What is said of it to people."""
        words = [part.words for part in self.parts]
        if len(words) == 1:
            return words[0]
        shares = [f"{100 * part.weight:.3g} %" for part in self.parts]
        return " + ".join(f"{share} of {of}" for share, of in zip(shares, words, strict=True))
