"""Use now against the account's own past: how many standard deviations it lies from it.

Now is the mean of the last 4 weeks; the past are the 26 weeks before them, fewer for an account
whose first use (of 364 days) lies less far back. A week without use counts as 0. The score is cut
at 10 on both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, only, ratio, sum_where
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_SHORT_PAST = "fewer than 8 weeks since first use before the last 4, or the same in all of them"

FEATURES = (
    Feature(
        name="events_z_28d_210d", group="relative", kind="number", unit="standard deviations",
        low=-10, high=10, churn=-1, expansion=1, null_means=_SHORT_PAST,
        label_en="Use of the last 4 weeks against its own 26 weeks before",
        label_ja="自社の過去26週と比べた直近4週の利用量（標準偏差単位）",
    ),
    Feature(
        name="active_days_z_28d_210d", group="relative", kind="number",
        unit="standard deviations", low=-10, high=10, churn=-1, expansion=1,
        null_means=_SHORT_PAST,
        label_en="Days with use in the last 4 weeks against its own 26 weeks before",
        label_ja="自社の過去26週と比べた直近4週の利用日数（標準偏差単位）",
    ),
    Feature(
        name="daily_users_z_28d_210d", group="relative", kind="number",
        unit="standard deviations", low=-10, high=10, churn=-1, expansion=1,
        null_means=_SHORT_PAST, needs=("usage.user_id",),
        label_en="Users per day in the last 4 weeks against its own 26 weeks before",
        label_ja="自社の過去26週と比べた直近4週の1日あたりユーザー数（標準偏差単位）",
    ),
)  # fmt: skip

_RECENT, _PAST, _FEWEST = 4, 26, 8
_LIMIT = 10.0


def measure(view: View) -> ir.Table:
    """Sum weeks per account for ``derive``: one row per account and as_of with use in 210 days."""
    weeks = view.weeks
    return weeks.group_by(KEYS).aggregate(
        **_moments(weeks, weeks.n_events, "_events"),
        **_moments(weeks, weeks.n_days, "_days"),
        **_moments(weeks, weeks.n_user_days, "_users"),
    )


def derive(panel: ir.Table) -> dict[str, ir.Value]:
    """Derive the z-scores from the sums and from how long the account was seen."""
    return {
        "events_z_28d_210d": _z(panel, "_events"),
        "active_days_z_28d_210d": _z(panel, "_days"),
        "daily_users_z_28d_210d": _z(panel, "_users"),
    }


def _moments(weeks: ir.Table, value: ir.IntegerValue, name: str) -> dict[str, ir.Value]:
    recent = weeks.week < _RECENT
    past = ~recent & (weeks.week < _RECENT + _PAST)
    # Squares of counts outgrow 64 bits; decimals keep the sum exact in any order.
    exact = value.cast("decimal(18, 0)")
    return {
        f"{name}_recent": sum_where(value, recent).cast("float64"),
        f"{name}_past": sum_where(value, past).cast("float64"),
        f"{name}_squares": sum_where(exact * exact, past).cast("float64"),
    }


def _z(panel: ir.Table, name: str) -> ir.FloatingValue:
    """Return (mean of 4 weeks - mean of n past weeks) / their standard deviation."""
    import ibis

    n = ibis.least(panel["_weeks_seen"] - _RECENT, _PAST).cast("float64")
    past = panel[f"{name}_past"]
    squares = n * panel[f"{name}_squares"] - past * past
    spread = ibis.greatest(squares, 0.0).sqrt()
    z = ratio(n * panel[f"{name}_recent"] / _RECENT - past, spread)
    # Where it is known: the smaller of a number and null would be the number.
    bounded = ibis.greatest(ibis.least(z, _LIMIT), -_LIMIT)
    return only(bounded, (n >= _FEWEST) & (squares > 0))
