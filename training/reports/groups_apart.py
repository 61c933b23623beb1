"""The section of a model card that tells held-out rows apart by segment, tier and use case.

A model that is right on the whole may be wrong for each of two groups.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from features.catalogue import Catalogue
from training.checks.held_out import read_held_out
from training.measures.reliability import UNKNOWN, Reliability, measure_reliability_by
from training.models.learning import Learnt
from training.reports.calibration import in_brackets
from training.reports.card_words import HEADS, Words
from training.reports.document import Block, Grid, Heading, Language, Paragraph
from training.tables.columns_beside import GROUPINGS, as_levels, as_values

Groups = Mapping[str, Mapping[str, Reliability]]

# Of a grouping with more levels those with the most rows are told.
MOST_LEVELS = 12

TITLE: dict[Language, str] = {"en": "Group by group", "ja": "グループごとの確率の精度"}
TEXT: dict[Language, str] = {
    "en": "Held-out rows apart. Observed over predicted above 1: too few were foreseen. Slope "
    "below 1: the difference between sure and unsure is told too boldly. Read the intervals: of a "
    "small group little is known.",
    "ja": "評価用の行をグループごとに分けた結果です。実績÷予測が1を上回る場合は予測が低すぎ、"
    "傾きが1を下回る場合は確率の高低が強調されすぎています。"
    "件数の少ないグループでは区間が広く、断定はできません。",
}
WORDS: Words = {
    "group": {"en": "group", "ja": "グループ"},
    "rows": HEADS["rows"],
    "events": {"en": "events", "ja": "該当件数"},
    "ratio": {"en": "observed / predicted", "ja": "実績÷予測"},
    "slope": {"en": "slope", "ja": "傾き"},
    UNKNOWN: {"en": "unknown", "ja": "不明"},
}


def groups_section(found: Groups, catalogue: Catalogue | None, language: Language) -> list[Block]:
    """Return the calibration of every group; empty where the table names none."""
    if not found:
        return []
    head = [WORDS[key][language] for key in ("group", "rows", "events", "ratio", "slope")]
    rows = [
        [_named(name, catalogue, language), *_row(level, figures, language)]
        for name, levels in found.items()
        for level, figures in sorted(levels.items(), key=lambda item: item[0] == UNKNOWN)
    ]
    return [Heading(TITLE[language]), Paragraph(TEXT[language]), Grid(["", *head], rows, head[1:])]


def reliability_of_groups(learnt: Learnt) -> dict[str, dict[str, Reliability]]:
    """Measure the held-out rows of every group apart: `{"segment": {"enterprise": ...}, ...}`.

    Groups are told by columns that the model reads: no others are kept beside its rows.
    """
    rows, table = read_held_out(learnt.held_out), learnt.examples.table
    found: dict[str, dict[str, Reliability]] = {}
    for name in sorted({*GROUPINGS} & {*table.column_names}):
        levels = as_levels(as_values(table.column(name)))[learnt.split.test]
        told = _largest(levels)
        if len(told) > 1:
            kept = np.isin(levels, told)
            found |= measure_reliability_by(
                rows.y[kept],
                rows.probability[kept],
                entity=rows.entity[kept],
                by={name: levels[kept]},
                seed=learnt.seed,
            )
    return found


def _largest(levels: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    names, sizes = np.unique(levels, return_counts=True)
    return names[np.argsort(-sizes, kind="stable")[:MOST_LEVELS]]


def _named(name: str, catalogue: Catalogue | None, language: Language) -> str:
    return catalogue[name].label(language) if catalogue and name in catalogue else name


def _row(level: str, found: Reliability, language: Language) -> list[str]:
    shown = WORDS[UNKNOWN][language] if level == UNKNOWN else level
    figures = [in_brackets(each, language) for each in (found.observed_to_expected, found.slope)]
    return [shown, f"{found.n:,}", f"{found.n_events:,}", *figures]
