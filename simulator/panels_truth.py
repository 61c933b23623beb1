"""Panels on the truth: what the probabilities are, that they come true, and what touches do.

Every panel draws on one set of axes from a written company.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulator.style import AMBER, CORAL, GREY, NAVY, TEAL
from simulator.written import Written


def reliability(axes: Axes, company: Written) -> None:
    """Compare true probabilities with how often accounts decided, by tenth, for churn."""
    hazards = company.table("truth/hazards")
    left = company.decisions.sort_values("decided_on")
    hazards["day"] = pd.to_datetime(hazards.day)
    last = company.end - pd.Timedelta(days=104)
    rows = hazards[(hazards.day <= last) & (hazards.day.dt.day == 1)]
    rows = rows.merge(left[["account_id", "decided_on"]], on="account_id", how="left")
    ahead = (pd.to_datetime(rows.decided_on) - rows.day).dt.days
    rows = rows[~ahead.between(0, 13)]
    happens = ahead.between(14, 103)
    tenth = pd.qcut(rows.churn, 12, labels=False)
    mean, seen = rows.churn.groupby(tenth).mean(), happens[rows.index].groupby(tenth).mean()
    axes.plot([1e-4, 1], [1e-4, 1], color=GREY, lw=1)
    axes.plot(mean, seen.clip(lower=1e-4), "o-", color=NAVY, ms=5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(3e-4, 0.6)
    axes.set_ylim(3e-4, 0.6)
    axes.set_xlabel("true probability of leaving in the window")
    axes.set_title("The truth comes true (monthly snapshots)")


def drivers(axes: Axes, company: Written) -> None:
    """Show how much each group of drivers moves risk between accounts."""
    rows = company.table("truth/drivers_churn")
    rows = rows[rows.tenure > -5]
    groups = ["value", "engagement", "sentiment", "seats", "people", "money", "touches",
              "contract", "season", "market", "tenure", "segment"]  # fmt: skip
    spread = rows[groups].std().sort_values()
    axes.barh(spread.index, spread, color=TEAL, height=0.7)
    axes.set_title("What moves the risk of leaving")
    axes.set_xlabel("standard deviation in log-hazard")
    axes.grid(axis="y", visible=False)


def touch_effects(axes: Axes, company: Written) -> None:
    """Show what one touch does to the probability of leaving, by response class."""
    rows = company.table("truth/touch_effects")
    effect = 100 * (rows.churn_with - rows.churn_without)
    mean = pd.crosstab(rows.playbook, rows.response, values=effect, aggfunc="mean")
    overall = effect.groupby(rows.playbook).mean().sort_values(ascending=False)
    for place, name in enumerate(overall.index):
        for kind, colour in (("persuadable", TEAL), ("sleeping_dog", CORAL)):
            value = mean.get(kind, pd.Series(dtype=float)).get(name, np.nan)
            axes.plot([0, value], [place, place], color=colour, lw=1.2, alpha=0.5)
            axes.plot([value], [place], "o", color=colour, ms=6,
                      label=kind.replace("_", " ") if place == 1 else None)  # fmt: skip
        axes.plot([overall[name]], [place], "D", color=AMBER, ms=6,
                  label="all accounts" if place == 1 else None)  # fmt: skip
    axes.axvline(0, color=GREY, lw=0.8)
    axes.set_yticks(range(len(overall)), [name.replace("_", " ") for name in overall.index])
    axes.set_xlabel("percentage points of the probability of leaving")
    axes.set_title("What one touch does")
    axes.legend(loc="center right")
