"""Makes bundles from labelled tables and decides whether they may go out.

What a caller does not ask for is not imported: to promote or to score draws no pictures.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from training.errors import TrainingError

if TYPE_CHECKING:
    from training.auto_report import AutoReport
    from training.backtest_page import write_backtest_page
    from training.backtest_report import Backtest
    from training.backtesting import Plan, backtest
    from training.horizon_files import load_horizons, write_horizons
    from training.horizons import HorizonModel, train_horizons
    from training.periods import Periods
    from training.pipeline import train
    from training.promotion import promote
    from training.report import PromotionReport, TrainReport
    from training.retraining import train_when_needed
    from training.roles import Roles
    from training.scores import score_table, write_scores
    from training.tracking import Tracking

__all__ = [
    "AutoReport",
    "Backtest",
    "HorizonModel",
    "Periods",
    "Plan",
    "PromotionReport",
    "Roles",
    "Tracking",
    "TrainReport",
    "TrainingError",
    "backtest",
    "load_horizons",
    "promote",
    "score_table",
    "train",
    "train_horizons",
    "train_when_needed",
    "write_backtest_page",
    "write_horizons",
    "write_scores",
]

_LAZY = {
    "HorizonModel": "training.horizons",
    "Periods": "training.periods",
    "load_horizons": "training.horizon_files",
    "train_horizons": "training.horizons",
    "write_horizons": "training.horizon_files",
    "backtest": "training.backtesting",
    "Plan": "training.backtesting",
    "Backtest": "training.backtest_report",
    "write_backtest_page": "training.backtest_page",
    "train": "training.pipeline",
    "promote": "training.promotion",
    "train_when_needed": "training.retraining",
    "AutoReport": "training.auto_report",
    "PromotionReport": "training.report",
    "TrainReport": "training.report",
    "score_table": "training.scores",
    "write_scores": "training.scores",
    "Roles": "training.roles",
    "Tracking": "training.tracking",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'training' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
