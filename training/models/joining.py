"""Joins models of LightGBM's into one that says their weighted sum, in LightGBM's text format.

A model is a sum over trees: with every leaf's value weighed, the trees of all stand in one list,
and predictions and exact attributions are the weighted sums of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.models.trees import written_anew

_VALUES = re.compile(r"^(leaf_value|internal_value)=(.*)$", re.MULTILINE)
_FIRST_TREE = re.compile(r"^tree_sizes=.*\n\n", re.MULTILINE)
_END = "end of trees"


def join_texts(texts: Sequence[str], weights: Sequence[float]) -> str:
    """Return the text of one model that says the weighted sum of several.

    Parameters
    ----------
    texts : sequence of str
        Models of the same columns, in LightGBM's text format.
    weights : sequence of float
        One for each.
    """
    if len(texts) == 1 and weights[0] == 1.0:
        return texts[0]
    head, _, tail = _parts(texts[0])
    trees = [
        _weighed(tree, weight)
        for text, weight in zip(texts, weights, strict=True)
        for tree in _parts(text)[1]
    ]
    numbered = [re.sub(r"^Tree=\d+", f"Tree={n}", tree) for n, tree in enumerate(trees)]
    sizes = " ".join(str(len(tree)) for tree in numbered)
    joined = f"{head}tree_sizes={sizes}\n\n{''.join(numbered)}{_END}{tail}"
    return written_anew(joined)


def _parts(text: str) -> tuple[str, list[str], str]:
    """Return what stands before the trees, each tree, and what stands after them."""
    before, after = text.split(_END, 1)
    sizes = _FIRST_TREE.search(before)
    assert sizes is not None
    trees = re.split(r"^(?=Tree=)", before[sizes.end() :], flags=re.MULTILINE)
    return before[: sizes.start()], [tree for tree in trees if tree.strip()], after


def _weighed(tree: str, weight: float) -> str:
    """Return a tree whose values count by a weight."""

    def times(line: re.Match[str]) -> str:
        values = " ".join(repr(float(value) * weight) for value in line[2].split())
        return f"{line[1]}={values}"

    return _VALUES.sub(times, tree)
