"""`tierwise forecast`: retention of today's accounts over the next four quarters."""

from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common, require_seed
from tierwise.errors import CommandError
from tierwise.sources import dates_back, label_window, opened, require_reached
from tierwise.steps import parse_step

MEASURES = ("nrr", "grr", "logo")
NOT_APPLICABLE = {
    "lead_days": "a forecast begins on its day, without a lead",
    "horizon_days": "a forecast is told for four quarters of 91 days",
}


def forecast(
    source: str,
    *,
    as_of: datetime,
    from_: Annotated[datetime, Parameter(name="--from")],
    share: float = 0.8,
    draws: int = 1000,
    step: str | None = None,
    seed: int = 0,
    common: Common | None = None,
) -> None:
    """Forecast NRR, GRR and logo retention of the accounts that can still be kept or lost.

    An account counts as lost on the day it decides to leave. The settings grace_days and
    expansion_min hold; lead_days and horizon_days play no part.

    Parameters
    ----------
    source
        Folder of Parquet or CSV files named after the tables, or the URL of a PostgreSQL database.
    as_of
        The day of the forecast; only what was certain by then is learnt from.
    from_
        Earliest date to learn from.
    share
        Share of the draws that an interval holds.
    draws
        Number of times the portfolio is lived through.
    step
        Distance between the dates learnt from, such as 28d.
    seed
        Same seed, same source: same forecast.
    """
    import numpy as np

    from features import build_panel
    from training.forecasting import forecast as training
    from training.forecasting.quarters import QUARTERS, quarters_from_the_future

    if not 0 < share < 1 or draws < 1:
        raise CommandError("--share lies between 0 and 1, such as 0.8, and --draws is at least 1.")
    require_seed(seed)
    common = common or Common()
    settings = common.settings()
    window = label_window(settings)
    wanted = dates_back(as_of, from_, parse_step(step) if step else settings.step_days)
    as_of = wanted[-1]
    with opened(source, settings) as tables:
        require_reached(tables, as_of)
        panel = build_panel(tables, wanted, catalogue=catalogue_in_force(settings))
        quarters = quarters_from_the_future(tables, panel, window, known_by=as_of)
    day = np.datetime64(as_of, "us")
    today = (quarters.panel["as_of"].to_numpy() == day) & quarters.at_risk
    made = training.forecast(
        training.train_forecaster(quarters, until=day, seed=seed),
        quarters.panel.filter(today),
        quarters.arr[today, 0],
        n_draws=draws,
        seed=seed,
    )
    found: dict[str, Any] = {"as_of": f"{as_of:%Y-%m-%d}", "accounts": int(today.sum())}
    found |= {"days": list(QUARTERS.ends), "share": share}
    found |= {"grace_days": window.grace_days, "expansion_min": window.expansion_min}
    found["not_applicable"] = NOT_APPLICABLE
    for measure in MEASURES:
        low, median, high = (part.tolist() for part in made.interval(measure, share=share))
        found[measure] = {"low": low, "median": median, "high": high}
    _show(found)
    common.write_json(found)


def _show(found: dict[str, Any]) -> None:
    """Print one line per quarter's end."""
    print(f"{found['accounts']:,} accounts on {found['as_of']}; {found['share']:.0%} intervals")
    print(
        f"  lost after {found['grace_days']} days without ARR, grown or shrunk from "
        f"{found['expansion_min']:.1%} on (settings)"
    )
    for name, why in found["not_applicable"].items():
        print(f"  {name}: n/a, {why}")
    for place, days in enumerate(found["days"]):
        parts = []
        for measure in MEASURES:
            low, median, high = (found[measure][name][place] for name in ("low", "median", "high"))
            parts.append(f"{measure.upper()} {median:.1%} ({low:.1%} – {high:.1%})")
        print(f"  after {days:>3} days  {'   '.join(parts)}")
