"""The paragraph of a model card on calibration, in English and in Japanese."""

from __future__ import annotations

import numpy as np

from training.measures.reliability import Estimate, Reliability
from training.measures.reliability_words import TOO_FEW
from training.reports.document import Language, Paragraph

TEXT: dict[Language, str] = {
    "en": "Calibration: slope {slope}, intercept {intercept} (with the slope held at 1), observed "
    "over expected {ratio}. Brier {brier:.4f} = reliability {reliability:.4f} − resolution "
    "{resolution:.4f} + uncertainty {uncertainty:.4f}: what recalibration would save, what the "
    "ranking earns, what the base rate costs.",
    "ja": "確率の較正：傾き{slope}、切片{intercept}（傾きを1に固定した場合）、実績÷予測{ratio}。"
    "ブライアスコア{brier:.4f}＝較正のずれ{reliability:.4f}－分離の効果{resolution:.4f}"
    "＋不確実性{uncertainty:.4f}"
    "（順に、再較正で減らせる分、順位づけで減らせた分、平均発生率だけで決まる分）。",
}


def calibration_paragraph(found: Reliability, language: Language) -> Paragraph:
    """Return slope, intercept, observed over expected and what the Brier score is made of."""
    return Paragraph(
        TEXT[language].format(
            slope=in_brackets(found.slope, language),
            intercept=in_brackets(found.intercept, language),
            ratio=in_brackets(found.observed_to_expected, language),
            brier=found.brier,
            reliability=found.reliability,
            resolution=found.resolution,
            uncertainty=found.uncertainty,
        )
    )


def calibration_metrics(found: Reliability) -> dict[str, float]:
    """Return the same figures for MLflow; what cannot be told is left out."""
    figures = {
        "calibration_slope": found.slope.value,
        "calibration_intercept": found.intercept.value,
        "brier_reliability": found.reliability,
        "brier_resolution": found.resolution,
        "brier_uncertainty": found.uncertainty,
    }
    return {name: value for name, value in figures.items() if np.isfinite(value)}


def in_brackets(estimate: Estimate, language: Language) -> str:
    """Return a figure with its interval in brackets, as a language writes them."""
    if not np.isfinite(estimate.value):
        return "（該当件数が不足）" if language == "ja" else f"({TOO_FEW})"
    if language == "ja":
        return f"{estimate.value:.2f}（{estimate.low:.2f}～{estimate.high:.2f}）"
    return str(estimate)
