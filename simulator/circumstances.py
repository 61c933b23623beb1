"""What is known of every week in advance: base rates, calendars, tenure and the common shocks.

The quarter's shock is one number for the whole company: drawn from the run's seed, not the chunk's.
"""

import numpy as np

from simulator.arrays import DAYS_PER_WEEK, Days, Floats, Ints, stream
from simulator.config import Config, Effects
from simulator.hazards import Circumstance, base_rates, tenure_effect
from simulator.population import Population
from simulator.terms import decision_clock
from simulator.timeline import Timeline, season

_QUARTERS = 4 * 200  # from 1970
_PEAKS = {"churn": (3, 12), "expansion": (4, 1), "contraction": (3, 12)}


def circumstance(
    config: Config, people: Population, line: Timeline, outcome: str, *, seed: int
) -> Circumstance:
    """Return the circumstances of one outcome, 16 weeks beyond the end included."""
    effects: Effects = getattr(config.outcomes, outcome)
    return Circumstance(
        base=base_rates(config, people, outcome),
        clock=np.zeros((len(people), line.n_weeks + 16)),
        season=season(line, people.country, peak_month=_PEAKS[outcome]),
        quarter=_quarter_shock(effects, line, outcome, seed=seed),
        tenure=_tenure(effects, people.started, line),
    )


def set_clock(
    config: Config, people: Population, line: Timeline, start: Days, term_months: Ints,
    around: dict[str, Circumstance],
) -> None:  # fmt: skip
    """Write the contract calendar of these start dates into every outcome's circumstances."""
    for outcome, circumstances in around.items():
        effects: Effects = getattr(config.outcomes, outcome)
        circumstances.clock[:] = decision_clock(
            line,
            start,
            term_months,
            people.notice_days,
            quiet=effects.clock_quiet,
            weeks=config.outcomes.decision_weeks,
        )


def _quarter_shock(effects: Effects, line: Timeline, outcome: str, *, seed: int) -> Floats:
    quarter = line.quarter_of_week
    draws = stream(seed, "quarters", outcome).standard_normal(_QUARTERS)
    return np.asarray(effects.quarter_shock * draws[quarter])


def _tenure(effects: Effects, started: Ints, line: Timeline) -> Floats:
    day = DAYS_PER_WEEK * np.arange(line.n_weeks + 16)
    return tenure_effect(effects, (day - started[:, None]) / DAYS_PER_WEEK)
