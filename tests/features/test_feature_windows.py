"""Windows are half-open and end at as_of: [as_of - 28 days, as_of)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import as_of_grid
from features.errors import PanelError
from features.label_window import at_midnight

AS_OF = datetime(2024, 7, 1)
Frames = dict[str, pd.DataFrame]
Build = Callable[..., pa.Table]


def with_use(tiny: Frames, *days: datetime, **columns: object) -> Frames:
    rows = pd.DataFrame({"day": pd.to_datetime(list(days))})
    rows = rows.assign(account_id="A1", user_id="A1-u1", feature="f1", count=1, **columns)
    return {**tiny, "usage": rows}


@pytest.mark.parametrize(
    ("moment", "counted"),
    [
        (AS_OF - timedelta(days=28, microseconds=1), 0),
        (AS_OF - timedelta(days=28), 1),
        (AS_OF - timedelta(microseconds=1), 1),
        (AS_OF, 0),
    ],
)
def test_ends_of_the_window(tiny: Frames, panel_of: Build, moment: datetime, counted: int) -> None:
    row = panel_of(with_use(tiny, moment), [AS_OF])
    assert row["n_events_28d"].to_pylist() == [counted]
    assert row["n_active_users_28d"].to_pylist() == [counted]
    assert row["n_features_used_28d"].to_pylist() == [counted]


def test_an_account_has_a_row_once_known(tiny: Frames, panel_of: Build) -> None:
    born = datetime(2024, 1, 1)
    assert panel_of(tiny, [born]).num_rows == 0
    assert panel_of(tiny, [born + timedelta(days=1)]).num_rows == 1


@pytest.mark.parametrize(("as_of", "counted"), [(AS_OF, 0), (AS_OF + timedelta(days=1), 1)])
def test_late_use_counts_once_it_arrived(
    tiny: Frames, panel_of: Build, as_of: datetime, counted: int
) -> None:
    arrived = pd.Timestamp(AS_OF)
    late = with_use(tiny, AS_OF - timedelta(days=5), known_at=[arrived])
    assert panel_of(late, [as_of])["n_events_28d"].to_pylist() == [counted]


def test_a_late_row_of_a_known_day_is_no_second_day(tiny: Frames, panel_of: Build) -> None:
    day = AS_OF - timedelta(days=3)
    known = [pd.NaT, pd.Timestamp(AS_OF - timedelta(days=1))]
    panel = panel_of(with_use(tiny, day, day, known_at=known), [AS_OF])
    assert panel["n_events_28d"].to_pylist() == [2]
    assert panel["active_days_28d"].to_pylist() == [1]
    assert panel["stickiness_28d"].to_pylist() == [1 / 28]


def test_newest_known_attributes_count(tiny: Frames, panel_of: Build) -> None:
    born = pd.Timestamp("2024-01-01")
    accounts = pd.DataFrame(
        {
            "account_id": ["A1", "A1"],
            "created_at": [born, born],
            "segment": ["smb", "mid"],
            "known_at": [pd.NaT, pd.Timestamp(AS_OF)],
        }
    )
    panel = panel_of({**tiny, "accounts": accounts}, [AS_OF, AS_OF + timedelta(days=1)])
    assert panel["segment"].to_pylist() == ["smb", "mid"]


def test_pauses_and_recency(tiny: Frames, panel_of: Build) -> None:
    days = [AS_OF - timedelta(days=age) for age in (100, 50, 49, 8)]
    panel = panel_of(with_use(tiny, *days), [AS_OF])
    assert panel["days_since_last_use"].to_pylist() == [8]
    # Between ages 49 and 8 lie 40 days without use; the pause before age 50 is cut at 84.
    assert panel["longest_idle_days_84d"].to_pylist() == [40]
    assert panel["active_weeks_share_84d"].to_pylist() == [pytest.approx(3 / 12)]


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    first=st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
    days=st.integers(0, 900),
    step=st.integers(1, 100),
)
def test_grid_walks_in_whole_steps(first: datetime, days: int, step: int) -> None:
    start = datetime(first.year, first.month, first.day)
    grid = as_of_grid(start, start + timedelta(days=days), step)
    assert grid[0] == start
    assert {b - a for a, b in pairwise(grid)} <= {timedelta(days=step)}
    assert start + timedelta(days=days) - grid[-1] < timedelta(days=step)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(day=st.dates(), hours=st.integers(-12, 12))
def test_as_of_means_utc(day: object, hours: int) -> None:
    plain = datetime.fromisoformat(str(day)).replace(year=2024, day=1)
    zoned = plain.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    assert at_midnight(zoned) == plain == at_midnight(plain)


def test_as_of_off_midnight_is_refused(tiny: Frames, panel_of: Build) -> None:
    with pytest.raises(PanelError, match="00:00 UTC"):
        panel_of(tiny, [AS_OF + timedelta(hours=1)])
    with pytest.raises(PanelError, match="twice"):
        panel_of(tiny, [AS_OF, AS_OF])
    with pytest.raises(PanelError, match="no as_of"):
        panel_of(tiny, [])
