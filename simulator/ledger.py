"""The ledger of contract changes, in the order they are decided; later sorted into the table.

Grain: one row per account, product and change; amounts are those after the change.
"""

from dataclasses import dataclass, field

import numpy as np

from simulator.arrays import Bools, Days, Floats, Ints
from simulator.population import Population
from simulator.terms import anchored, months_later, term_end_after
from simulator.timeline import Timeline

ADDON_PRICE = 0.25
KINDS = ("new", "renewal", "expansion", "contraction", "notice", "churn", "reactivation")
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Changes:
    """Rows of the ledger; `product` is 0 for the core product, else 1 + the add-on."""

    account: Ints
    product: Ints
    kind: Ints
    happened: Days
    requested: Days
    arr: Floats
    seats: Ints
    term_end: Days
    voluntary: Ints
    reason: Ints


@dataclass
class Ledger:
    """Contracts as they stand now, and every change so far."""

    people: Population
    line: Timeline
    start: Days
    term_months: Ints
    seats: Ints
    price: Floats
    addon: Ints
    _parts: list[Changes] = field(default_factory=list)

    def arr(self) -> Floats:
        """Return the annual revenue of every account as if its contract ran."""
        return np.asarray(self._core() + self._addon_arr())

    def write(
        self,
        kind: str,
        who: Ints,
        on: Days,
        *,
        requested: Days | None = None,
        voluntary: bool | None = None,
        reason: Ints | None = None,
    ) -> None:
        """Write one change of the accounts `who`, on each of their products."""
        asked = np.full(len(who), NEVER) if requested is None else requested
        said = np.full(len(who), -1) if reason is None else reason
        chosen = -1 if voluntary is None else int(voluntary)
        over = kind == "churn"
        seats = np.zeros(len(who), np.int64) if over else self.seats[who]
        core = np.zeros(len(who)) if over else self._core()[who]
        self._append(kind, who, 0, on, asked, core, seats, chosen, said)
        has = self.addon[who] >= 0
        if not has.any():
            return
        more, addon = who[has], self.addon[who][has]
        amount = np.zeros(len(more)) if over else self._addon_arr()[more]
        self._append(
            kind, more, addon + 1, on[has], asked[has], amount, seats[has], chosen, said[has]
        )

    def add_product(self, who: Ints, addon: Ints, on: Days) -> None:
        """Sell an add-on to accounts that have none."""
        self.addon[who] = addon
        none, amount = np.full(len(who), NEVER), self._addon_arr()[who]
        unsaid = np.full(len(who), -1)
        self._append("expansion", who, addon + 1, on, none, amount, self.seats[who], -1, unsaid)

    def changes(self) -> Changes:
        """Return all changes known inside the period, by account and time of effect."""
        parts = [vars(p) for p in self._parts]
        whole = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        known = np.where(np.isnat(whole["requested"]), whole["happened"], whole["requested"])
        inside = known < self.line.first + self.line.n_days
        order = np.lexsort((whole["kind"], whole["product"], whole["happened"], whole["account"]))
        kept = order[inside[order]]
        return Changes(**{name: column[kept] for name, column in whole.items()})

    def _append(
        self,
        kind: str,
        who: Ints,
        product: Ints | int,
        on: Days,
        asked: Days,
        amount: Floats,
        seats: Ints,
        chosen: int,
        said: Ints,
    ) -> None:
        every = np.ones(len(who), dtype=np.int64)
        end = term_end_after(self.start[who], self.term_months[who], on)
        self._parts.append(
            Changes(
                account=who,
                product=product * every,
                kind=KINDS.index(kind) * every,
                happened=on,
                requested=asked,
                arr=np.round(amount, 2),
                seats=seats,
                term_end=np.where(kind == "churn", NEVER, end),
                voluntary=chosen * every,
                reason=said,
            )
        )

    def _core(self) -> Floats:
        return np.asarray(self.seats * self.price)

    def _addon_arr(self) -> Floats:
        return np.where(self.addon >= 0, ADDON_PRICE * self._core(), 0.0)


def open_ledger(people: Population, line: Timeline) -> Ledger:
    """Return a ledger with the past of the accounts that were there before the first day."""
    start = anchored(line.first + people.started.astype("timedelta64[D]"))
    term = np.where(people.monthly, 1, 12)
    ledger = Ledger(
        people,
        line,
        start,
        term,
        people.seats.copy(),
        people.seat_price.copy(),
        people.addon.copy(),
    )
    old: Bools = start < line.first
    ledger.write("new", np.flatnonzero(old), start[old])
    for turn in range(1, 62):
        on = months_later(start, turn * term)
        past = np.flatnonzero(old & (on < line.first))
        if len(past):
            ledger.write("renewal", past, on[past])
    return ledger
