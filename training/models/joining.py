"""Joins LightGBM models into one that says their weighted sum, in LightGBM's text format.

A model is a sum over trees: with every leaf's value weighed, the trees of all stand in one list,
and predictions and exact attributions are the weighted sums of theirs. Gains are weighed too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.models.trees import written_anew

_VALUES = re.compile(r"^(leaf_value|internal_value|split_gain)=(.*)$", re.MULTILINE)
_SIZES = re.compile(r"^tree_sizes=.*\n\n", re.MULTILINE)
_RANGES = re.compile(r"^feature_infos=(.*)$", re.MULTILINE)
_END = "end of trees"
_UNUSED = "none"


def join_texts(texts: Sequence[str], weights: Sequence[float]) -> str:
    """Return the text of one model that says the weighted sum of several.

    Parameters
    ----------
    texts : sequence of str
        Models of the same columns, in LightGBM's text format; the first one's parameters are kept.
    weights : sequence of float
        One for each.
    """
    if len(texts) == 1 and weights[0] == 1.0:
        return texts[0]
    sections = [_sections(text) for text in texts]
    trees = [
        _weighed(tree, float(weight))
        for (_, its_trees, _), weight in zip(sections, weights, strict=True)
        for tree in its_trees
    ]
    numbered = [re.sub(r"^Tree=\d+", f"Tree={n}", tree) for n, tree in enumerate(trees)]
    sizes = " ".join(str(len(tree)) for tree in numbered)
    head, tail = _RANGES.sub(_ranges(texts), sections[0][0]), sections[0][2]
    return written_anew(f"{head}tree_sizes={sizes}\n\n{''.join(numbered)}{_END}{tail}")


def _sections(text: str) -> tuple[str, list[str], str]:
    """Return what stands before the trees, each tree, and what stands after them."""
    before, after = text.split(_END, 1)
    sizes = _SIZES.search(before)
    assert sizes is not None
    trees = re.split(r"^(?=Tree=)", before[sizes.end() :], flags=re.MULTILINE)
    return before[: sizes.start()], [tree for tree in trees if tree.strip()], after


def _ranges(texts: Sequence[str]) -> str:
    """Return the line of the columns' ranges: a column that one fit left out, another may use."""
    each = [found[1].split(" ") for text in texts if (found := _RANGES.search(text))]
    known = [
        next((r for r in column if r != _UNUSED), _UNUSED) for column in zip(*each, strict=True)
    ]
    return f"feature_infos={' '.join(known)}"


def _weighed(tree: str, weight: float) -> str:
    """Return a tree whose values count by a weight."""

    def times(line: re.Match[str]) -> str:
        values = " ".join(repr(float(value) * weight) for value in line[2].split())
        return f"{line[1]}={values}"

    return _VALUES.sub(times, tree)
