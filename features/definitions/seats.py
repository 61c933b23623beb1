"""Seats: how much of what was bought is in use; the clearest sign of room, or of waste.

Computed row by row from people and contract.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import only, ratio
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

_SEATS = ("contracts.seats",)
_NONE = "no paying contract, or no seats written down"
# What is divided by the seats is unknown too where none were bought.
_NO_SEATS = "no paying contract, no seats written down, or no seats bought"

FEATURES = (
    Feature(
        name="n_seats", group="seats", kind="count", unit="seats", low=0, null_means=_NONE,
        needs=_SEATS, label_en="Seats bought", label_ja="契約シート数",
    ),
    Feature(
        name="active_seat_share_28d", group="seats", kind="share", unit="share", low=0,
        churn=-1, expansion=1, null_means=_NO_SEATS, needs=(*_SEATS, "usage.user_id"),
        label_en="Share of seats in use", label_ja="シート稼働率",
        phrase_en="{value} of the seats bought are in use", phrase_ja="契約シートの{value}が稼働",
    ),
    Feature(
        name="assigned_seat_share", group="seats", kind="share", unit="share", low=0,
        churn=-1, expansion=1, null_means=_NO_SEATS, needs=(*_SEATS, "users"),
        label_en="Share of seats assigned", label_ja="シート割当率",
        phrase_en="{value} of the seats bought are assigned",
        phrase_ja="契約シートの{value}が割当済み",
    ),
    Feature(
        name="n_seats_over_28d", group="seats", kind="count", unit="seats", low=0,
        expansion=1, null_means=_NONE, needs=(*_SEATS, "usage.user_id"),
        label_en="Active users beyond the seats bought", label_ja="契約シートを超える利用者数",
        phrase_en="{value} active users beyond the seats bought",
        phrase_ja="契約シートを{value}人超過",
    ),
    Feature(
        name="events_per_seat_28d", group="seats", kind="number", unit="events per seat", low=0,
        churn=-1, expansion=1, null_means=_NO_SEATS, needs=_SEATS,
        label_en="Use per seat in the last 28 days", label_ja="1シートあたりの直近28日間の利用回数",
    ),
    Feature(
        name="arr_per_seat", group="seats", kind="money", unit="money per year", low=0,
        null_means=_NO_SEATS, needs=_SEATS,
        label_en="ARR per seat", label_ja="1シートあたりのARR",
    ),
    Feature(
        name="n_unused_seats_28d", group="seats", kind="count", unit="seats", low=0, churn=1,
        expansion=-1, null_means=_NONE, needs=(*_SEATS, "usage.user_id"),
        label_en="Seats bought that nobody used in 28 days",
        label_ja="直近28日間に使われていない契約シート数",
        phrase_en="{value} seats bought are not in use",
        phrase_ja="契約シートのうち{value}席が未使用",
    ),
    Feature(
        name="unused_seat_arr_28d", group="seats", kind="money", unit="money per year", low=0,
        churn=1, expansion=-1, null_means=_NO_SEATS, needs=(*_SEATS, "usage.user_id"),
        label_en="ARR paid for seats not in use", label_ja="未使用シートに支払われているARR",
    ),
    Feature(
        name="n_unassigned_seats", group="seats", kind="count", unit="seats", low=0, churn=1,
        expansion=-1, null_means=_NONE, needs=(*_SEATS, "users"),
        label_en="Seats bought but not assigned", label_ja="未割当の契約シート数",
        phrase_en="{value} seats bought are not assigned",
        phrase_ja="契約シートのうち{value}席が未割当",
    ),
    Feature(
        name="active_assigned_ratio_28d", group="seats", kind="number", unit="ratio", low=0,
        churn=-1, expansion=1, null_means="no user with an account",
        needs=("users", "usage.user_id"),
        label_en="Active users against users with an account",
        label_ja="登録ユーザーに対するアクティブユーザーの割合",
    ),
    Feature(
        name="seat_growth_84d", group="seats", kind="number", unit="ratio", low=0, churn=-1,
        null_means="no seats bought 84 days before, or no seats written down then or now",
        needs=_SEATS,
        label_en="Seats bought against 12 weeks before", label_ja="12週間前と比べた契約シート数",
        phrase_en="Seats bought are {value} of 12 weeks before",
        phrase_ja="契約シート数は12週間前の{value}",
    ),
)  # fmt: skip


def derive(panel: ir.Table) -> dict[str, ir.Value]:
    """Derive the seat columns of a panel that holds people, contract and usage."""
    import ibis

    seats = panel.n_seats
    active = panel.n_active_users_28d
    over = ibis.greatest(active - seats, 0)
    unused = only(ibis.greatest(seats - active, 0), seats.notnull())
    unassigned = ibis.greatest(seats - panel.n_users, 0)
    return {
        "active_seat_share_28d": ratio(active, seats),
        "assigned_seat_share": ratio(panel.n_users, seats),
        "n_seats_over_28d": only(over, seats.notnull()),
        "events_per_seat_28d": ratio(panel.n_events_28d, seats),
        "arr_per_seat": ratio(panel.arr, seats),
        "n_unused_seats_28d": unused,
        "unused_seat_arr_28d": ratio(panel.arr * unused, seats),
        "n_unassigned_seats": only(unassigned, seats.notnull()),
        "active_assigned_ratio_28d": ratio(active, panel.n_users),
        "seat_growth_84d": ratio(seats, panel["_seats_84d_ago"]),
    }
