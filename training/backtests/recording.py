"""Records a backtest as an MLflow run: pooled figures, pictures and page; one nested run an origin.

It is kept in the experiment of its outcome, beside the trainings; no model is registered.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from training.backtests.origin_report import MODEL, OriginReport
from training.backtests.page import write_backtest_page
from training.backtests.plots import draw_backtest
from training.backtests.report import Backtest
from training.tracking.run import Entry
from training.tracking.store import Tracking

BACKTEST = "backtest"


def record_backtest(report: Backtest, tracking: Tracking, *, source: str) -> str:
    """Record a backtest and return the id of its run.

    Parameters
    ----------
    report : Backtest
    tracking : Tracking
    source : str
        Where the table came from, in words.
    """
    params: dict[str, object] = {
        "source": source,
        "label": report.label,
        "seed": report.seed,
        "embargo_days": report.embargo_days,
        "lead_days": report.label_window["lead_days"],
        "horizon_days": report.label_window["horizon_days"],
        "label_window_from": report.label_window["from"],
        "capacity": report.portfolio.capacity,
        "capacity_from": report.team.capacity_from,
        "costs_from": report.team.costs_from,
        "policy": report.team.policy or "",
        "n": len(report.portfolio.y),
        "n_events": int(report.portfolio.y.sum()),
        "origins": ",".join(origin.at for origin in report.origins),
    }
    with tempfile.TemporaryDirectory(prefix="tierwise-") as scratch:
        folder = Path(scratch) / BACKTEST
        _write_folder(report, folder, source=source)
        return tracking.record_folder(
            folder,
            experiment=report.outcome,
            name=BACKTEST,
            params=params,
            metrics=_pooled(report),
            entries=tuple(_entry(origin) for origin in report.origins),
        )


def _write_folder(report: Backtest, folder: Path, *, source: str) -> None:
    """Write the page, the pictures and the figures that become the run's artifacts."""
    write_backtest_page(report, folder / "backtest.html", source=source)
    for name, picture in draw_backtest(report).items():
        (folder / f"{name}.png").write_bytes(picture)
    figures = json.dumps(report.to_json(), ensure_ascii=False, indent=1)
    (folder / "backtest.json").write_text(figures, encoding="utf-8")


def _pooled(report: Backtest) -> dict[str, float]:
    """Return the model's figures under their own names, each rival's with its name before them."""
    found = dict(report.pooled[MODEL])
    for name, metrics in report.shown.items():
        if name != MODEL:
            found |= _prefixed(name, metrics)
    for name, rival in report.rivals.items():
        found |= {
            f"log_loss_minus_{name}": rival.difference,
            f"log_loss_minus_{name}_low": rival.low,
            f"log_loss_minus_{name}_high": rival.high,
        }
    return found | {"calibration_slope": report.reliability.slope.value}


def _entry(origin: OriginReport) -> Entry:
    """Return what one origin shows, dated with the origin so that a chart runs over time."""
    metrics = dict(origin.metrics[MODEL])
    for name, figures in origin.shown.items():
        if name != MODEL:
            metrics |= _prefixed(name, figures)
    reliability = origin.reliability
    metrics["calibration_slope"] = reliability.slope.value
    metrics["observed_to_expected"] = reliability.observed_to_expected.value
    return Entry(
        name=f"origin {origin.at}",
        params=(
            ("first_date", origin.at),
            ("last_date", origin.last),
            ("n_fit", origin.n_fit),
            ("n_fit_events", origin.n_fit_events),
            *((f"{name} is", words) for name, words in origin.words.items()),
        ),
        metrics=tuple(metrics.items()),
        at=datetime.fromisoformat(origin.at).replace(tzinfo=UTC),
    )


def _prefixed(name: str, metrics: Mapping[str, float]) -> dict[str, float]:
    """Return a rival's figures without their intervals."""
    edges = ("_low", "_high")
    return {f"{name}_{key}": value for key, value in metrics.items() if not key.endswith(edges)}
