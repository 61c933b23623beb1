"""Panels on the business: revenue, its movements, who the customers are, who stays.

Every panel draws on one set of axes from a written company.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulator.style import AMBER, CORAL, GREY, NAVY, SEGMENTS, SKY, TEAL, date_axis, millions
from simulator.written import Written

MOVES = {"new": TEAL, "expansion": SKY, "reactivation": NAVY, "contraction": AMBER, "churn": CORAL}


def revenue_over_time(axes: Axes, company: Written) -> None:
    """Stack annual recurring revenue by segment."""
    accounts = company.accounts
    curves = [
        company.revenue_curve(accounts.index[accounts.segment == name]) / 1e6 for name in SEGMENTS
    ]
    days = pd.date_range(company.first, periods=company.n_days)
    axes.stackplot(days, curves, colors=list(SEGMENTS.values()), labels=list(SEGMENTS), alpha=0.9)
    axes.set_title("Annual recurring revenue")
    axes.yaxis.set_major_formatter(millions)
    axes.set_ylim(top=sum(curve.max() for curve in curves) * 1.12)
    axes.legend(loc="upper left", ncols=3)
    date_axis(axes)


def revenue_moves(axes: Axes, company: Written) -> None:
    """Stack what each quarter brought and took."""
    rows = company.contracts[company.contracts.happened_at >= company.first]
    late = rows.type.eq("churn") & rows.voluntary.isna()
    back = rows.type.eq("renewal") & (rows.change >= rows.arr * 0.999)
    rows = rows[~late & ~back]
    quarter = rows.happened_at.dt.to_period("Q")
    sums = pd.crosstab(quarter, rows.type, values=rows.change, aggfunc="sum").fillna(0) / 1e6
    place, up, down = np.arange(len(sums)), np.zeros(len(sums)), np.zeros(len(sums))
    for name, colour in MOVES.items():
        height = sums.get(name, pd.Series(0.0, sums.index)).to_numpy()
        base = up if height.sum() >= 0 else down
        axes.bar(place, height, bottom=base, color=colour, label=name, width=0.72)
        base += height
    axes.axhline(0, color=GREY, lw=0.8)
    axes.set_xticks(place[::2], [f"{q.year}Q{q.quarter}" for q in sums.index[::2]])
    axes.set_title("What each quarter brought and took")
    axes.yaxis.set_major_formatter(millions)
    axes.set_ylim(top=up.max() * 1.35)
    axes.legend(loc="upper left", ncols=3)


def size_of_accounts(axes: Axes, company: Written) -> None:
    """Show how revenue per account is spread, on a log scale."""
    revenue = company.revenue(company.end)
    bins = np.geomspace(revenue.min(), revenue.max(), 34).tolist()
    segment = company.accounts.segment.reindex(revenue.index)
    parts = [revenue[segment == name] for name in SEGMENTS]
    axes.hist(parts, bins=bins, stacked=True, color=list(SEGMENTS.values()))
    axes.set_xscale("log")
    ticks = [t for t in (1e3, 3e3, 1e4, 3e4, 1e5, 3e5) if revenue.min() <= t <= revenue.max()]
    axes.set_xticks(ticks, [f"{t / 1e3:g}k" for t in ticks])
    axes.minorticks_off()
    axes.set_ylim(top=axes.get_ylim()[1] * 1.12)
    top = revenue.sort_values(ascending=False)
    share = top.iloc[: len(top) // 10].sum() / top.sum()
    axes.text(0.98, 0.97, f"the largest tenth holds {share:.0%} of revenue",
              transform=axes.transAxes, ha="right", va="top", color=NAVY)  # fmt: skip
    axes.set_title("Accounts by revenue")


def survival(axes: Axes, company: Written) -> None:
    """Show the share of new customers still there, by segment (Kaplan-Meier)."""
    left = company.table("truth/decisions").drop_duplicates("account_id").set_index("account_id")
    new = company.accounts[company.accounts.created_at >= company.first]
    gone = left.effective_on.astype("datetime64[us]").reindex(new.index)
    seen = (gone.notna() & (gone < company.end)).to_numpy()
    stop = gone.where(seen, company.end)
    days = (stop - new.created_at).dt.days.to_numpy()
    for name, colour in SEGMENTS.items():
        mine = (new.segment == name).to_numpy()
        order = np.argsort(days[mine], kind="stable")
        at_risk = np.arange(mine.sum(), 0, -1)
        alive = np.cumprod(1 - seen[mine][order] / at_risk)
        axes.step(days[mine][order] / 30.4, alive, where="post", color=colour, label=name, lw=1.8)
    axes.set_ylim(0.5, 1.01)
    axes.set_xlim(0, 22)
    axes.set_xticks(range(0, 22, 3))
    axes.set_xlabel("months since the start")
    axes.set_title("New customers still there")
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
