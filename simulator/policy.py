"""Who the team touches: quarterly books by size and observed risk, rates, and true responses.

Touches follow risk (confounded, as in life); a small slice is assigned by a coin and says so.
"""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Floats, Ints
from simulator.config import Config, Playbook, Touches
from simulator.population import Population

BOOKS = ("high", "low", "tech", "community")
RESPONSES = np.array(["indifferent", "persuadable", "sleeping_dog"])
# How often an account of a book (row) gets a playbook of a touch model (column, order of BOOKS).
_ATTENTION = np.array(
    [[1.0, 0.5, 0.6, 0.3], [0.1, 1.0, 0.9, 0.5], [0.0, 0.05, 1.2, 0.8], [0.0, 0.02, 1.0, 1.5]]
)


@dataclass(frozen=True)
class Responses:
    """True effects in log-hazard per account and playbook, right after a touch."""

    kind: Ints
    churn: Floats
    expansion: Floats


def draw_responses(rng: np.random.Generator, touches: Touches, people: Population) -> Responses:
    """Draw each account's response class to each playbook."""
    books = list(touches.playbooks.values())
    kind = np.stack([_draw_kind(rng, book, people) for book in books], axis=1)
    churn = np.array([[0, b.persuadable_churn, b.sleeping_dog_churn] for b in books])
    expansion = np.array([[0, b.persuadable_expansion, b.sleeping_dog_expansion] for b in books])
    column = np.arange(len(books))
    return Responses(kind=kind, churn=churn[column, kind], expansion=expansion[column, kind])


def _draw_kind(rng: np.random.Generator, book: Playbook, people: Population) -> Ints:
    tilt = 0.7 * _trait(book.persuaded_by, people)
    persuadable = np.clip(book.persuadable_share * (1 + tilt), 0, 0.9)
    sleeping = np.clip(book.sleeping_dog_share * (1 - tilt), 0, 1 - persuadable)
    draw = rng.random(len(people))
    return np.where(draw < persuadable, 1, np.where(draw < persuadable + sleeping, 2, 0))


def _trait(name: str, people: Population) -> Floats:
    """Return an observable trait in about [-1, 1] that makes an account persuadable."""
    traits = {
        "enterprise": people.segment - 1.0,
        "fit": np.tanh(people.fit),
        "young": np.where(people.started >= -365, 1.0, -1.0),
        "loud": np.where(people.loud, 1.0, -1.0),
    }
    return np.asarray(traits[name], dtype=np.float64)


def assign_books(rng: np.random.Generator, touches: Touches, *, arr: Floats, state: Floats) -> Ints:
    """Return each account's book for a quarter; accounts without revenue get the last.

    Book sizes are what the team's hours allow: hours per quarter over hours per account.
    """
    observed = -(state[:, 1] + state[:, 2]) / 2 + touches.risk_noise * rng.standard_normal(len(arr))
    priority = np.log(np.maximum(arr, 1.0)) + touches.risk_weight * observed
    rank = np.empty(len(arr), dtype=np.int64)
    rank[np.argsort(-np.where(arr > 0, priority, -np.inf), kind="stable")] = np.arange(len(arr))
    served = len(arr) / 1000 * touches.hours_per_quarter
    high = served * touches.high_csms_per_1000 / touches.high_hours_per_account
    low = high + served * touches.low_csms_per_1000 / touches.low_hours_per_account
    tech = low + (len(arr) - low) * 0.7
    return np.searchsorted([high, low, tech], rank, side="right").astype(np.int64)


def touch_rates(config: Config, book: Ints) -> Floats:
    """Return the weekly chance of each playbook by policy, shape (accounts, playbooks)."""
    playbooks = list(config.touches.playbooks.values())
    column = [BOOKS.index(p.touch_model) for p in playbooks]
    weekly = np.array([p.weekly for p in playbooks])
    return np.asarray(_ATTENTION[book][:, column] * weekly)


def all_rates(config: Config, rates: Floats) -> Floats:
    """Return the weekly chance of each playbook by policy or by the experiment's coin."""
    touches = config.touches
    coin = touches.random_weekly * touches.random_propensity / rates.shape[1]
    return np.asarray(rates * (1 - touches.random_weekly) + coin)


def decay(touches: Touches) -> float:
    """Return what is left of a touch's effect after a week."""
    return float(0.5 ** (1 / touches.half_life_weeks))
