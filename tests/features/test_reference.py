"""Every feature against a slow second reading of the raw rows, one account at a time."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain

import pandas as pd
import pyarrow as pa
import pytest
from reference_contract import contract, contract_history, eligible, money, seats
from reference_usage import breadth, people, rhythm, roles, usage
from reference_view import Value, seen_at
from reference_voice import account, readiness, relationship, sentiment, support

from features import CATALOGUE

AS_OF = (datetime(2024, 3, 4), datetime(2024, 8, 5), datetime(2025, 3, 3))
READINGS = (
    usage, rhythm, breadth, people, roles, seats, contract, contract_history, money, support,
    sentiment, readiness, relationship, account, eligible,
)  # fmt: skip
RANKED = {
    "usage_percentile": "n_events_28d",
    "arr_percentile": "arr",
    "active_users_percentile": "n_active_users_28d",
    "stickiness_percentile": "stickiness_28d",
    "active_seat_share_percentile": "active_seat_share_28d",
    "events_per_seat_percentile": "events_per_seat_28d",
    "features_used_percentile": "n_features_used_28d",
    "events_trend_percentile": "events_trend_28d_84d",
    "arr_per_seat_percentile": "arr_per_seat",
}
Row = dict[str, Value]


def rows_at(frames: dict[str, pd.DataFrame], as_of: datetime, ids: Iterable[str]) -> list[Row]:
    """Return the reference rows of every account known at as_of."""
    rows = []
    for account_id in ids:
        seen = seen_at(frames, account_id, as_of)
        if seen is not None:
            values = dict(chain.from_iterable(reading(seen) for reading in READINGS))
            rows.append({"account_id": account_id, "as_of": as_of, **values})
    for row in rows:
        for name, of in RANKED.items():
            row[name] = percentile(rows, row, of, [("use_case", "segment"), ("use_case",)])
    return rows


def percentile(rows: list[Row], row: Row, of: str, groups: list[tuple[str, ...]]) -> Value:
    paying = [r for r in rows if r["arr"] > 0 and r[of] is not None]
    if row not in paying:
        return None
    peers = paying
    for names in reversed(groups):
        same = [r for r in paying if all(r[n] is not None and r[n] == row[n] for n in names)]
        peers = same if len(same) >= 10 else peers
    below = sum(r[of] < row[of] for r in peers)
    return below / (len(peers) - 1) if len(peers) > 1 else None


def differences(panel: pa.Table, expected: list[Row]) -> list[tuple[object, ...]]:
    """Return every cell that differs by more than a rounding."""
    found = panel.to_pylist()
    assert [r["account_id"] for r in found] == [r["account_id"] for r in expected]
    wrong = []
    for row, reading in zip(found, expected, strict=True):
        for name in (*CATALOGUE.names, "eligible"):
            value, want = row[name], reading[name]
            same = value == want or (
                value is not None
                and want is not None
                and not isinstance(value, str)
                and value == pytest.approx(float(want), rel=1e-9, abs=1e-9)
            )
            if not same:
                wrong.append((name, row["account_id"], row["as_of"], value, want))
    return wrong


def test_every_feature_agrees(
    small_company: dict[str, pd.DataFrame], panel_of: Callable[..., pa.Table]
) -> None:
    ids = sorted(set(small_company["accounts"].account_id))
    expected = [row for as_of in AS_OF for row in rows_at(small_company, as_of, ids)]
    assert set(expected[0]) == {"account_id", "as_of", *CATALOGUE.names, "eligible"}
    assert differences(panel_of(small_company, AS_OF), expected) == []
    assert len(expected) * len(CATALOGUE) > 10_000
