"""Rhythm: how steady use is from week to week, and how far it lies from its best.

Week 0 is the last seven days before as_of, week 29 the oldest; a week without use counts as 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, join_keyed, min_where, ratio, sum_where
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_IDLE = "no use in the last 84 days"

FEATURES = (
    Feature(
        name="active_weeks_share_84d", group="usage", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, empty=0, null_means="never",
        label_en="Weeks with use in the last 12", label_ja="直近12週のうち利用のあった週の割合",
    ),
    Feature(
        name="events_slope_84d", group="usage", kind="number", unit="of the mean per week",
        low=-0.47, high=0.47, churn=-1, expansion=1, null_means=_IDLE,
        label_en="Slope of weekly use over 12 weeks, against its mean",
        label_ja="直近12週の週次利用量の傾き（平均に対する比）",
    ),
    Feature(
        name="events_volatility_84d", group="usage", kind="number", unit="ratio", low=0, high=2,
        churn=1, null_means=_IDLE,
        label_en="How far weekly use strays from its mean over 12 weeks",
        label_ja="直近12週の週次利用量のばらつき（平均に対する平均絶対偏差）",
    ),
    Feature(
        name="weeks_since_peak_84d", group="usage", kind="count", unit="weeks", low=0, high=11,
        churn=1, expansion=-1, null_means=_IDLE,
        label_en="Weeks since the week of most use, of the last 12",
        label_ja="直近12週で最も利用が多かった週からの週数",
        phrase_en="The week of most use lies {value} weeks back",
        phrase_ja="最も利用が多かった週は{value}週前",
    ),
    Feature(
        name="events_to_peak_28d_84d", group="usage", kind="share", unit="share", low=0, high=1,
        churn=-1, expansion=1, null_means=_IDLE,
        label_en="Weekly use now against the best of the last 12 weeks",
        label_ja="直近12週で最も多かった週と比べた現在の週平均利用量",
    ),
)  # fmt: skip

_RECENT = 4


def measure(view: View) -> ir.Table:
    """Measure rhythm per account: one row per account and as_of with any use in 84 days."""
    weeks = view.weeks.filter(view.weeks.week < 12)
    level = weeks.group_by(KEYS).aggregate(**_sums(weeks))
    row = join_keyed(level, _against_the_whole(weeks, level))
    return row.select(
        *KEYS,
        "weeks_since_peak_84d",
        active_weeks_share_84d=row["_weeks"] / 12.0,
        # Least squares over 12 points: the weights 11 - 2 week, over twice 143.
        events_slope_84d=ratio(row["_leaning"] * 12, row["_total"] * 286),
        # A week without use strays by the whole mean.
        events_volatility_84d=ratio(
            row["_strayed"] + row["_total"] * (12 - row["_weeks"]), row["_total"] * 12
        ),
        events_to_peak_28d_84d=ratio(row["_events_recent"], row["_peak"] * _RECENT),
    )


def _sums(weeks: ir.Table) -> dict[str, ir.Value]:
    return {
        "_weeks": weeks.count(),
        "_total": weeks.n_events.sum().cast("int64"),
        "_leaning": (weeks.n_events * (11 - weeks.week * 2)).sum(),
        "_peak": weeks.n_events.max(),
        "_events_recent": sum_where(weeks.n_events, weeks.week < _RECENT),
    }


def _against_the_whole(weeks: ir.Table, level: ir.Table) -> ir.Table:
    beside = join_keyed(weeks, level.select(*KEYS, "_total", "_peak"))
    return beside.group_by(KEYS).aggregate(
        _strayed=(beside.n_events * 12 - beside["_total"]).abs().sum(),
        weeks_since_peak_84d=min_where(beside.week, beside.n_events == beside["_peak"]),
    )
