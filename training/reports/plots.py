"""The pictures of one run: reliability, gain, strongest columns, beeswarm of attributions.

All of the held-out rows; drawn without a display, with the same bytes for the same run.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.stats import beta

from training.checks.capacity_value import held_out_portfolio
from training.checks.held_out import read_held_out
from training.measures.decision_value import Portfolio
from training.models.learning import Learnt
from training.reports.captured_plot import draw_captured
from training.reports.picture_style import INK, MUTED, our_style

Floats = npt.NDArray[np.float64]

MODEL, OTHER, LOWERS = "#0b7285", "#adb5bd", "#e8590c"
N_EXPLAINED = 2000
N_SHOWN = 12


@dataclass(frozen=True)
class Explained:
    """Some of the held-out rows with their attributions, in probability points (n, p)."""

    rows: pa.Table
    pp: Floats

    @property
    def strength(self) -> Floats:
        """Mean absolute effect of each column, (p,), in percentage points."""
        return np.asarray(100 * np.abs(self.pp).mean(axis=0), dtype=np.float64)


def explain_some(learnt: Learnt) -> Explained:
    """Explain at most 2,000 of the held-out rows, evenly spread."""
    rows = learnt.held_out.take(_sample(learnt.held_out.num_rows))
    return Explained(rows, learnt.bundle.explain(rows).pp)


def draw_plots(learnt: Learnt, explained: Explained, folder: Path) -> None:
    """Draw every picture of a run as PNG into a new folder."""
    folder.mkdir(parents=True)
    rows = read_held_out(learnt.held_out)
    logistic = next(b.probability for b in learnt.baselines if b.name == "logistic")
    with our_style():
        _save(_reliability(learnt.outcome, rows.y, rows.probability), folder / "reliability.png")
        _save(_gain(learnt.outcome, rows.y, rows.probability, logistic), folder / "gain.png")
        _save(_strength(learnt, explained.strength), folder / "columns.png")
        portfolio = held_out_portfolio(learnt.examples, learnt.split)
        if portfolio.has_stake and np.ptp(portfolio.arr) > 0:
            _save(_captured(learnt, portfolio, rows.probability, logistic), folder / "captured.png")
        beeswarm(
            explained.pp,
            _numbers_only(learnt, explained.rows),
            list(learnt.bundle.manifest.names),
            folder / "beeswarm.png",
        )


def _captured(
    learnt: Learnt, portfolio: Portfolio, probability: Floats, logistic: Floats
) -> Figure:
    """Share of the events' ARR found over the share of accounts looked at."""
    figure, axes = _new_axes(f"ARR of {learnt.outcome} captured, most at stake first")
    draw_captured(axes, portfolio, probability, {"logistic regression": logistic})
    _percent(axes, both=True)
    return figure


def _numbers_only(learnt: Learnt, rows: pa.Table) -> Floats:
    """Return the matrix with categories missing: their codes have no high and low to colour."""
    matrix = learnt.bundle.encode(rows)
    for position, column in enumerate(learnt.bundle.manifest.columns):
        if column.kind == "category":
            matrix[:, position] = np.nan
    return matrix


def _sample(n_rows: int) -> npt.NDArray[np.intp]:
    """Return at most 2,000 positions, evenly spread."""
    step = max(1, -(-n_rows // N_EXPLAINED))
    return np.arange(0, n_rows, step)


def _new_axes(title: str, *, size: tuple[float, float] = (6.4, 5.0)) -> tuple[Figure, Axes]:
    """Return a figure with one titled pair of axes."""
    figure = Figure(figsize=size, dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_axisbelow(True)
    axes.grid(visible=True, linewidth=0.8)
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    """Write a PNG without a date in it."""
    figure.savefig(path, metadata={"Software": None})


def _reliability(outcome: str, y: Floats, probability: Floats) -> Figure:
    """Observed rate over predicted probability in ten bins of equally many rows."""
    figure, axes = _new_axes(f"Reliability of {outcome}")
    bins = np.array_split(np.argsort(probability, kind="stable"), min(10, len(y)))
    predicted = np.array([probability[rows].mean() for rows in bins])
    events = np.array([y[rows].sum() for rows in bins])
    sizes = np.array([len(rows) for rows in bins])
    # Jeffreys' interval: sensible for 0 events as well.
    low = beta.ppf(0.025, events + 0.5, sizes - events + 0.5)
    high = np.asarray(beta.ppf(0.975, events + 0.5, sizes - events + 0.5))
    observed = events / sizes
    limit = 1.08 * float(max(predicted.max(), high.max()))
    axes.plot([0, limit], [0, limit], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.vlines(predicted, low, high, color=MODEL, linewidth=2, alpha=0.35)
    axes.plot(predicted, observed, "o", color=MODEL, markersize=7, label="a tenth of the rows")
    axes.plot(probability, np.full(len(y), 0.0), "|", color=MODEL, alpha=0.06, markersize=14)
    axes.set(xlim=(0, limit), ylim=(0, limit), xlabel="Predicted probability")
    axes.set_ylabel("Observed share, with 95 % interval")
    _percent(axes, both=True)
    axes.legend(loc="upper left")
    return figure


def _gain(outcome: str, y: Floats, probability: Floats, logistic: Floats) -> Figure:
    """Share of all events found over the share of rows looked at, best first."""
    figure, axes = _new_axes(f"{outcome.capitalize()} found, likeliest first")
    looked = np.arange(len(y) + 1) / len(y)
    for scores, color, width, name in (
        (logistic, OTHER, 2.0, "logistic regression"),
        (probability, MODEL, 2.6, "model"),
    ):
        found = np.r_[0, y[np.argsort(-scores, kind="stable")].cumsum()] / y.sum()
        axes.plot(looked, found, color=color, linewidth=width, label=name)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="by chance")
    at_tenth = float(np.interp(0.1, looked, found))
    axes.plot([0.1, 0.1], [0, at_tenth], color=MODEL, linewidth=1)
    axes.annotate(
        f"{at_tenth:.0%} of events in the first 10 %",
        (0.1, at_tenth),
        xytext=(0.16, max(at_tenth - 0.08, 0.03)),
        color=MODEL,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 2.0},
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel="Share of rows looked at")
    axes.set_ylabel("Share of events found")
    _percent(axes, both=True)
    axes.legend(loc="lower right")
    return figure


def _strength(learnt: Learnt, strength: Floats) -> Figure:
    """Mean absolute attribution of the strongest columns, in percentage points."""
    order = np.argsort(strength, kind="stable")[-N_SHOWN:]
    names = [learnt.bundle.manifest.columns[position].name for position in order]
    size = (7.2, 1.4 + 0.36 * len(order))
    figure, axes = _new_axes(f"Strongest columns of {learnt.outcome}", size=size)
    axes.barh(names, strength[order], color=MODEL, height=0.62)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.set_xlabel("Mean effect on the probability, percentage points")
    return figure


def _percent(axes: Axes, *, both: bool) -> None:
    """Write ticks as percentages."""
    from matplotlib.ticker import PercentFormatter

    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    if both:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))


def beeswarm(pp: Floats, matrix: Floats, names: list[str], path: Path) -> None:
    """Draw shap's beeswarm of our own attributions (n, p), in percentage points."""
    with warnings.catch_warnings():
        # Importing shap and its use of pyplot give notices that are not ours to mend.
        warnings.simplefilter("ignore")
        import shap
        from matplotlib import pyplot

        mpl.use("Agg")
        values: Any = shap.Explanation(values=100 * pp, data=matrix, feature_names=names)
        np.random.seed(0)  # noqa: NPY002 (shap scatters the points with the global generator)
        figure = pyplot.figure(figsize=(8.0, 6.0), dpi=150)
        shap.plots.beeswarm(
            values,
            max_display=N_SHOWN,
            show=False,
            plot_size=None,
            group_remaining_features=False,
        )
        axes = figure.axes[0]
        axes.set_xlabel("Percentage points (grey: category or missing)")
        figure.tight_layout()
        figure.savefig(path, metadata={"Software": None})
        pyplot.close(figure)
