"""The picture of ARR captured: the events' ARR among the accounts looked at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from training.measures.decision_value import Portfolio, captured_curve

Floats = npt.NDArray[np.float64]

SHARES = np.linspace(0, 1, 101)
STRONG, QUIET, LINE = "#0b7285", "#adb5bd", "#7b8794"
WIDTH = 2.6


def draw_captured(
    axes: Axes, portfolio: Portfolio, probability: Floats, others: Mapping[str, Floats]
) -> None:
    """Draw what the model captures by probability × ARR beside others and beside ARR alone."""
    tenth = int(np.searchsorted(SHARES, 0.1))
    curves = {
        name: captured_curve(portfolio, p * portfolio.arr, SHARES) for name, p in others.items()
    }
    curves["ARR alone"] = captured_curve(portfolio, portfolio.arr, SHARES)
    for (name, curve), style in zip(curves.items(), ("-", (0, (1, 1.2))), strict=True):
        axes.plot(SHARES, curve, color=QUIET, linewidth=2, linestyle=style, label=name)
    ours = captured_curve(portfolio, probability * portfolio.arr, SHARES)
    axes.plot(SHARES, ours, color=STRONG, linewidth=WIDTH, label="model")
    axes.plot([0, 1], [0, 1], color=LINE, linewidth=1, linestyle=(0, (4, 3)), label="by chance")
    axes.plot([0.1, 0.1], [0, ours[tenth]], color=STRONG, linewidth=1)
    axes.annotate(
        f"{ours[tenth]:.0%} of the ARR in the first 10 %",
        (0.1, float(ours[tenth])),
        xytext=(0.115, 0.035),
        color=STRONG,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 2.0},
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel="Share of accounts looked at, each date")
    axes.set_ylabel("Share of the events' ARR found")
    axes.legend(loc="lower right")
