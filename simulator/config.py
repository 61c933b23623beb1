"""The company's settings: frozen dataclasses, one per section of a preset's TOML.

Rates are per account and year, times in the unit their name ends with, effects in log-hazard.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Company:
    """Size, period and how a run is cut into pieces."""

    accounts: int
    months: int
    end_on: date
    initial_share: float
    chunk: int
    omit_tables: tuple[str, ...]


@dataclass(frozen=True)
class Segment:
    """What differs between small, mid-sized and enterprise customers."""

    share: float
    seats_median: float
    seats_sigma: float
    seats_max: float
    seat_price: float
    employees_per_seat: float
    monthly_share: float
    addon_share: float
    annual_churn: float
    annual_expansion: float
    annual_contraction: float
    annual_payment_failure: float


@dataclass(frozen=True)
class State:
    """The weekly linear-Gaussian state and the two on-off states."""

    value_memory: float
    engagement_memory: float
    satisfaction_memory: float
    demand_memory: float
    value_noise: float
    engagement_noise: float
    satisfaction_noise: float
    demand_noise: float
    fit_to_value: float
    value_to_engagement: float
    value_to_satisfaction: float
    value_to_demand: float
    demand_mean: float
    demand_spread: float
    champion_leaves: float
    champion_vacant_weeks: float
    budget_shocks: float
    budget_shock_weeks: float


@dataclass(frozen=True)
class Effects:
    """Log-hazard effects of the state on one outcome."""

    value: float
    engagement: float
    satisfaction: float
    demand: float
    champion_absent: float
    budget_shock: float
    clock_quiet: float
    season: float
    quarter_shock: float
    early: float
    first_weeks: int
    touches: float


@dataclass(frozen=True)
class Outcomes:
    """The three decisions and what follows them."""

    churn: Effects
    expansion: Effects
    contraction: Effects
    decision_weeks: int
    leave_after_days: int
    disengage_weeks: float
    payment_loss_share: float
    late_renewal_share: float
    annual_reactivation: float
    uplift_max: float


@dataclass(frozen=True)
class Contact:
    """How much customers say: independent of risk by construction."""

    silent_share: float
    quiet_in_silent: float
    quiet_in_loud: float
    inbound_touch_share: float


@dataclass(frozen=True)
class Playbook:
    """One touch type: how often, how long, and its true effects by response class."""

    touch_model: str
    channel: str
    minutes: int
    weekly: float
    persuadable_share: float
    sleeping_dog_share: float
    persuadable_churn: float
    sleeping_dog_churn: float
    persuadable_expansion: float
    sleeping_dog_expansion: float
    persuaded_by: str


@dataclass(frozen=True)
class Touches:
    """The team, its policy and its experiments."""

    half_life_weeks: float
    high_csms_per_1000: float
    low_csms_per_1000: float
    tech_csms_per_1000: float
    hours_per_quarter: float
    high_hours_per_account: float
    low_hours_per_account: float
    risk_weight: float
    risk_noise: float
    random_weekly: float
    random_propensity: float
    playbooks: dict[str, Playbook]


@dataclass(frozen=True)
class UseCase:
    """What usage means for one declared purpose."""

    share: float
    daily_level: float
    engagement_on_days: float
    engagement_on_counts: float
    weekend: float
    features: dict[str, float]


@dataclass(frozen=True)
class Usage:
    """From state to rows of usage."""

    user_spread: float
    behaviour_noise: float
    champion_lift: float
    user_turnover: float
    use_cases: dict[str, UseCase]


@dataclass(frozen=True)
class Surveys:
    """Who is asked, who answers and how truly."""

    nps_mean: float
    nps_per_satisfaction: float
    nps_noise: float
    asked_share: float
    answer_share: float
    answer_engagement: float


@dataclass(frozen=True)
class Late:
    """Shares of rows that become known after the fact."""

    usage: float
    contracts: float
    surveys: float
    tickets: float
    account_corrections: float


@dataclass(frozen=True)
class Config:
    """All settings of one simulated company."""

    description: str
    company: Company
    segments: dict[str, Segment]
    state: State
    outcomes: Outcomes
    contact: Contact
    touches: Touches
    usage: Usage
    surveys: Surveys
    late: Late
