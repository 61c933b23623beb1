"""The champion in force, asked only about rows whose labels it cannot have learnt from.

What goes out was fitted once more on every row; asked is the same model as it was judged, whose
window ends earlier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.catalogue import Catalogue
from scoring.bundle import Bundle, load_bundle
from scoring.errors import BundleError, RowError
from scoring.manifest import counted_otherwise
from scoring.matching import match_types
from training.tables.table import Examples
from training.tracking.store import Tracking

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PastChampion:
    """The champion's probabilities: (n,), NaN where it must not be asked, and what to say."""

    probability: Floats
    words: str


def past_champion(
    examples: Examples, *, outcome: str, tracking: Tracking, catalogue: Catalogue
) -> PastChampion:
    """Score the rows that lie after everything the champion learnt from.

    Its labels were known `lead + horizon` after the last row it was fitted on; rows before that are
    left out, since it has seen what became of them. `words` says why when no row is left.
    """
    nothing = np.full(len(examples.y), np.nan)
    champion = tracking.champion(outcome)
    if champion is None:
        return PastChampion(nothing, "there is no champion yet")
    name = f"champion {champion.version} as it was judged"
    try:
        bundle = load_bundle(tracking.judged_folder(champion), catalogue=catalogue)
        other = counted_otherwise(bundle.manifest.columns, examples.columns)
        if other:
            return PastChampion(nothing, f"{name} counts the dates of '{other[0]}' otherwise")
        allowed = _after_its_window(examples, bundle)
        if not len(allowed):
            return PastChampion(nothing, f"{name} learnt from every date of this table")
        rows = match_types(examples.table.take(allowed), bundle.manifest)
        nothing[allowed] = bundle.score(rows).probability
    except (BundleError, RowError) as error:
        return PastChampion(np.full(len(examples.y), np.nan), f"{name} cannot score them: {error}")
    return PastChampion(nothing, name)


def _after_its_window(examples: Examples, bundle: Bundle) -> npt.NDArray[np.intp]:
    """Return the rows at or after the end of the last label window it was fitted on."""
    facts = bundle.manifest.training
    window = facts.get("judged_window") or facts.get("window")
    if examples.time is None or not window:
        return np.empty(0, dtype=np.intp)
    days = np.timedelta64(examples.lead_days + examples.horizon_days, "D")
    return np.flatnonzero(examples.time >= np.datetime64(window[1]) + days)
