"""The page of plots and the figures beside it are made from what was written."""

import math
from pathlib import Path

from simulator.marginals import logo_churn
from simulator.plots import draw_page
from simulator.written import Written


def test_the_page_is_drawn_and_its_figures_are_shares_or_scores(
    company: Path, tmp_path: Path
) -> None:
    found = draw_page(Written(company), tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    assert all(math.isfinite(figure.value) for figure in found)
    shares = [figure for figure in found if figure.name != "NPS"]
    assert all(0 <= figure.value <= 1.3 for figure in shares)


def test_churn_by_segment_adds_up_to_churn_over_all(company: Path) -> None:
    written = Written(company)
    rates = logo_churn(written)
    weeks = written.table("truth/states", ["account_id"]).account_id.astype("str")
    years = weeks.map(written.accounts.segment).value_counts() * 7 / 365.25
    lost = sum(
        rates.get(name, 0.0) * years[name]
        for name in years.index
        if rates.get(name) == rates.get(name)
    )
    assert math.isclose(lost / years.sum(), rates["all"], rel_tol=1e-9)
