"""Panels on behaviour: the rhythm of use, seats, what people say, and the weeks around a decision.

Every panel draws on one set of axes from a written company.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulator.marginals import nps
from simulator.style import AMBER, CORAL, GREY, NAVY, SEGMENTS, SKY, TEAL, date_axis
from simulator.written import Written

_USE_CASES = {
    "collaboration": TEAL, "customer_support": NAVY, "analytics": AMBER,
    "automation": SKY, "confidential_storage": CORAL,
}  # fmt: skip


def daily_users(axes: Axes, company: Written) -> None:
    """Show users per day over the last half year, by use case."""
    users = company.daily_users
    recent = users[users["at"] >= company.n_days - 182]
    use = recent.account_id.astype("str").map(company.accounts.use_case)
    counts = pd.crosstab(recent["at"], use)
    days = company.first + pd.to_timedelta(counts.index, unit="D")
    for name, colour in _USE_CASES.items():
        axes.plot(days, counts[name], color=colour, lw=1.1, label=name.replace("_", " "))
    axes.set_title("Users per day: weeks and holidays")
    axes.set_ylim(0, counts.to_numpy().max() * 1.32)
    axes.legend(loc="upper left", ncols=3)
    date_axis(axes)


def seats_used(axes: Axes, company: Written) -> None:
    """Show the share of bought seats used in the last 28 days, by use case."""
    users = company.daily_users
    recent = users[users["at"] >= company.n_days - 28]
    active = recent.groupby(recent.account_id.astype("str")).user_id.nunique()
    seats = company.contracts.groupby("account_id").seats.last()
    share = (active / seats[seats > 0]).clip(upper=1.0).fillna(0.0)
    use = company.accounts.use_case.reindex(share.index)
    bins = np.linspace(0, 1, 21).tolist()
    vault = use == "confidential_storage"
    axes.hist([share[~vault], share[vault]], bins=bins, stacked=True, color=[TEAL, CORAL],
              label=["other use cases", "confidential storage"])  # fmt: skip
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_title("Seats used in 28 days, of those bought")
    axes.set_ylim(top=axes.get_ylim()[1] * 1.2)
    axes.legend(loc="upper left")


def nps_answers(axes: Axes, company: Written) -> None:
    """Show how often each NPS answer was given."""
    scores = nps(company)
    share = scores.value_counts(normalize=True).reindex(range(11), fill_value=0.0)
    colours = [CORAL] * 7 + [GREY] * 2 + [TEAL] * 2
    axes.bar(share.index, share, color=colours, width=0.8)
    found = 100 * ((scores >= 9).mean() - (scores <= 6).mean())
    axes.text(0.03, 0.93, f"NPS {found:+.0f}", transform=axes.transAxes, va="top",
              color=NAVY, fontsize=13, fontweight="bold")  # fmt: skip
    axes.set_xticks(range(11))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_title("Answers to “would you recommend us?”")


def around_the_decision(axes: Axes, company: Written) -> None:
    """Align use with the day of the decision, and with the day the contract ends."""
    left = company.decisions
    left = left[left.voluntary].drop_duplicates("account_id")
    lag = (pd.to_datetime(left.effective_on) - pd.to_datetime(left.decided_on)).dt.days
    left = left[lag >= 42]
    weekly = _users_by_week(company)
    for column, colour, label in (
        ("effective_on", GREY, "weeks from the contract's end"),
        ("decided_on", CORAL, "weeks from the decision"),
    ):
        weeks = np.arange(-26, 27)
        mean = _aligned(company, weekly, left, column, weeks)
        axes.plot(weeks, mean, color=colour, lw=2.0, label=label)
    axes.axvline(0, color=NAVY, lw=0.8, ls=":")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_ylim(0, 1.45)
    axes.set_title("Use falls with the decision, not the end")
    axes.set_xlabel("use, against the account's own weeks -26 to -14")
    axes.legend(loc="upper right")


def churn_by_silence(axes: Axes, company: Written) -> None:
    """Show inbound contacts of loud and silent accounts in the weeks before leaving."""
    left = company.decisions.query("voluntary").drop_duplicates("account_id")
    loud = company.table("truth/accounts").set_index("account_id").loud
    tickets = company.table("tickets")[["account_id", "opened_at"]]
    created = left.account_id.map(company.accounts.created_at)
    start = created.where(created > company.first, company.first)
    left = left[pd.to_datetime(left.decided_on) - start >= pd.Timedelta(weeks=26)]
    both = tickets.merge(left, on="account_id")
    week = (both.opened_at - pd.to_datetime(both.decided_on)).dt.days // 7
    for name, flag, colour in (("loud", True, AMBER), ("silent", False, NAVY)):
        mine = both.account_id.map(loud) == flag
        group = left.account_id.map(loud) == flag
        counts = week[mine].value_counts().reindex(range(-26, 0), fill_value=0) / group.sum()
        axes.plot(counts.index, counts, color=colour, lw=1.8,
                  label=f"{name} ({group.mean():.0%} of those who left)")  # fmt: skip
    axes.set_ylim(bottom=0, top=axes.get_ylim()[1] * 1.3)
    axes.set_title("Tickets per week before leaving")
    axes.set_xlabel("weeks from the decision")
    axes.legend(loc="upper left")


def churn_by_segment(
    axes: Axes, rates: dict[str, float], ranges: dict[str, tuple[float, float]]
) -> None:
    """Show annual logo churn by segment within the published ranges."""
    for place, (name, colour) in enumerate(SEGMENTS.items()):
        low, high = ranges[name]
        axes.barh(place, high - low, left=low, color="#e6eaf0", height=0.7)
        axes.plot([rates[name]], [place], "o", color=colour, ms=10)
        axes.text(rates[name], place + 0.42, f"{rates[name]:.1%}", ha="center", color=colour)
    axes.set_yticks(range(len(SEGMENTS)), list(SEGMENTS))
    axes.set_ylim(-0.6, len(SEGMENTS) - 0.2)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_title("Customers lost a year (grey: published)")


def _users_by_week(company: Written) -> pd.DataFrame:
    """Return user-days per account and week."""
    users = company.daily_users
    return pd.crosstab(users.account_id.astype("str"), users["at"] // 7)


def _aligned(
    company: Written, weekly: pd.DataFrame, left: pd.DataFrame, column: str, weeks: np.ndarray
) -> np.ndarray:
    """Return mean use per week from a date, against each account's own weeks -26 to -14."""
    start = (pd.to_datetime(left[column]) - company.first).dt.days.to_numpy() // 7
    decided = (pd.to_datetime(left.decided_on) - company.first).dt.days.to_numpy() // 7
    rows = weekly.reindex(left.account_id).fillna(0).to_numpy()
    total, count = np.zeros(len(weeks)), np.zeros(len(weeks))
    for use, zero, base in zip(rows, start, decided, strict=True):
        if base < 26:
            continue
        usual = use[base - 26 : base - 13].mean()
        inside = (weeks + zero >= 0) & (weeks + zero < rows.shape[1])
        if usual > 0.5:
            total[inside] += use[(weeks + zero)[inside]] / usual
            count[inside] += 1
    return total / np.maximum(count, 1)
