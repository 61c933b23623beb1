"""Growth, shrinking and renewals of contracts that go on.

Both take effect on the day they are decided; contractions come with the talk about renewal.
"""

import numpy as np

from simulator.arrays import Bools, Days, Floats, Ints, stream
from simulator.config import Config
from simulator.ledger import Ledger
from simulator.population import ADDONS, Population
from simulator.terms import anchored

_ADDON_CHANCE = 0.25
_USUAL_GROWTH = 0.135
SMALLEST_GROWTH = 0.08
FEWEST_TO_SHRINK = 6


class Resizing:
    """Changes of size of one chunk's accounts, written to their ledger."""

    def __init__(self, config: Config, people: Population, ledger: Ledger, *, seed: int) -> None:
        """Start with nobody resized."""
        self.rng = stream(seed, "resizing", people.chunk)
        self.people, self.ledger = people, ledger
        self.uplift_max = config.outcomes.uplift_max
        self._demand = np.zeros(len(people))

    def step(
        self, may: Bools, expansion: Floats, contraction: Floats, on: Days, state: Floats
    ) -> None:
        """Draw the week's decisions of the accounts that may decide."""
        draw = self.rng.random((2, len(may)))
        grows = np.flatnonzero(may & (draw[0] < -np.expm1(-expansion)))
        shrinks = (
            may & (draw[1] < -np.expm1(-contraction)) & (self.ledger.seats >= FEWEST_TO_SHRINK)
        )
        shrinks[grows] = False
        adds = (self.rng.random(len(grows)) < _ADDON_CHANCE) & (self.ledger.addon[grows] < 0)
        self._add_products(grows[adds], on[grows[adds]])
        self._grow(grows[~adds], on[grows[~adds]], state[grows[~adds], 3])
        self._shrink(np.flatnonzero(shrinks), on[shrinks])

    def renew(self, who: Ints, on: Days) -> None:
        """Renew terms, with a price uplift for some of the yearly ones."""
        yearly = self.ledger.term_months[who] == 12
        uplift = self.uplift_max * self.rng.random(len(who)) * (self.rng.random(len(who)) < 0.6)
        self.ledger.price[who] *= 1 + np.where(yearly, uplift, 0.0)
        self.ledger.write("renewal", who, on)

    def reopen(self, who: Ints, on: Days) -> None:
        """Begin a new contract with accounts that had left, the core product only."""
        self.ledger.start[who] = anchored(on)
        self.ledger.addon[who] = -1
        self.ledger.seats[who] = np.maximum(self.ledger.seats[who] * 7 // 10, 3)
        self.ledger.write("reactivation", who, on)

    def taken_demand(self) -> Floats:
        """Return, once, the change of log wanted over bought seats by the last changes."""
        change, self._demand = self._demand, np.zeros(len(self._demand))
        return change

    def _add_products(self, who: Ints, on: Days) -> None:
        self.ledger.add_product(who, self.rng.integers(0, len(ADDONS), len(who)), on)

    def _grow(self, who: Ints, on: Days, demand: Floats) -> None:
        """Add seats: more of them where more are wanted."""
        growth = _USUAL_GROWTH * np.exp(
            0.7 * self.rng.standard_normal(len(who)) + 1.2 * (demand + 0.3)
        )
        growth = np.clip(growth, SMALLEST_GROWTH, 0.9)
        self._resize(who, self.ledger.seats[who] + np.ceil(self.ledger.seats[who] * growth))
        self.ledger.write("expansion", who, on)

    def _shrink(self, who: Ints, on: Days) -> None:
        """Give up a tenth to a third of the seats, at least one."""
        seats = self.ledger.seats[who]
        smaller: Floats = np.floor(seats * (1 - self.rng.uniform(0.10, 0.35, len(who))))
        self._resize(who, np.minimum(smaller, seats - 1.0))
        self.ledger.write("contraction", who, on)

    def _resize(self, who: Ints, seats: Floats | Ints) -> None:
        self._demand[who] -= np.log(seats / self.ledger.seats[who])
        self.ledger.seats[who] = seats.astype(np.int64)
