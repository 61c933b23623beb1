"""Sentiment: what people at the account say when asked.

The newest day's answers count as the last word; several answers of one day are averaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    count_where,
    from_units,
    join_keyed,
    min_where,
    only,
    ratio,
    whole_units,
)
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_NEEDS = ("surveys",)

FEATURES = (
    Feature(
        name="nps_last", group="sentiment", kind="number", unit="score 0-10", low=0, high=10,
        churn=-1, expansion=1, null_means="never answered the NPS question", needs=_NEEDS,
        label_en="Last NPS answer", label_ja="直近のNPS回答",
        phrase_en="Last NPS answer was {value}", phrase_ja="直近のNPS回答は{value}",
    ),
    Feature(
        name="nps_change", group="sentiment", kind="number", unit="points", low=-10, high=10,
        churn=-1, expansion=1, null_means="fewer than two days with NPS answers", needs=_NEEDS,
        label_en="NPS against earlier answers", label_ja="以前の回答と比べたNPSの変化",
    ),
    Feature(
        name="sentiment_364d", group="sentiment", kind="number", unit="score 1-5", low=1, high=5,
        churn=-1, expansion=1, null_means="no sentiment answer in 364 days", needs=_NEEDS,
        label_en="Mean sentiment score", label_ja="アンケート評価の平均",
    ),
    Feature(
        name="days_since_answer", group="sentiment", kind="days", unit="days", low=1,
        churn=1, null_means="never answered a survey", needs=_NEEDS,
        label_en="Days since the last survey answer",
        label_ja="最後のアンケート回答からの日数",
        phrase_en="Last answered a survey {value} ago", phrase_ja="最後のアンケート回答は{value}前",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure answers per account: one row per account and as_of with any answer."""
    surveys = view.surveys.mutate(units=whole_units(view.surveys.score))
    other = (surveys.question != "nps") & (surveys.age <= 364)
    row = surveys.group_by(KEYS).aggregate(
        days_since_answer=surveys.age.min(),
        _newest=min_where(surveys.age, surveys.question == "nps"),
        _score=only(surveys.units, other).sum(),
        _scored=count_where(other),
    )
    joined = join_keyed(row, _promoter(surveys, row))
    return joined.select(
        *KEYS,
        "days_since_answer",
        "nps_last",
        "nps_change",
        sentiment_364d=ratio(from_units(joined["_score"]), joined["_scored"]),
    )


def _promoter(surveys: ir.Table, row: ir.Table) -> ir.Table:
    asked = surveys.filter(surveys.question == "nps").select(*KEYS, "age", "units")
    marked = join_keyed(asked, row.select(*KEYS, "_newest"))
    newest = marked.age == marked["_newest"]
    sums = marked.group_by(KEYS).aggregate(
        _last=only(marked.units, newest).sum(),
        _n_last=count_where(newest),
        _earlier=only(marked.units, ~newest).sum(),
        _n_earlier=count_where(~newest),
    )
    last = ratio(from_units(sums["_last"]), sums["_n_last"])
    earlier = ratio(from_units(sums["_earlier"]), sums["_n_earlier"])
    return sums.select(*KEYS, nps_last=last, nps_change=last - earlier)
