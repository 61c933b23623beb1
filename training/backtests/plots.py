"""The pictures of a backtest: figures over time, calibration per period, ARR captured.

Drawn without a display; the same backtest gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.backtests.origin_report import CHAMPION, MODEL
from training.backtests.report import Backtest
from training.measures.decision_value import Portfolio, captured_curve
from training.measures.metrics import row_log_loss
from training.reports.picture_style import INK, MUTED, our_style
from training.reports.plots import MODEL as TEAL

Floats = npt.NDArray[np.float64]

COLOURS = {
    MODEL: TEAL,
    "logistic": "#5c7cfa",
    "one_line_rule": "#e8890c",
    "health_score": "#ae3ec9",
    "base_rate": "#adb5bd",
    "champion": "#2b8a3e",
}
DASHES = (0, (4, 3))


def draw_backtest(report: Backtest) -> dict[str, bytes]:
    """Return each picture as PNG, by name; none of ARR where there is none to find."""
    with our_style():
        found = {
            "over_time": _png(_over_time(report)),
            "calibration": _png(_calibration(report)),
        }
        if report.portfolio.has_stake:
            found["captured"] = _png(_captured(report))
    return found


def words(name: str) -> str:
    """Return a forecaster's name for people."""
    return name.replace("one_line", "one-line").replace("_", " ")


def _axes(titles: Sequence[str], *, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """Return a figure with one titled pair of axes per title, side by side."""
    figure = Figure(figsize=size, dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    row = [figure.add_subplot(1, len(titles), place + 1) for place in range(len(titles))]
    for axes, title in zip(row, titles, strict=True):
        axes.set_title(title)
        axes.set_axisbelow(True)
        axes.grid(visible=True, linewidth=0.8)
    return figure, row


def _png(figure: Figure) -> bytes:
    """Return a PNG without a date in it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _places(report: Backtest, axes: Axes) -> Floats:
    """Mark the origins along the x axis and return their places."""
    places = np.arange(len(report.origins), dtype=np.float64)
    axes.set_xticks(places, [origin.at[:7] for origin in report.origins])
    axes.set_xlim(-0.4, len(places) - 0.45)
    axes.grid(visible=False, axis="x")
    axes.set_xlabel("Origin (month its block begins)")
    return places


def _over_time(report: Backtest) -> Figure:
    """ROC-AUC, and log-loss against the base rate: the model with its interval, others as lines."""
    titles = ["ROC-AUC, higher is better", "Log-loss against the base rate, lower is better"]
    figure, (left, right) = _axes(titles, size=(11, 4.6))
    _lines(report, left, "roc_auc", above=None)
    ends = [
        [origin.metrics[MODEL][f"roc_auc_{end}"] for origin in report.origins]
        for end in ("low", "high")
    ]
    left.vlines(_places(report, left), ends[0], ends[1], color=TEAL, linewidth=7, alpha=0.18)
    _lines(report, right, "log_loss", above="base_rate")
    against = [origin.rivals["base_rate"] for origin in report.origins]
    low, high = [rival.low for rival in against], [rival.high for rival in against]
    right.vlines(_places(report, right), low, high, color=TEAL, linewidth=7, alpha=0.18)
    handles = left.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=len(handles[0]))
    return figure


def _lines(report: Backtest, axes: Axes, metric: str, *, above: str | None) -> None:
    """Draw a metric of every forecaster over the origins, less that of `above` if one is named."""
    places = _places(report, axes)
    for name, values in _over_origins(report, metric, above=above).items():
        strong = name == MODEL
        axes.plot(
            places, values, "-", color=COLOURS[name], zorder=3 if strong else 2, **_mark(name),
            linewidth=2.6 if strong else 1.4, label=words(name),
        )  # fmt: skip


def _mark(name: str) -> dict[str, Any]:
    """Return a forecaster's mark; the champion's is hollow, for it may have one alone."""
    if name == CHAMPION:
        return {"marker": "D", "markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.6}
    return {"marker": "o", "markersize": 7 if name == MODEL else 4}


def _over_origins(report: Backtest, metric: str, *, above: str | None) -> dict[str, list[float]]:
    """Return a metric of every forecaster at each origin, less that of `above`; NaN where none."""
    found = {
        name: [
            origin.metrics[name][metric] - (origin.metrics[above][metric] if above else 0.0)
            for origin in report.origins
        ]
        for name in report.probability
    }
    if CHAMPION in report.rivals and above is None:
        found[CHAMPION] = [
            origin.shown.get(CHAMPION, {}).get(metric, np.nan) for origin in report.origins
        ]
    elif CHAMPION in report.rivals and above is not None:
        found[CHAMPION] = _champion_above(report, above)
    return found


def _champion_above(report: Backtest, above: str) -> list[float]:
    """Return the champion's log-loss less that of another on the same rows, at each origin."""
    y = report.portfolio.y
    difference = row_log_loss(y, report.champion) - row_log_loss(y, report.probability[above])
    ends = np.cumsum([origin.reliability.n for origin in report.origins])
    blocks = [block[~np.isnan(block)] for block in np.split(difference, ends[:-1])]
    return [float(block.mean()) if len(block) else np.nan for block in blocks]


def _calibration(report: Backtest) -> Figure:
    """Pooled reliability curve, and observed over expected at every origin."""
    figure, row = _axes(
        [f"Reliability of {report.outcome}, all origins", "Observed over expected, per origin"],
        size=(11, 4.8),
    )
    points = report.reliability.curve
    predicted = [point.predicted for point in points]
    limit = 1.08 * max(*predicted, *(point.observed.high for point in points))
    row[0].plot([0, limit], [0, limit], color=MUTED, linewidth=1, linestyle=DASHES)
    row[0].vlines(
        predicted,
        [point.observed.low for point in points],
        [point.observed.high for point in points],
        color=TEAL,
        linewidth=2,
        alpha=0.4,
    )
    row[0].plot(predicted, [point.observed.value for point in points], "o", color=TEAL)
    row[0].set(xlim=(0, limit), ylim=(0, limit), xlabel="Predicted probability, tenths of the rows")
    row[0].set_ylabel("Observed share, 95 % interval")
    for axis in (row[0].xaxis, row[0].yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0 if limit > 0.08 else 1))
    places = _places(report, row[1])
    ratios = [origin.reliability.observed_to_expected for origin in report.origins]
    row[1].axhline(1.0, color=MUTED, linewidth=1, linestyle=DASHES)
    row[1].vlines(
        places,
        [r.low for r in ratios],
        [r.high for r in ratios],
        color=TEAL,
        linewidth=2,
        alpha=0.4,
    )
    row[1].plot(places, [r.value for r in ratios], "o", color=TEAL, markersize=7)
    for place, ratio in zip(places, ratios, strict=True):
        row[1].annotate(f"{ratio.value:.2f}", (place, ratio.value), xytext=(8, 5), color=INK,
                        textcoords="offset points")  # fmt: skip
    row[1].set_ylabel("1 = as many as foreseen")
    return figure


def _captured(report: Backtest) -> Figure:
    """Share of the events' ARR found over the share of accounts acted on."""
    title = f"ARR of {report.outcome} found, most ARR at stake first"
    figure, (axes,) = _axes([title], size=(7.6, 5.2))
    p = report.portfolio
    shares = np.linspace(0, 1, 201)
    for name, (probability, seen) in _asked(report).items():
        curve = captured_curve(seen, probability * np.nan_to_num(seen.arr), shares)
        label = "size alone (base rate × ARR)" if name == "base_rate" else f"{words(name)} × ARR"
        label += "" if len(seen.y) == len(p.y) else f", on its {len(seen.y):,} rows"
        strong = name == MODEL
        axes.plot(
            shares, curve, color=COLOURS[name], label=label, linewidth=2.6 if strong else 1.4,
            zorder=3 if strong else 2,
        )  # fmt: skip
    by_risk = captured_curve(p, report.probability[MODEL], shares)
    axes.plot(shares, by_risk, color=TEAL, linewidth=1.4, linestyle=DASHES, label="model alone")
    at = p.capacity * len(np.unique(p.date)) / len(p.y)
    axes.axvline(at, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    axes.annotate(
        f"capacity {p.capacity:,} a date", (at, 0.02), xytext=(6, 0), textcoords="offset points"
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel="Share of accounts acted on at each date")
    axes.set_ylabel("Share of the ARR found")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="lower right")
    return figure


def _asked(report: Backtest) -> dict[str, tuple[Floats, Portfolio]]:
    """Return the probabilities of every forecaster and the rows they are of."""
    p = report.portfolio
    found = {name: (probability, p) for name, probability in report.probability.items()}
    some = ~np.isnan(report.champion)
    if np.nansum((p.y * p.arr)[some]) > 0:
        seen = replace(p, y=p.y[some], arr=p.arr[some], date=p.date[some])
        found[CHAMPION] = (report.champion[some], seen)
    return found
