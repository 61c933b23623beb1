"""Makes bundles from labelled tables and decides whether they may go out."""

from training.errors import TrainingError
from training.pipeline import train
from training.promotion import promote
from training.report import PromotionReport, TrainReport
from training.scores import score_table, write_scores
from training.tracking import Tracking

__all__ = [
    "PromotionReport",
    "Tracking",
    "TrainReport",
    "TrainingError",
    "promote",
    "score_table",
    "train",
    "write_scores",
]
