"""Usage features against a second implementation in plain pandas, row by row of the raw table."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest

AS_OF = [datetime(2024, 8, 5), datetime(2025, 2, 3)]
Frames = dict[str, pd.DataFrame]


def window(usage: pd.DataFrame, as_of: datetime, first: int, last: int = 0) -> pd.DataFrame:
    """Return the use in ``[as_of - first, as_of - last)`` days that was known before as_of."""
    known = usage.known_at.fillna(usage.day) < as_of
    inside = (usage.day >= as_of - timedelta(days=first)) & (
        usage.day < as_of - timedelta(days=last)
    )
    return usage[known & inside]


def expected(frames: Frames, account_id: str, as_of: datetime) -> dict[str, float | None]:
    usage = frames["usage"][frames["usage"].account_id == account_id]
    w28, w84, w364 = (window(usage, as_of, days) for days in (28, 84, 364))
    prior = window(usage, as_of, 84, 28)
    users = w28.groupby("user_id")
    before, now = set(prior.user_id.dropna()), set(w28.user_id.dropna())
    modules = frames["modules"].set_index("feature")
    core = w28[w28.feature.map(modules.is_core).fillna(False).astype(bool)]
    month_ago = set(window(usage, as_of, 56, 28).user_id.dropna())
    return {
        "n_events_28d": w28["count"].sum(),
        "active_days_28d": w28.day.nunique(),
        "days_since_last_use": (as_of - w364.day.max()).days if len(w364) else None,
        "events_trend_28d_84d": share(w28["count"].sum() / 28, prior["count"].sum() / 56),
        "active_weeks_share_84d": ((as_of - w84.day).dt.days.sub(1) // 7).nunique() / 12
        if len(w364)
        else 0.0,
        "n_features_used_28d": (w28.groupby("feature")["count"].sum() > 0).sum(),
        "n_modules_used_28d": w28[w28["count"] > 0].feature.map(modules.module).nunique(),
        "core_share_28d": share(core["count"].sum(), w28["count"].sum()),
        "n_active_users_28d": len(now),
        "active_users_trend_28d_56d": share(len(now), len(month_ago)),
        "stickiness_28d": share(users.day.nunique().sum() / 28, len(now)),
        "power_user_share_28d": share((users.day.nunique() >= 12).sum(), len(now)),
        "top_user_share_28d": share(
            users["count"].sum().max() if now else 0, users["count"].sum().sum()
        ),
        "lost_user_share_28d_84d": share(len(before - now), len(before)),
    }


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def test_usage_equals_the_plain_reading(
    small_company: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    rows = panel_of(small_company, AS_OF).to_pylist()
    compared = 0
    for row in rows:
        for name, value in expected(small_company, row["account_id"], row["as_of"]).items():
            at = (name, row["account_id"], row["as_of"])
            if value is None:
                assert row[name] is None, at
            else:
                assert row[name] == pytest.approx(value, rel=1e-12), at
            compared += 1
    assert compared > 700
