"""TW14: two models that are asked about the same rows give mostly the same main reasons.

Main reasons are the three groups of columns with the largest effect on a row's probability; of a
foreign table, the three columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from features.catalogue import Catalogue
from training.checks.numbered import Check, verdict

Floats = npt.NDArray[np.float64]

N_MAIN = 3
# By chance alone, three of ten groups agree to 0.3.
STABLE = 0.4
MOST_ROWS = 300


def group_names(columns: Sequence[str], catalogue: Catalogue | None) -> list[str]:
    """Return the group of each column; a column that is not of the catalogue is its own."""
    return [
        catalogue[name].group if catalogue is not None and name in catalogue else name
        for name in columns
    ]


def group_effects(pp: Floats, groups: Sequence[str]) -> dict[str, Floats]:
    """Return the summed effect of each group, (n,) each."""
    names = np.array(groups)
    return {name: pp[:, names == name].sum(axis=1) for name in sorted(set(groups))}


def stable_reasons(challenger: dict[str, Floats], champion: dict[str, Floats], name: str) -> Check:
    """TW14: the main groups of both models overlap enough.

    Parameters
    ----------
    challenger, champion : dict
        Effect of each group on the same rows, see `group_effects`.
    name : str
        What the champion is called.
    """
    groups = sorted(challenger.keys() | champion.keys())
    if len(groups) <= N_MAIN + 1:
        why = f"{len(groups)} groups of columns: any three of them overlap"
        return Check("TW14", "n/a", why)
    shared = overlap_of_main(challenger, champion, groups)
    why = f"{shared:.0%} of the three main groups of reasons are those of {name}"
    if shared < STABLE:
        why += f", wanted {STABLE:.0%}; read both explanations before promoting"
    return verdict("TW14", shared >= STABLE, why)


def overlap_of_main(
    first: dict[str, Floats], second: dict[str, Floats], groups: Sequence[str]
) -> float:
    """Return the mean share of the three main groups that two models have in common."""
    n_rows = len(next(iter(first.values())))
    main = []
    for effects in (first, second):
        strength = np.array([np.abs(effects.get(group, np.zeros(n_rows))) for group in groups])
        order = np.argsort(-strength, axis=0, kind="stable")[:N_MAIN]
        flags = np.zeros(strength.shape, dtype=np.bool_)
        np.put_along_axis(flags, order, values=True, axis=0)
        # A group without any effect is no reason, whatever its rank.
        main.append(flags & (strength > 0))
    return float((main[0] & main[1]).sum(axis=0).mean() / N_MAIN)


def some_rows(n_rows: int) -> npt.NDArray[np.intp]:
    """Return at most 300 positions, evenly spread."""
    return np.arange(0, n_rows, max(1, -(-n_rows // MOST_ROWS)))
