"""TW12: the rows a model answers for are the kind of rows it learnt from.

Companies change slowly, so a column is compared with its own pace: a jump well beyond what moved
within the rows learnt from is a change of how the column is made, not of the company.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.bundle import Bundle
from training.checks.numbered import Check, verdict
from training.measures.drift import Drift, Sample, column_drift
from training.tables.newest import ENTITY
from training.tables.splits import Split
from training.tables.table import Examples

Rows = npt.NDArray[np.intp]

# A jump: the lower end of PSI beyond this, and beyond this many times the column's own pace.
JUMP, PACE = 0.5, 5.0
# For a column the model hardly uses, or whose own pace cannot be known yet.
WILD = 4.0
# Shares of all gain. The smaller parts of a blend leave crumbs of it to many columns.
HARDLY_USED, CRUMBS = 0.01, 0.001
FEWEST_DATES = 7


@dataclass(frozen=True)
class _Jump:
    """How far a column moved, against what it may."""

    drift: Drift
    limit: float
    where: str

    @property
    def excess(self) -> float:
        """Return how often the limit was passed; 1 and more is an alarm."""
        return self.drift.low / self.limit


def no_serving_drift(
    examples: Examples, split: Split, bundle: Bundle, newest: pa.Table | None
) -> Check:
    """TW12: no column jumped between the rows learnt from and the held-out or the newest ones."""
    if not split.by_time and newest is None:
        why = "held out at random, and no row waits for its outcome: nothing could have moved"
        return Check("TW12", "n/a", why)
    limits = _limits(examples, split, bundle)
    fit, jumps = _sample(examples, split.fit), list[_Jump]()
    for where, rows in _places(examples, split, bundle, newest).items():
        moved = zip(column_drift(fit, rows, examples.columns), limits, strict=True)
        jumps += [_Jump(drift, limit, where) for drift, limit in moved]
    worst = max(jumps, key=lambda jump: (jump.excess, jump.drift.psi / jump.limit))
    psi = f"PSI {worst.drift.psi:.2f} ({worst.drift.low:.2f} to {worst.drift.high:.2f})"
    why = f"'{worst.drift.name}' moved most in {worst.where}: {psi}, {_tolerated(worst)}"
    if worst.excess >= 1:
        why += "; is it still made the same way? mend it or drop it (--drop)"
    return verdict("TW12", worst.excess < 1, why)


def _tolerated(jump: _Jump) -> str:
    """Say how far a column may move."""
    return f"tolerated {jump.limit:.2f}" if jump.limit < np.inf else "any tolerated, hardly used"


def _sample(examples: Examples, rows: Rows) -> Sample:
    """Return some rows of a table."""
    return Sample(examples.matrix[rows], examples.entity[rows])


def _places(
    examples: Examples, split: Split, bundle: Bundle, newest: pa.Table | None
) -> dict[str, Sample]:
    """Return the rows in which a column may have jumped, by what they are called."""
    places = {"the held-out rows": _sample(examples, split.test)} if split.by_time else {}
    if newest is not None:
        entity = np.asarray(newest.column(ENTITY).to_pylist(), dtype=np.str_)
        places["the newest rows"] = Sample(bundle.encode(newest), entity)
    return places


def _limits(examples: Examples, split: Split, bundle: Bundle) -> list[float]:
    """Return what each column may move: several times what it moved within the rows learnt from."""
    gain = np.sum([b.feature_importance("gain") for b in bundle.boosters], axis=0)
    share = gain / max(gain.sum(), np.finfo(float).tiny)
    # What hardly a tree asks for cannot harm, such as a column only now begun to be filled.
    least = np.where(share > CRUMBS, np.where(share >= HARDLY_USED, JUMP, WILD), np.inf).tolist()
    if examples.time is None:
        # Rows without time differ at random only: nothing moves by itself.
        return [float(limit) for limit in least]
    times = examples.time[split.fit]
    dates = np.unique(times)
    if len(dates) < FEWEST_DATES:
        return [max(float(limit), WILD) for limit in least]
    late = times >= dates[len(dates) // 2]
    earlier, later = (_sample(examples, split.fit[half]) for half in (~late, late))
    own = column_drift(earlier, later, examples.columns)
    return [max(float(floor), PACE * d.psi) for floor, d in zip(least, own, strict=True)]
