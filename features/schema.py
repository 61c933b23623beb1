"""The raw tables a user brings, declared once: types, keys, own times, allowed values, ranges.

The convention that matters: times are UTC, and a row counts from its own time (``Table.time``)
unless it carries a later ``known_at``. The words are those of ``contract/tables.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["string", "timestamp", "int", "float", "bool"]


@dataclass(frozen=True)
class Column:
    """One declared column; ``clock`` is the column from whose time a changeable value counts.

    With ``told_again`` it counts also from when a later version of its row is known, which was
    written knowing it.
    """

    name: str
    type: ColumnType = "string"
    required: bool = False
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    clock: str | None = None
    told_again: bool = False
    alias: str | None = None


@dataclass(frozen=True)
class Table:
    """One declared table; ``time`` is its own time, None for tables outside time."""

    name: str
    columns: tuple[Column, ...]
    time: str | None = None
    key: tuple[str, ...] = ()
    required: bool = False

    def column(self, name: str) -> Column:
        """Return the declared column of this name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def may_be_corrected(self) -> bool:
        """Whether a key may come again with a later ``known_at``: the newest known row counts."""
        return self.name == "accounts" or any(column.clock for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the declared columns, in declared order."""
        return tuple(column.name for column in self.columns)


def _id(name: str, *, required: bool = True) -> Column:
    return Column(name, required=required)


def _time(
    name: str, *, required: bool = False, clock: str | None = None, alias: str | None = None
) -> Column:
    return Column(name, "timestamp", required=required, clock=clock, alias=alias)


def _count(name: str, *, clock: str | None = None, told_again: bool = False) -> Column:
    return Column(name, "int", low=0, clock=clock, told_again=told_again)


KNOWN_AT = Column("known_at", "timestamp")
ACCOUNT = _id("account_id")
CHANGE_TYPES = ("new", "renewal", "expansion", "contraction", "notice", "churn", "reactivation")
CHANNELS = ("meeting", "call", "email", "webinar", "in_app", "training", "community")

_TABLES = (
    Table(
        "accounts",
        (
            ACCOUNT,
            Column("name"),
            _time("created_at", required=True),
            *(Column(name) for name in ("segment", "industry", "country", "language")),
            _count("employees"),
            *(Column(name) for name in ("use_case", "parent_id", "partner_id", "csm_id")),
            KNOWN_AT,
        ),
        time="created_at",
        key=("account_id",),
        required=True,
    ),
    Table(
        "contracts",
        (
            _id("change_id"),
            ACCOUNT,
            _id("product_id", required=False),
            Column("type", required=True, values=CHANGE_TYPES),
            _time("happened_at", required=True),
            _time("requested_at"),
            Column("arr", "float", required=True, low=0),
            _count("seats"),
            _time("term_end"),
            Column("auto_renew", "bool"),
            _count("notice_days"),
            Column("plan"),
            Column("voluntary", "bool"),
            Column("reason"),
            KNOWN_AT,
        ),
        time="happened_at",
        key=("change_id",),
        required=True,
    ),
    Table(
        "usage",
        (
            ACCOUNT,
            _id("user_id", required=False),
            _time("day", required=True, alias="happened_at"),
            Column("feature", required=True),
            _count("count"),
            KNOWN_AT,
        ),
        time="day",
        required=True,
    ),
    Table(
        "users",
        (
            _id("user_id"),
            ACCOUNT,
            Column("role", values=("member", "admin", "champion", "sponsor")),
            _time("created_at", required=True),
            _time("deactivated_at", clock="deactivated_at"),
            KNOWN_AT,
        ),
        time="created_at",
        key=("user_id",),
    ),
    Table(
        "modules",
        (
            _id("feature"),
            Column("module", required=True),
            Column("is_core", "bool"),
            Column("is_advanced", "bool"),
        ),
        key=("feature",),
    ),
    Table(
        "tickets",
        (
            _id("ticket_id"),
            ACCOUNT,
            _time("opened_at", required=True),
            _time("resolved_at", clock="resolved_at"),
            Column("severity", values=("low", "normal", "high", "urgent")),
            Column("csat", "float", low=1, high=5, clock="resolved_at"),
            KNOWN_AT,
        ),
        time="opened_at",
        key=("ticket_id",),
    ),
    Table(
        "surveys",
        (
            ACCOUNT,
            _id("user_id", required=False),
            _time("answered_at", required=True),
            Column("question", required=True),
            Column("score", "float", required=True),
            KNOWN_AT,
        ),
        time="answered_at",
    ),
    Table(
        "invoices",
        (
            _id("invoice_id"),
            ACCOUNT,
            _time("issued_at", required=True),
            _time("due_at", required=True),
            _time("paid_at", clock="paid_at"),
            Column("amount", "float", required=True, low=0),
            # How often a payment failed is final only once it is paid: it counts from paid_at, or
            # from a correction of the invoice.
            _count("failed_attempts", clock="paid_at", told_again=True),
            KNOWN_AT,
        ),
        time="issued_at",
        key=("invoice_id",),
    ),
    Table(
        "milestones",
        (
            ACCOUNT,
            _time("happened_at", required=True),
            Column("milestone", required=True),
            KNOWN_AT,
        ),
        time="happened_at",
    ),
    Table(
        "touches",
        (
            _id("touch_id"),
            ACCOUNT,
            _time("happened_at", required=True),
            Column("touch_model", required=True, values=("high", "low", "tech", "community")),
            Column("channel", values=CHANNELS),
            Column("playbook"),
            _id("csm_id", required=False),
            _count("minutes"),
            Column("inbound", "bool"),
            Column("assignment", values=("policy", "random", "override")),
            Column("propensity", "float", low=0, high=1),
            Column("arm", values=("treat", "hold_out")),
            KNOWN_AT,
        ),
        time="happened_at",
        key=("touch_id",),
    ),
    Table(
        "csms",
        (
            _id("csm_id"),
            Column("name", required=True),
            Column("tier"),
            Column("hours_per_quarter", "float", low=0),
            Column("languages"),
            Column("partner_id"),
            _time("from"),
            _time("to"),
        ),
        key=("csm_id",),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
REQUIRED: tuple[str, ...] = tuple(table.name for table in _TABLES if table.required)

# Scales of survey questions: the Net Promoter question, and every other question.
NPS_SCALE = (0.0, 10.0)
SENTIMENT_SCALE = (1.0, 5.0)
