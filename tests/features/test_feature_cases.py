"""Features of the other tables as cases: given a few rows, expect these values at as_of 1 July."""

from collections.abc import Callable
from datetime import datetime

import pandas as pd
import pyarrow as pa
import pytest

from features import CATALOGUE

AS_OF = datetime(2024, 7, 1)
LATER = datetime(2024, 7, 29)
Frames = dict[str, pd.DataFrame]
TIMES = (
    "created_at", "deactivated_at", "opened_at", "resolved_at", "answered_at", "issued_at",
    "due_at", "paid_at", "happened_at", "requested_at", "term_end", "known_at",
)  # fmt: skip


def rows(**columns: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame(columns).assign(account_id="A1")
    times = {name: pd.to_datetime(frame[name], format="ISO8601") for name in TIMES if name in frame}
    return frame.assign(**times)


TICKETS = rows(
    ticket_id=["T1", "T2", "T3", "T4"],
    opened_at=["2024-06-10", "2024-06-12 09:00", "2024-06-20", "2024-01-01"],
    resolved_at=["2024-06-14", "2024-07-01", None, "2024-01-05"],
    severity=["urgent", "low", "high", "urgent"],
    csat=[4.0, 1.0, None, 2.0],
)
# Resolved and open again; resolved and resolved later; dated ahead and put right; resolved, later.
VERSIONS = rows(
    ticket_id=["T1", "T1", "T2", "T2", "T3", "T3", "T4", "T4"],
    opened_at=["2024-06-01"] * 8,
    resolved_at=["2024-06-04", None, "2024-06-04", "2024-06-10",
                 "2024-06-20", None, None, "2024-06-10"],
    known_at=["2024-06-05", "2024-06-08", None, "2024-07-01",
              None, "2024-06-08", "2024-06-05", "2024-06-12"],
)  # fmt: skip
INVOICES = rows(
    invoice_id=["I1", "I2", "I3"],
    issued_at=["2024-04-01", "2024-05-01", "2024-06-20"],
    due_at=["2024-05-01", "2024-06-01", "2024-07-20"],
    paid_at=["2024-05-03", "2024-07-01", None],
    amount=[100.0, 300.0, 50.0],
    failed_attempts=[1, 4, 0],
)
# Two unpaid invoices, of which one was corrected: its attempts are known by then.
CORRECTED = rows(
    invoice_id=["I1", "I1", "I2"],
    issued_at=["2024-06-01"] * 3,
    due_at=["2024-06-08"] * 3,
    paid_at=[None, None, "2024-08-01"],
    amount=[100.0] * 3,
    failed_attempts=[1, 3, 5],
    known_at=[None, "2024-07-01", None],
)
SURVEYS = rows(
    answered_at=["2024-02-01", "2024-03-01", "2024-06-01", "2024-06-01", "2024-06-11"],
    question=["nps", "nps", "nps", "nps", "culture"],
    score=[9.0, 8.0, 4.0, 5.0, 3.0],
)
ASKED = rows(
    answered_at=["2023-06-25", "2024-01-02", "2024-01-02", "2024-01-03"],
    question=["csat", "csat", "csat", "culture"],
    score=[2.0, 4.0, 5.0, 3.0],
)
TOUCHES = rows(
    touch_id=["C1", "C2", "C3"],
    happened_at=["2024-05-01", "2024-06-01", "2024-06-25"],
    touch_model=["high", "low", "tech"],
    channel=["call", None, "in_app"],
    inbound=[True, False, None],
)
USERS = rows(
    user_id=["A1-u1", "A1-u2", "A1-u3"],
    role=["champion", "member", "sponsor"],
    created_at=["2024-01-01"] * 3,
    deactivated_at=["2024-07-05", None, "2024-06-20"],
)
MILESTONES = rows(
    happened_at=["2024-02-01", "2024-03-01", "2024-07-01"],
    milestone=["goal_set", "goal_set", "user_ready"],
)
CONTRACTS = rows(
    change_id=["K1", "K2", "K3", "K4"],
    product_id=["core", "core", "extra", "core"],
    type=["new", "expansion", "new", "notice"],
    happened_at=["2023-06-01", "2024-06-01", "2024-02-01", "2024-06-20"],
    arr=[1000.0, 1500.0, 500.0, 0.0],
    seats=[5, 8, 2, 0],
    term_end=["2024-06-01", "2025-06-01", "2024-08-01", None],
    notice_days=[30, 30, 60, None],
)
CASES: list[tuple[str, pd.DataFrame, dict[str, tuple[object, object]]]] = [
    ("tickets", TICKETS, {
        "n_open_tickets": (2, 1),
        "n_tickets_84d": (3, 3),
        "n_urgent_tickets_84d": (2, 2),
        "days_to_resolve_84d": (4, (4 + 19) / 2),
        "ticket_csat_364d": (3, 7 / 3),
    }),
    ("tickets", VERSIONS, {"n_tickets_84d": (4, 4), "n_reopened_364d": (1, 2)}),
    ("tickets", TICKETS, {"n_reopened_364d": (None, None)}),
    ("invoices", INVOICES, {
        "days_overdue": (30, 9),
        "unpaid_share_364d": (300 / 400, 50 / 450),
        "n_failed_payments_364d": (1, 5),
    }),
    ("invoices", CORRECTED, {"n_failed_payments_364d": (0, 3)}),
    ("surveys", SURVEYS, {
        "nps_last": (4.5, 4.5),
        "nps_change": (-4.0, -4.0),
        "sentiment_364d": (3, 3),
        "days_since_answer": (20, 48),
    }),
    ("surveys", ASKED, {
        "survey_csat_last": (4.5, 4.5),
        "survey_csat_change": (2.5, 2.5),
        "survey_csat_364d": (4.5, 4.5),
        "sentiment_364d": (3, 3),
        "low_score_share_364d": (0, 0),
        # 180 and 208 days since the last answer.
        "has_stopped_answering": (0, 1),
    }),
    ("surveys", ASKED[:1], {
        "survey_csat_change": (None, None),
        "sentiment_364d": (None, None),
        # Beyond the year it has stopped all the same.
        "has_stopped_answering": (1, 1),
    }),
    ("touches", TOUCHES, {
        "n_touches_84d": (3, 2),
        "inbound_share_364d": (0.5, 0.5),
        "days_since_human_touch": (30, 58),
        "n_high_touches_84d": (1, 0),
        "n_low_touches_84d": (1, 1),
        "n_in_app_touches_84d": (1, 1),
    }),
    ("users", USERS, {
        "has_champion": (1, 0),
        "n_champions_left_84d": (1, 2),
        # The one champion who is there used it on 24 June; at the end of July none is there.
        "days_since_champion_use": (7, None),
    }),
    ("milestones", MILESTONES, {
        "n_milestones": (1, 2),
        # From 1 January to 1 February; never yet, so until as_of.
        "days_to_goal_set": (31, 31),
        "days_to_ambassador_named": (182, 210),
    }),
    ("contracts", CONTRACTS, {
        "arr": (2000, 2000),
        "n_seats": (10, 10),
        "arr_per_seat": (200, 200),
        "active_seat_share_28d": (0.1, 0),
        "arr_growth_364d": (2.0, 2.0),
        "days_to_renewal": (31, 3),
        "term_days_ending_14d_105d": (182, 0),
        "days_to_notice_deadline": (305, 277),
        "n_expansions_364d": (1, 1),
        "days_since_arr_change": (30, 58),
        "eligible": (False, False),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("table", "frame", "values"), CASES, ids=[case[0] for case in CASES])
def test_values(
    tiny: Frames,
    panel_of: Callable[..., pa.Table],
    table: str,
    frame: pd.DataFrame,
    values: dict[str, tuple[object, object]],
) -> None:
    used = tiny["usage"].assign(day=pd.Timestamp("2024-06-24"))
    panel = panel_of({**tiny, "usage": used, table: frame}, [AS_OF, LATER])
    for name, expected in values.items():
        assert panel[name].to_pylist() == [
            value if value is None else pytest.approx(value) for value in expected
        ], name


def test_percentiles_stand_within_peers(tiny: Frames, panel_of: Callable[..., pa.Table]) -> None:
    n = 24
    ids = [f"A{i:02d}" for i in range(n)]
    born = pd.Timestamp("2024-01-01")
    accounts = pd.DataFrame(
        {
            "account_id": ids,
            "created_at": born,
            # Twelve peers rank among themselves; three are too few and rank among all.
            "use_case": ["plan"] * 12 + ["rare"] * 3 + [None] * 9,
        }
    )
    contracts = pd.DataFrame(
        {
            "change_id": [f"K{i}" for i in range(n)],
            "account_id": ids,
            "type": "new",
            "happened_at": born,
            "arr": [float(100 + i) for i in range(n)],
        }
    )
    frames = {**tiny, "accounts": accounts, "contracts": contracts}
    frames["usage"] = tiny["usage"].assign(account_id="A00")
    ranks = panel_of(frames, [AS_OF])["arr_percentile"].to_pylist()
    assert ranks[:12] == [pytest.approx(i / 11) for i in range(12)]
    assert ranks[12:] == [pytest.approx(i / 23) for i in range(12, 24)]


def values_of(panel: pa.Table, *names: str) -> dict[str, object]:
    """Return the first row's values of some columns."""
    return {name: panel[name].to_pylist()[0] for name in names}


def test_rows_that_count_nothing_are_no_use(
    tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    days = pd.date_range("2024-06-03", "2024-06-30")
    padded = pd.DataFrame(
        {"account_id": "A1", "user_id": "A1-u1", "day": days, "feature": "f", "count": 0}
    )
    used = pd.DataFrame(
        {"account_id": "A1", "user_id": "A1-u1", "day": days[:1], "feature": "f", "count": 2}
    )
    panel = panel_of({**tiny, "usage": pd.concat([padded, used])}, [AS_OF])
    assert values_of(
        panel, "n_events_28d", "active_days_28d", "days_since_last_use", "n_power_users_28d"
    ) == {
        "n_events_28d": 2,
        "active_days_28d": 1,
        "days_since_last_use": 28,
        "n_power_users_28d": 0,
    }


def test_a_steady_young_account_has_not_grown(
    tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    days = pd.date_range(end="2024-06-30", periods=35)
    usage = pd.DataFrame({"account_id": "A1", "day": days, "feature": "f", "count": 3})
    usage["user_id"] = "A1-u1"
    trends = ("events_trend_28d_84d", "active_days_trend_28d_84d", "events_trend_7d_28d")
    panel = panel_of({**tiny, "usage": usage}, [AS_OF])
    assert values_of(panel, *trends) == dict.fromkeys(trends, 1.0)


def test_a_champion_who_is_a_guest_elsewhere_is_not_theirs(
    tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    both = pd.DataFrame({"account_id": ["A1", "A2"], "created_at": pd.Timestamp("2024-01-01")})
    guest = (
        tiny["usage"]
        .iloc[:1]
        .assign(account_id="A2", user_id="A1-u1", day=pd.Timestamp("2024-06-24"))
    )
    frames = {**tiny, "accounts": both, "users": USERS, "usage": guest}
    assert panel_of(frames, [AS_OF])["days_since_champion_use"].to_pylist() == [None, None]


def test_who_is_alone_has_no_percentile(tiny: Frames, panel_of: Callable[..., pa.Table]) -> None:
    assert panel_of(tiny, [AS_OF])["arr_percentile"].to_pylist() == [None]


def test_no_core_feature_is_no_coverage(tiny: Frames, panel_of: Callable[..., pa.Table]) -> None:
    modules = pd.DataFrame({"feature": ["f"], "module": ["m"], "is_core": [True]})
    one, none = modules, modules.assign(is_core=False)
    found = [
        panel_of({**tiny, "modules": each}, [LATER])["core_coverage_28d"].to_pylist()
        for each in (one, none)
    ]
    assert found == [[0.0], [None]]


def test_what_is_divided_by_no_seats_says_so(
    tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    # Users and use are there, so that nothing but the seats can leave a cell empty.
    user = {"user_id": "A1-u1", "created_at": pd.Timestamp("2024-01-01")}
    users = pd.DataFrame([{"account_id": "A1", "role": "member", **user}])
    frames = {**tiny, "users": users, "contracts": tiny["contracts"].assign(seats=0)}
    (row,) = panel_of(frames, [AS_OF]).to_pylist()
    silent = {f.name for f in CATALOGUE.group("seats") if "no seats bought" in f.null_means}
    assert {f.name for f in CATALOGUE.group("seats") if row[f.name] is None} == silent
    assert (row["n_seats"], row["n_seats_over_28d"], row["n_unused_seats_28d"]) == (0, 0, 0)
