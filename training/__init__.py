"""Makes bundles from labelled tables and decides whether they may go out.

What a caller does not ask for is not imported: to promote or to score draws no pictures.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from training.errors import TrainingError

if TYPE_CHECKING:
    from training.backtests.backtest import Plan, backtest
    from training.backtests.page import write_backtest_page
    from training.backtests.recording import record_backtest
    from training.backtests.report import Backtest
    from training.horizons.files import load_horizons, write_horizons
    from training.horizons.fitting import train_horizons
    from training.horizons.model import HorizonModel
    from training.horizons.periods import Periods
    from training.lifecycle.auto_report import AutoReport
    from training.lifecycle.pipeline import train
    from training.lifecycle.promotion import promote
    from training.lifecycle.retraining import train_when_needed
    from training.lifecycle.scores import score_file, score_table, write_scores
    from training.measures.team import Team, team_in_force
    from training.reports.report import PromotionReport, TrainReport
    from training.tables.roles import Roles
    from training.tracking.store import Tracking

__all__ = [
    "AutoReport",
    "Backtest",
    "HorizonModel",
    "Periods",
    "Plan",
    "PromotionReport",
    "Roles",
    "Team",
    "Tracking",
    "TrainReport",
    "TrainingError",
    "backtest",
    "load_horizons",
    "promote",
    "record_backtest",
    "score_file",
    "score_table",
    "team_in_force",
    "train",
    "train_horizons",
    "train_when_needed",
    "write_backtest_page",
    "write_horizons",
    "write_scores",
]

_LAZY = {
    "HorizonModel": "training.horizons.model",
    "Periods": "training.horizons.periods",
    "load_horizons": "training.horizons.files",
    "train_horizons": "training.horizons.fitting",
    "write_horizons": "training.horizons.files",
    "backtest": "training.backtests.backtest",
    "Plan": "training.backtests.backtest",
    "Backtest": "training.backtests.report",
    "record_backtest": "training.backtests.recording",
    "write_backtest_page": "training.backtests.page",
    "train": "training.lifecycle.pipeline",
    "promote": "training.lifecycle.promotion",
    "train_when_needed": "training.lifecycle.retraining",
    "AutoReport": "training.lifecycle.auto_report",
    "PromotionReport": "training.reports.report",
    "TrainReport": "training.reports.report",
    "score_file": "training.lifecycle.scores",
    "score_table": "training.lifecycle.scores",
    "write_scores": "training.lifecycle.scores",
    "Roles": "training.tables.roles",
    "Team": "training.measures.team",
    "team_in_force": "training.measures.team",
    "Tracking": "training.tracking.store",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'training' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
