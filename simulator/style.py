"""How the plots look: one palette, quiet axes."""

from typing import Any

import matplotlib as mpl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

NAVY, TEAL, SKY, AMBER, CORAL, GREY = (
    "#22395b", "#2a9d8f", "#7fb7d6", "#e9a63a", "#d1495b", "#8a94a3",
)  # fmt: skip
SEGMENTS = {"enterprise": NAVY, "mid": TEAL, "smb": AMBER}
millions = FuncFormatter(lambda value, _: f"{value:g}M")
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.titlecolor": NAVY,
    "axes.edgecolor": "#c9ced6",
    "axes.labelcolor": "#4a5565",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#eceff3",
    "grid.linewidth": 0.8,
    "xtick.color": "#4a5565",
    "ytick.color": "#4a5565",
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.handlelength": 1.2,
    "legend.columnspacing": 1.0,
    "figure.facecolor": "white",
}


def date_axis(axes: Axes) -> None:
    """Write few and short dates on the x axis, without a margin."""
    ticks: Any = dates
    locator = ticks.AutoDateLocator(minticks=4, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ticks.ConciseDateFormatter(locator, show_offset=False))
    axes.margins(x=0)


def apply_style() -> None:
    """Draw without a screen, in this style, from now on."""
    mpl.use("Agg")
    mpl.rcParams.update(_STYLE)
