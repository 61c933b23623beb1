"""Figures of touched and untouched accounts apart: our own work has changed what is learnt from.

An account that was in contact may have stayed because of it. Its label then tells of the account
and of our work together, and a model reads the mixture. Told apart, the mixture can be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.measures.metrics import draw_weights, interval
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# The first of these that a table has says who was touched: any value above 0.
TOUCH_COLUMNS = ("n_human_touches_84d", "n_touches_84d", "n_touches", "touches")


@dataclass(frozen=True)
class Touched:
    """Held-out rows of accounts that were, or were not, in contact before.

    Attributes
    ----------
    group : {"touched", "untouched"}
    feature : str
        The column that says so.
    n, n_events : int
    observed, expected : float
        Mean label and mean probability.
    gap_low, gap_high : float
        95 % interval of observed minus expected.
    """

    group: str
    feature: str
    n: int
    n_events: int
    observed: float
    expected: float
    gap_low: float
    gap_high: float

    def __str__(self) -> str:
        """Return one line for the terminal."""
        return (
            f"{self.group} ({self.feature}): {self.n:,} rows, observed {self.observed:.1%}, "
            f"predicted {self.expected:.1%} (difference {100 * self.gap_low:+.1f} to "
            f"{100 * self.gap_high:+.1f} points)"
        )


def touch_column(examples: Examples) -> tuple[int, str] | None:
    """Return position and name of the column that says who was touched; None without one."""
    names = {column.name: position for position, column in enumerate(examples.columns)}
    return next(((names[name], name) for name in TOUCH_COLUMNS if name in names), None)


def touched_apart(examples: Examples, rows: Rows, probability: Floats) -> tuple[Touched, ...]:
    """Return the figures of both groups; empty when the table does not say who was touched.

    Parameters
    ----------
    examples : Examples
    rows : ndarray of positions
        Rows the model had not seen.
    probability : ndarray, as long as `rows`
    """
    column = touch_column(examples)
    if column is None:
        return ()
    touches = examples.matrix[rows, column[0]]
    groups = {"touched": touches > 0, "untouched": touches == 0}
    if not all(chosen.any() for chosen in groups.values()):
        return ()
    y, entity = examples.y[rows], examples.entity[rows]
    return tuple(
        _figures(name, column[1], y[chosen], probability[chosen], entity[chosen])
        for name, chosen in groups.items()
    )


def _figures(
    group: str, feature: str, y: Floats, probability: Floats, entity: npt.NDArray[np.str_]
) -> Touched:
    """Return the figures of one group."""
    gap = y - probability
    draws = [block @ gap / block.sum(axis=1) for block in draw_weights(entity, seed=0)]
    low, high = interval(np.concatenate(draws))
    return Touched(
        group=group,
        feature=feature,
        n=len(y),
        n_events=int(y.sum()),
        observed=float(y.mean()),
        expected=float(probability.mean()),
        gap_low=low,
        gap_high=high,
    )
