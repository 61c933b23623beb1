"""Sentiment: what people at the account say when asked.

The newest day's answers count as the last word; several answers of one day are averaged. The NPS
and the csat question are told apart from the sentiment questions, which are all the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import (
    KEYS,
    SCALE,
    count_where,
    flag,
    from_units,
    join_keyed,
    min_where,
    only,
    ratio,
    sum_where,
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
        label_en="Mean score of sentiment questions (without NPS and CSAT)",
        label_ja="アンケート評価の平均（NPS・CSATを除く）",
    ),
    Feature(
        name="days_since_answer", group="sentiment", kind="days", unit="days", low=1,
        churn=1, null_means="never answered a survey", needs=_NEEDS,
        label_en="Days since the last survey answer",
        label_ja="最後のアンケート回答からの日数",
        phrase_en="Last answered a survey {value} ago", phrase_ja="最後のアンケート回答は{value}前",
    ),
    Feature(
        name="nps_364d", group="sentiment", kind="number", unit="score 0-10", low=0, high=10,
        churn=-1, expansion=1, null_means="no NPS answer in 364 days", needs=_NEEDS,
        label_en="Mean NPS answer of a year", label_ja="直近364日間のNPS回答の平均",
    ),
    Feature(
        name="is_detractor", group="sentiment", kind="flag", unit="yes/no", low=0, high=1,
        churn=1, expansion=-1, null_means="never answered the NPS question", needs=_NEEDS,
        label_en="Last NPS answer was 6 or less", label_ja="直近のNPS回答が6以下（批判者）",
    ),
    Feature(
        name="survey_csat_364d", group="sentiment", kind="number", unit="score 1-5", low=1,
        high=5, churn=-1, expansion=1, null_means="no csat answer in 364 days", needs=_NEEDS,
        label_en="Mean satisfaction (CSAT) in surveys",
        label_ja="アンケートの満足度（CSAT）の平均",
    ),
    Feature(
        name="sentiment_change_182d_364d", group="sentiment", kind="number", unit="points",
        low=-4, high=4, churn=-1, expansion=1,
        null_means="no sentiment answer in one of the halves of the last 364 days", needs=_NEEDS,
        label_en="Score of sentiment questions against the half-year before (without NPS and CSAT)",
        label_ja="その前の半年と比べたアンケート評価の変化（NPS・CSATを除く）",
    ),
    Feature(
        name="low_score_share_364d", group="sentiment", kind="share", unit="share", low=0, high=1,
        churn=1, expansion=-1, null_means="no sentiment answer in 364 days", needs=_NEEDS,
        label_en="Share of sentiment answers of 1 or 2 (without NPS and CSAT)",
        label_ja="アンケート評価が1か2の割合（NPS・CSATを除く）",
    ),
    Feature(
        name="n_answers_364d", group="sentiment", kind="count", unit="answers", low=0, empty=0,
        churn=-1, null_means="no surveys table", needs=_NEEDS,
        label_en="Survey answers in the last 364 days",
        label_ja="直近364日間のアンケート回答数",
        phrase_en="{value} survey answers in the last 364 days",
        phrase_ja="直近364日間のアンケート回答は{value}件",
    ),
    Feature(
        name="n_respondents_364d", group="sentiment", kind="count", unit="users", low=0, empty=0,
        churn=-1, null_means="surveys name no users", needs=("surveys", "surveys.user_id"),
        label_en="Users who answered a survey in the last 364 days",
        label_ja="直近364日間にアンケートに回答したユーザー数",
        phrase_en="{value} users answered a survey in the last 364 days",
        phrase_ja="直近364日間に{value}人がアンケートに回答",
    ),
    Feature(
        name="has_stopped_answering", group="sentiment", kind="flag", unit="yes/no", low=0,
        high=1, churn=1, null_means="never answered a survey", needs=_NEEDS,
        label_en="Answered surveys before, but not in the last 182 days",
        label_ja="以前はアンケートに回答していたが直近182日間は回答なし",
    ),
    Feature(
        name="survey_csat_last", group="sentiment", kind="number", unit="score 1-5", low=1,
        high=5, churn=-1, expansion=1, null_means="never answered the csat question",
        needs=_NEEDS,
        label_en="Last satisfaction (CSAT) answer in surveys",
        label_ja="アンケートでの直近の満足度（CSAT）回答",
        phrase_en="Last satisfaction (CSAT) answer was {value}",
        phrase_ja="直近の満足度（CSAT）回答は{value}",
    ),
    Feature(
        name="survey_csat_change", group="sentiment", kind="number", unit="points", low=-4,
        high=4, churn=-1, expansion=1, null_means="fewer than two days with csat answers",
        needs=_NEEDS,
        label_en="Satisfaction (CSAT) in surveys against earlier answers",
        label_ja="以前の回答と比べた満足度（CSAT）の変化",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Measure answers per account: one row per account and as_of with any answer."""
    surveys = view.surveys.mutate(units=whole_units(view.surveys.score))
    row = surveys.group_by(KEYS).aggregate(**_sums(surveys))
    joined = join_keyed(join_keyed(row, _last_words(surveys, row)), _respondents(surveys))
    half, before = ratio(joined["_half"], joined["_n_half"]), joined["_score"] - joined["_half"]
    earlier = ratio(before, joined["_scored"] - joined["_n_half"])
    return joined.select(
        *KEYS,
        *_LEVELS,
        nps_364d=ratio(joined["_nps"], joined["_n_nps"]) / SCALE,
        is_detractor=flag(joined.nps_last <= _DETRACTOR),
        survey_csat_364d=ratio(joined["_csat"], joined["_n_csat"]) / SCALE,
        sentiment_364d=ratio(from_units(joined["_score"]), joined["_scored"]),
        sentiment_change_182d_364d=(half - earlier) / SCALE,
        low_score_share_364d=ratio(joined["_low"], joined["_scored"]),
        has_stopped_answering=flag(joined.days_since_answer > 182),
    )


_LEVELS = (
    "days_since_answer", "nps_last", "nps_change", "survey_csat_last", "survey_csat_change",
    "n_answers_364d", "n_respondents_364d",
)  # fmt: skip
# What is asked by one question, and how its features begin.
_APART = {"nps": "nps", "csat": "survey_csat"}
_DETRACTOR = 6
_LOW = 2


def _sums(surveys: ir.Table) -> dict[str, ir.Value]:
    lately = surveys.age <= 364
    promoter, csat = surveys.question == "nps", surveys.question == "csat"
    other = lately & surveys.question.notin(list(_APART))
    half = other & (surveys.age <= 182)
    return {
        "days_since_answer": surveys.age.min(),
        "n_answers_364d": count_where(lately),
        "_newest_nps": min_where(surveys.age, promoter),
        "_newest_csat": min_where(surveys.age, csat),
        "_nps": sum_where(surveys.units, lately & promoter),
        "_n_nps": count_where(lately & promoter),
        "_csat": sum_where(surveys.units, lately & csat),
        "_n_csat": count_where(lately & csat),
        "_score": sum_where(surveys.units, other).cast("int64"),
        "_scored": count_where(other),
        "_half": sum_where(surveys.units, half).cast("int64"),
        "_n_half": count_where(half),
        "_low": count_where(other & (surveys.score <= _LOW)),
    }


def _respondents(surveys: ir.Table) -> ir.Table:
    named = surveys.filter(surveys.user_id.notnull() & (surveys.age <= 364))
    users = named.select(*KEYS, "user_id").distinct()
    return users.group_by(KEYS).aggregate(n_respondents_364d=users.count())


def _last_words(surveys: ir.Table, row: ir.Table) -> ir.Table:
    newest = row.select(*KEYS, *(f"_newest_{question}" for question in _APART))
    marked = join_keyed(surveys.select(*KEYS, "question", "age", "units"), newest)
    sums = marked.group_by(KEYS).aggregate(
        **{name: cell for q in _APART for name, cell in _last_sums(marked, q).items()}
    )
    words = {name: cell for q in _APART for name, cell in _last_word(sums, q).items()}
    return sums.select(*KEYS, **words)


def _last_sums(marked: ir.Table, question: str) -> dict[str, ir.Value]:
    asked, newest = marked.question == question, marked[f"_newest_{question}"]
    last, before = asked & (marked.age == newest), asked & (marked.age > newest)
    return {
        f"_last_{question}": only(marked.units, last).sum(),
        f"_n_last_{question}": count_where(last),
        f"_earlier_{question}": only(marked.units, before).sum(),
        f"_n_earlier_{question}": count_where(before),
    }


def _last_word(sums: ir.Table, question: str) -> dict[str, ir.Value]:
    last, earlier = (
        ratio(from_units(sums[f"_{which}_{question}"]), sums[f"_n_{which}_{question}"])
        for which in ("last", "earlier")
    )
    name = _APART[question]
    return {f"{name}_last": last, f"{name}_change": last - earlier}
