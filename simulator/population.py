"""Who the accounts are: everything about them that does not change.

Grain: one entry per account of one chunk; days count from the company's first day.
"""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Floats, Ints, Words, stream
from simulator.config import Config, Contact
from simulator.words import company_names

COUNTRIES = np.array(["JP", "US", "GB", "DE", "SG", "AU", "FR"])
_COUNTRY_SHARES = [0.55, 0.18, 0.08, 0.06, 0.05, 0.04, 0.04]
INDUSTRIES = np.array(
    ["manufacturing", "software", "finance", "healthcare", "retail", "logistics", "education",
     "public_sector", "media", "construction"]
)  # fmt: skip
_INDUSTRY_SHARES = [0.17, 0.16, 0.11, 0.10, 0.12, 0.09, 0.07, 0.06, 0.06, 0.06]
PARTNERS = np.array(["P-hinode", "P-harbor", "P-tsubasa"])
_PARTNER_SHARE = 0.12
ADDONS = np.array(["analytics_plus", "security_plus"])
_OLDEST_DAYS = 5 * 365


@dataclass(frozen=True)
class Population:
    """Accounts of one chunk, in order of `account_id`."""

    chunk: int
    account_id: Words
    name: Words
    segment: Ints
    country: Ints
    industry: Ints
    use_case: Ints
    partner: Ints
    parent: Ints
    fit: Floats
    demand_mean: Floats
    seats: Ints
    seat_price: Floats
    employees: Ints
    monthly: Bools
    auto_renew: Bools
    notice_days: Ints
    addon: Ints
    started: Ints
    loud: Bools
    contact_rate: Floats

    def __len__(self) -> int:
        """Return the number of accounts."""
        return len(self.account_id)

    @property
    def japanese(self) -> Ints:
        """1 where the account's language is Japanese."""
        return np.asarray(self.country == 0, dtype=np.int64)


def draw_population(
    config: Config, *, seed: int, chunk: int, first: int, size: int, n_days: int
) -> Population:
    """Draw `size` accounts numbered from `first` for a company that lives `n_days` days."""
    rng = stream(seed, "population", chunk)
    names = list(config.segments)
    segment = rng.choice(len(names), size, p=_shares([config.segments[n].share for n in names]))
    country = rng.choice(len(COUNTRIES), size, p=_COUNTRY_SHARES)
    uses = [u.share for u in config.usage.use_cases.values()]
    seats = _draw_seats(rng, config, segment)
    monthly = rng.random(size) < _by_segment(config, segment, "monthly_share")
    loud, contact_rate = _draw_temperament(rng, config.contact, size)
    return Population(
        chunk=chunk,
        account_id=np.array([f"A-{n:05d}" for n in range(first, first + size)]),
        name=company_names(first, COUNTRIES[country], seed=seed),
        segment=segment,
        country=country,
        industry=rng.choice(len(INDUSTRIES), size, p=_INDUSTRY_SHARES),
        use_case=rng.choice(len(uses), size, p=_shares(uses)),
        partner=_rarely(rng, size, len(PARTNERS), _PARTNER_SHARE),
        parent=_draw_parents(rng, size),
        fit=rng.standard_normal(size),
        demand_mean=config.state.demand_mean
        + config.state.demand_spread * rng.standard_normal(size),
        seats=seats,
        seat_price=_by_segment(config, segment, "seat_price") * rng.lognormal(0, 0.18, size),
        employees=_draw_employees(rng, config, segment, seats),
        monthly=monthly,
        auto_renew=rng.random(size) < 0.8,
        notice_days=np.where(monthly, 10, rng.choice([30, 60, 90], size, p=[0.55, 0.3, 0.15])),
        addon=_draw_addons(rng, config, segment),
        started=_draw_starts(rng, config, size, n_days),
        loud=loud,
        contact_rate=contact_rate,
    )


def _by_segment(config: Config, segment: Ints, field: str) -> Floats:
    return np.array([getattr(s, field) for s in config.segments.values()])[segment]


def _shares(raw: list[float]) -> Floats:
    return np.array(raw) / sum(raw)


def _rarely(rng: np.random.Generator, size: int, kinds: int, share: float) -> Ints:
    """Draw one of `kinds` for a share of the accounts, -1 for the others."""
    return np.where(rng.random(size) < share, rng.integers(0, kinds, size), -1)


def _draw_seats(rng: np.random.Generator, config: Config, segment: Ints) -> Ints:
    median, sigma, most = (
        _by_segment(config, segment, f) for f in ("seats_median", "seats_sigma", "seats_max")
    )
    seats = median * np.exp(sigma * rng.standard_normal(len(segment)))
    return np.clip(np.rint(seats), 3, most).astype(np.int64)


def _draw_employees(rng: np.random.Generator, config: Config, segment: Ints, seats: Ints) -> Ints:
    per_seat = _by_segment(config, segment, "employees_per_seat")
    return np.rint(seats * (1 + per_seat * rng.lognormal(0, 0.5, len(seats)))).astype(np.int64)


def _draw_addons(rng: np.random.Generator, config: Config, segment: Ints) -> Ints:
    has = rng.random(len(segment)) < _by_segment(config, segment, "addon_share")
    return np.where(has, rng.integers(0, len(ADDONS), len(segment)), -1)


def _draw_parents(rng: np.random.Generator, size: int) -> Ints:
    """Draw the parent's place in the chunk for the few accounts that belong to another."""
    parent = rng.integers(0, size, size)
    rare = (rng.random(size) < 0.03) & (parent < np.arange(size))
    return np.where(rare, parent, -1)


def _draw_starts(rng: np.random.Generator, config: Config, size: int, n_days: int) -> Ints:
    """Start days: the first share before the first day, the others spread over the period."""
    there = rng.random(size) < config.company.initial_share
    before = -1 - np.floor(_OLDEST_DAYS * rng.random(size) ** 1.6)
    after = np.floor((n_days - 20) * rng.random(size))
    return np.where(there, before, after).astype(np.int64)


def _draw_temperament(
    rng: np.random.Generator, contact: Contact, size: int
) -> tuple[Bools, Floats]:
    """Draw who is loud, and episodes of contact per day.

    The chance of a silent 60 days is `quiet_in_silent` or `quiet_in_loud`; the share of silent
    accounts is chosen so that its mean over all accounts is `silent_share`.
    """
    spread = contact.quiet_in_silent - contact.quiet_in_loud
    silent_accounts = (contact.silent_share - contact.quiet_in_loud) / spread
    loud = rng.random(size) >= silent_accounts
    quiet = np.where(loud, contact.quiet_in_loud, contact.quiet_in_silent)
    return loud, -np.log(quiet) / 60
