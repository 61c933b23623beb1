"""One page that shows whether the company looks real: `python -m simulator.plots FOLDER OUT.png`.

It only reads what `simulate` wrote.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.layout_engine import ConstrainedLayoutEngine

from simulator import panels_behaviour, panels_business, panels_truth
from simulator.marginals import Marginal, logo_churn, marginals
from simulator.style import NAVY, SEGMENTS, apply_style
from simulator.written import Written


def draw_page(company: Written, out: Path) -> list[Marginal]:
    """Draw the page and return the figures it rests on."""
    apply_style()
    found = marginals(company)
    spacing = ConstrainedLayoutEngine(w_pad=0.16, h_pad=0.16)
    figure, axes = plt.subplots(4, 3, figsize=(16, 17.5), layout=spacing)
    panels_business.revenue_over_time(axes[0, 0], company)
    panels_business.revenue_moves(axes[0, 1], company)
    panels_business.size_of_accounts(axes[0, 2], company)
    panels_behaviour.daily_users(axes[1, 0], company)
    panels_behaviour.seats_used(axes[1, 1], company)
    panels_behaviour.nps_answers(axes[1, 2], company)
    panels_business.survival(axes[2, 0], company)
    panels_behaviour.churn_by_segment(axes[2, 1], logo_churn(company), _ranges(found))
    panels_behaviour.around_the_decision(axes[2, 2], company)
    panels_behaviour.churn_by_silence(axes[3, 0], company)
    panels_truth.drivers(axes[3, 1], company)
    panels_truth.touch_effects(axes[3, 2], company)
    figure.suptitle(_title(company), fontsize=15, fontweight="bold", color=NAVY, x=0.012, ha="left")
    figure.savefig(out, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return found


def _ranges(found: list[Marginal]) -> dict[str, tuple[float, float]]:
    by_name = {m.name: m for m in found}
    figures = {name: by_name[f"annual logo churn, {name}"] for name in SEGMENTS}
    return {name: (m.low, m.high) for name, m in figures.items()}


def _title(company: Written) -> str:
    stamp = company.stamp
    return (
        f"The simulated company: {len(company.accounts):,} customers over {stamp['months']} months"
        f" (preset {stamp['preset']}, seed {stamp['seed']})"
    )


if __name__ == "__main__":
    draw_page(Written(Path(sys.argv[1])), Path(sys.argv[2]))
