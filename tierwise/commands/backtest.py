"""`tierwise backtest`: rolling origins on a labelled table."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common, require_seed
from tierwise.names import parse_names
from tierwise.roles import roles
from tierwise.tracking import tracking


def backtest(
    table: Path,
    *,
    outcome: str,
    label: str | None = None,
    entity: str = "account_id",
    time: str | None = None,
    drop: Annotated[list[str] | None, Parameter(converter=parse_names, n_tokens=1)] = None,
    origins: int = 6,
    capacity: int | None = None,
    arr: str | None = None,
    out: Path | None = None,
    track: Annotated[bool, Parameter(negative=())] = False,
    seed: int = 0,
    common: Common | None = None,
) -> None:
    """Train at several dates of the past on what was known then, and see what came of it.

    Prints the figures beside honest baselines and writes a page with pictures.

    Parameters
    ----------
    table
        A panel, or any labelled Parquet or CSV table with a time column.
    outcome
        Name of what is predicted.
    label
        Column to predict; `churned` / `expanded` for the outcomes churn / expansion.
    entity
        Column that names the account, customer or device.
    time
        Column with the date of the row (default as_of).
    drop
        Columns to leave out, separated by commas.
    origins
        At most so many dates to stand at; fewer when history is short.
    capacity
        Accounts the team can act on at each date; by default the seats with human touch of the
        policy in the settings, without one a tenth of the newest date's.
    arr
        Column with the accounts' ARR (default arr, in any case).
    out
        The page; `backtest-<outcome>.html` in the home folder by default.
    track
        Also record it in MLflow, one nested run an origin, in the experiment of the outcome.
    seed
        Same seed, same table: same figures.
    """
    import training

    require_seed(seed)
    common = common or Common()
    settings = common.settings()
    kept = tracking(settings)
    if track:
        kept.require_ready(outcome)
    team = training.team_in_force(settings.policy, kept.clock().date())
    report = training.backtest(
        table,
        roles(settings, outcome, label=label, entity=entity, time=time, drop=drop),
        plan=training.Plan(n_origins=origins, capacity=capacity, arr=arr, team=team, seed=seed),
        tracking=kept,
        catalogue=catalogue_in_force(settings),
        progress=_say,
    )
    page = out or settings.home / f"backtest-{outcome}.html"
    training.write_backtest_page(report, page, source=str(table))
    print(report)
    print(f"\n  pictures: {page}")
    if track:
        run_id = training.record_backtest(report, kept, source=str(table))
        print(f"  recorded as run {run_id}")
    common.write_json(report.to_json())


def _say(line: str) -> None:
    """Tell a person at a terminal what is going on."""
    if sys.stderr.isatty():
        print(f"  {line}", file=sys.stderr, flush=True)
