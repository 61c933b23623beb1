"""Windows at their edges, drawn: leap days, midnights, rows of the same instant."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import build_panel, open_source

Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]
# Around a leap day, a year's end, and days on which clocks are moved in Europe and America.
ANCHORS = (
    datetime(2024, 2, 29), datetime(2024, 3, 1), datetime(2025, 3, 1), datetime(2024, 12, 31),
    datetime(2024, 3, 31), datetime(2024, 11, 3), datetime(2023, 2, 28),
)  # fmt: skip
EDGES = (1, 7, 8, 28, 29, 56, 57, 84, 85, 364, 365)
SLIVERS = (
    timedelta(0), timedelta(microseconds=-1), timedelta(microseconds=1),
    timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999),
)  # fmt: skip
moments = st.tuples(st.sampled_from(EDGES), st.sampled_from(SLIVERS))


def account_with(rows: list[datetime]) -> Frames:
    born = pd.Timestamp("2020-01-01")
    account = {"account_id": "A1", "created_at": born}
    change = {"change_id": "K1", "account_id": "A1", "type": "new", "happened_at": born, "arr": 1.0}
    times = pd.Series(pd.to_datetime(rows)).astype("datetime64[us]")
    ids = [f"T{i}" for i in range(len(rows))]
    return {
        "accounts": pd.DataFrame([account]),
        "contracts": pd.DataFrame([change]),
        "usage": pd.DataFrame(
            {"account_id": "A1", "user_id": "u1", "day": times, "feature": "f", "count": 1}
        ),
        "tickets": pd.DataFrame({"ticket_id": ids, "account_id": "A1", "opened_at": times}),
        "touches": pd.DataFrame(
            {"touch_id": ids, "account_id": "A1", "happened_at": times, "touch_model": "high"}
        ),
        "surveys": pd.DataFrame(
            {"account_id": "A1", "answered_at": times, "question": "nps", "score": 7.0}
        ),
    }


def panel_row(frames: Frames, as_of: datetime, write: Write, folder: Path) -> dict[str, object]:
    with open_source(write(frames, folder)) as source:
        return build_panel(source, [as_of]).to_pylist()[0]


@settings(
    deadline=None, derandomize=True, max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(as_of=st.sampled_from(ANCHORS), drawn=st.lists(moments, min_size=1, max_size=12))
def test_a_window_holds_what_lies_in_it(
    as_of: datetime, drawn: list[tuple[int, timedelta]], write: Write, tmp_path: Path
) -> None:
    rows = [as_of - timedelta(days=edge) + sliver for edge, sliver in drawn]
    row = panel_row(account_with(rows), as_of, write, tmp_path)

    def inside(days: int) -> list[datetime]:
        return [at for at in rows if as_of - timedelta(days=days) <= at < as_of]

    for days, events in ((7, "n_events_7d"), (28, "n_events_28d"), (84, "n_events_84d")):
        assert row[events] == len(inside(days))
    assert row["active_days_28d"] == len({at.date() for at in inside(28)})
    assert row["active_days_84d"] == len({at.date() for at in inside(84)})
    assert row["n_active_users_7d"] == bool(inside(7))
    assert row["n_active_users_84d"] == bool(inside(84))
    for days in (28, 84):
        assert row[f"n_tickets_{days}d"] == len(inside(days))
    assert row["n_touches_84d"] == len(inside(84))
    assert row["n_answers_364d"] == len(inside(364))
    weekdays = Counter(at.weekday() < 5 for at in inside(28))
    share = weekdays[True] / len(inside(28)) if inside(28) else None
    assert row["weekday_share_28d"] == (share if share is None else pytest.approx(share))


def test_rows_of_one_instant_have_one_order(
    tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    # Two changes of one product at the same instant: the later known one is in force; known at
    # the same time too, the larger id decides, whatever the order of the rows.
    at = pd.Timestamp("2024-03-01")
    known = [pd.Timestamp("2024-03-03"), pd.Timestamp("2024-03-02"), pd.Timestamp("2024-03-03")]
    changes = pd.DataFrame(
        {
            "change_id": ["K2", "K3", "K1"],
            "account_id": "A1",
            "type": ["expansion", "contraction", "expansion"],
            "happened_at": at,
            "arr": [20.0, 30.0, 10.0],
            "known_at": known,
        }
    )
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        panel = panel_of({**tiny, "contracts": changes.iloc[order]}, [datetime(2024, 7, 1)])
        assert panel["arr"].to_pylist() == [20.0]


def test_a_leap_day_is_a_day(write: Write, tmp_path: Path) -> None:
    as_of = datetime(2024, 3, 28)
    for number, (first, counted) in enumerate(
        ((datetime(2024, 2, 29), 1), (datetime(2024, 2, 28, 23, 59, 59, 999_999), 0))
    ):
        row = panel_row(account_with([first]), as_of, write, tmp_path / str(number))
        assert row["n_events_28d"] == counted
        assert row["days_since_last_use"] == (28 if counted else 29)
