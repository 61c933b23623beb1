"""One HTML page about a backtest: verdicts, figures, pictures; one file that needs no other."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np

from training.backtests.origin_report import CHAMPION, MODEL, OriginReport
from training.backtests.plots import draw_backtest, words
from training.backtests.report import SHOWN, Backtest
from training.measures.reliability import Reliability
from training.measures.reliability_words import written

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; margin: 2.5rem auto; max-width: 72rem;
       padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p.lead { color: #52606d; margin-top: 0; }
.wide { overflow-x: auto; } .narrow { max-width: 46rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .32rem .6rem; text-align: right; border-bottom: 1px solid #e4e7eb;
         white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } td.words { text-align: left; }
th { font-weight: 600; color: #52606d; } td.model { font-weight: 600; color: #0b7285; }
img { max-width: 100%; height: auto; } li { margin: .15rem 0; } footer { color: #7b8794; }
"""
RULE = "one_line_rule"
# What is shown of every forecaster at each origin.
BY_ORIGIN = tuple(
    shown for shown in SHOWN if shown[0] in ("log_loss", "roc_auc", "arr_captured", "net_value")
)
MEANINGS = {
    "ARR captured": "share of the events' ARR among the accounts at capacity, chosen by "
    "probability × ARR; “by risk alone” by probability only. Base rate × ARR is size alone.",
    "net value a date": "what acting at capacity would have earned per date under the costs named "
    "below, counted with what then happened.",
    "EMPC": "expected maximum profit per account of a retention campaign with the parameters of "
    "Verbraken, Verbeke and Baesens (2013); n/a for expansion.",
    "interval": "95 %, resampling accounts, not rows.",
}


def write_backtest_page(report: Backtest, path: Path | str, *, source: str) -> None:
    """Write the page; a killed run leaves the old file or none.

    Parameters
    ----------
    report : Backtest
    path : Path
    source : str
        Where the table came from, in words.
    """
    target = Path(path)
    text = "".join(_page(report, source))
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def _page(report: Backtest, source: str) -> Iterator[str]:
    """Yield the page in order."""
    pictures = draw_backtest(report)
    title = f"Backtest of {report.outcome}"
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f'<h1>{escape(title)}</h1><p class="lead">{escape(_lead(report, source))}</p>'
    )
    yield _list(report.verdicts())
    yield "<h2>All origins together</h2>" + _table(*_pooled(report))
    meanings = "".join(f"<li><b>{name}</b>: {escape(text)}</li>" for name, text in MEANINGS.items())
    yield _list(report.champion_lines())
    yield f"<ul>{meanings}</ul>" + _list(report.team_lines())
    yield "<h2>Over time</h2>" + _image(pictures["over_time"], "ROC-AUC and log-loss per origin")
    yield "<p>At every origin:</p>" + _table(*_origins(report))
    for metric, title, form in BY_ORIGIN:
        if np.isfinite(report.pooled[MODEL][metric]):
            said = f"{title} of each at every origin, with its 95 % interval:"
            yield f"<p>{escape(said)}</p>" + _table(*_by_origin(report, metric, form))
    yield _list([f"{o.at}: {o.words[MODEL]}; rule: {o.words[RULE]}" for o in report.origins])
    yield "<h2>Can the probabilities be believed?</h2>"
    yield _image(pictures["calibration"], "Reliability curve and calibration per origin")
    yield _list(report.calibration_lines())
    for name, levels in report.reliability_by.items():
        yield f"<h3>By {escape(words(name))}</h3>" + _table(*_levels(name, levels))
    if "captured" in pictures:
        yield "<h2>What the team would have found</h2>"
        picture = _image(pictures["captured"], "ARR found over accounts acted on")
        yield f'<div class="narrow">{picture}</div>'
    left_out = [f"{name}: n/a, {why}" for name, why in report.not_applicable.items()]
    yield "<h2>Left out</h2>" + _list([*left_out, *report.notes])
    yield "</body></html>\n"


def _lead(report: Backtest, source: str) -> str:
    """Say what was done, in one sentence."""
    p = report.portfolio
    return (
        f"{source}: {len(report.origins)} origins from {report.origins[0].at} to "
        f"{report.origins[-1].last}, {len(p.y):,} rows scored with {int(p.y.sum()):,} events. At "
        f"every origin each forecaster learnt only from labels known then ({report.embargo_days} "
        f"days after their date). The team can act on {p.capacity:,} accounts a date."
    )


def _pooled(report: Backtest) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of the pooled figures."""
    others = [name for name in report.shown if name != MODEL]
    rows = []
    for metric, title, form in SHOWN:
        point, between = report.figure(MODEL, metric, form)
        rest = [report.figure(name, metric, form)[0] for name in others]
        rows.append([title, point, between, *rest])
    return ["", "model", "95 % interval", *(words(name) for name in others)], rows


def _origins(report: Backtest) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of what each origin learnt from and how it was calibrated."""
    head = ["origin", "known then (events)", "scored (events)", "slope of the model"]
    head += ["observed / expected"]
    rows = [
        [o.at, f"{o.n_fit:,} ({o.n_fit_events:,})",
         f"{o.reliability.n:,} ({o.reliability.n_events:,})",
         written(o.reliability.slope), written(o.reliability.observed_to_expected)]
        for o in report.origins
    ]  # fmt: skip
    return head, rows


def _by_origin(report: Backtest, metric: str, form: str) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of one figure of every forecaster, each with its interval."""
    names = list(report.shown)
    rows = [
        [origin.at, *(_at_origin(origin, name, metric, form) for name in names)]
        for origin in report.origins
    ]
    return ["origin", *map(words, names)], rows


def _at_origin(origin: OriginReport, name: str, metric: str, form: str) -> str:
    """Return a figure with its interval, and of a champion on how many rows if not on all."""
    values = origin.shown.get(name)
    if values is None or not np.isfinite(values[metric]):
        return "n/a"
    point, low, high = (form.format(values[f"{metric}{end}"]) for end in ("", "_low", "_high"))
    n, n_all = int(values["n"]), origin.reliability.n
    part = f" on {n:,} of {n_all:,} rows" if name == CHAMPION and n < n_all else ""
    return f"{point} ({low} – {high}){part}"


def _levels(name: str, levels: Mapping[str, Reliability]) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of the calibration of each level of a grouping."""
    head = [words(name), "rows", "events", "observed / expected", "slope", "intercept", "Brier"]
    head += ["= reliability", "− resolution", "+ uncertainty", "ECE", "noise"]
    rows = [
        [level, f"{r.n:,}", f"{r.n_events:,}", written(r.observed_to_expected), written(r.slope),
         written(r.intercept), f"{r.brier:.4f}", f"{r.reliability:.4f}", f"{r.resolution:.4f}",
         f"{r.uncertainty:.4f}", f"{r.ece.value:.4f}", f"{r.ece_floor:.4f}"]
        for level, r in levels.items()
    ]  # fmt: skip
    return head, rows


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an HTML table."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _list(lines: Sequence[str]) -> str:
    """Return an HTML list."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _image(png: bytes, alt: str) -> str:
    """Return a picture inside the page."""
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{b64encode(png).decode()}">'
