"""Invoices: one per term or month, some paid late, some that fail again and again.

Lateness follows budget shocks; a payment lost for good is an invoice that is never paid.
"""

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Bools, Floats, Ints, stream
from simulator.history import History
from simulator.ledger import KINDS
from simulator.population import Population
from simulator.tables import maybe, numbered, table, words
from simulator.timeline import Timeline

_BILLED = [KINDS.index(kind) for kind in ("new", "renewal", "reactivation")]
_MONTHLY_DUE, _YEARLY_DUE = 7, 30


def invoices_table(people: Population, history: History, line: Timeline, *, seed: int) -> pa.Table:
    """Return the invoices of one chunk: one per product whenever a term begins."""
    rng = stream(seed, "invoices", people.chunk)
    rows = history.changes
    billed = np.isin(rows.kind, _BILLED)
    account, issued, arr = rows.account[billed], rows.happened[billed], rows.arr[billed]
    monthly = history.term_months[account] == 1
    due = issued + np.where(monthly, _MONTHLY_DUE, _YEARLY_DUE).astype("timedelta64[D]")
    day = (issued - line.first).astype(np.int64)
    attempts, fails_until, lost = _failing(history, account, day, monthly)
    paid_day = _paid_day(rng, history, account, day, monthly)
    paid = line.first + np.where(attempts > 0, fails_until, paid_day).astype("timedelta64[D]")
    end = line.first + line.n_days
    return table(
        "invoices",
        {
            "invoice_id": numbered("I", people.chunk, len(account)),
            "account_id": words(account, people.account_id),
            "issued_at": issued,
            "due_at": due,
            "paid_at": maybe(paid, (paid < end) & ~lost),
            "amount": np.round(arr / np.where(monthly, 12, 1), 2),
            "failed_attempts": attempts,
        },
    )


def _failing(
    history: History, account: Ints, day: Ints, monthly: Bools
) -> tuple[Ints, Ints, Bools]:
    """Return attempts that failed, the day a failure ended, and whether it was for good.

    A spell of failing payments hits the invoice issued last before it and those within it.
    """
    spells = history.failures
    attempts, until = np.zeros((2, len(day)), np.int64)
    lost = np.zeros(len(day), np.bool_)
    for who, began, ended, for_good in zip(*vars(spells).values(), strict=True):
        mine = (account == who) & monthly
        begin, end = DAYS_PER_WEEK * began, DAYS_PER_WEEK * ended
        hit = mine & (day > begin) & (day < end)
        attempts[hit] = 3  # the same for spells that end well: the row must not tell the end
        until[hit], lost[hit] = end, for_good
    return attempts, until, lost


def _paid_day(
    rng: np.random.Generator, history: History, account: Ints, day: Ints, monthly: Bools
) -> Floats:
    """Return the day of payment: cards at once, transfers near the due date or later."""
    week = np.clip(day // DAYS_PER_WEEK, 0, history.weekly.arr.shape[1] - 1)
    strained = history.weekly.shocked[account, week] & (day >= 0)
    late = rng.random(len(day)) < np.where(strained, 0.45, 0.10)
    wait = np.where(late, 35 + 20 * rng.exponential(size=len(day)), 8 + 20 * rng.random(len(day)))
    days = np.floor(np.where(monthly, np.where(late, wait - 24, 0), wait))
    return np.asarray(day + days, dtype=np.float64)
