"""`tierwise horizons`: what may come first for every account, at several horizons."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common, require_seed
from tierwise.errors import UsageError
from tierwise.names import parse_names
from tierwise.sources import dates_back, label_window, opened, require_reached
from tierwise.steps import parse_step
from tierwise.tracking import tracking

if TYPE_CHECKING:
    import pyarrow as pa

    from training.horizons.judging import Judged
    from training.horizons.model import HorizonModel


def horizons(
    source: str,
    *,
    as_of: datetime,
    from_: Annotated[datetime, Parameter(name="--from")],
    out: Path,
    days: Annotated[list[str] | None, Parameter(converter=parse_names, n_tokens=1)] = None,
    model: Path | None = None,
    track: Annotated[bool, Parameter(negative=())] = False,
    step: str | None = None,
    seed: int = 0,
    common: Common | None = None,
) -> None:
    """Learn from the past when accounts leave, grow or shrink; write each one's probabilities.

    They never fall with the horizon, and those of competing outcomes never exceed 1 together. How
    far they can be believed is told by a second model, made as of the middle of the dates.

    Parameters
    ----------
    source
        Folder of Parquet or CSV files named after the tables, or the URL of a PostgreSQL database.
    as_of
        The date the probabilities are for; only what was certain by then is learnt from.
    from_
        Earliest date to learn from.
    out
        Parquet file: one row per eligible account, one column per outcome and horizon.
    days
        Horizons in days after the lead, separated by commas (default 30,60,90,180,365).
    model
        A folder to keep the model in; must not exist yet.
    track
        Also record the model as an MLflow run of the experiment `horizons`.
    step
        Distance between the dates learnt from, such as 28d.
    seed
        Same seed, same source: same model.
    """
    import numpy as np

    from features import build_panel
    from features.outcome_times import outcome_times_from_the_future
    from training.horizons.files import require_new, write_horizons
    from training.horizons.fitting import train_horizons
    from training.horizons.judging import judge_horizons, middle_date
    from training.horizons.periods import Periods
    from training.horizons.recording import record_horizons
    from training.lifecycle.scores import write_scores

    require_seed(seed)
    if model is not None:
        require_new(model)
    common = common or Common()
    settings = common.settings()
    window = label_window(settings)
    periods = Periods(
        ends=_whole(days) or Periods().ends,
        lead_days=window.lead_days,
        grace_days=window.grace_days,
    )
    wanted = dates_back(as_of, from_, parse_step(step) if step else settings.step_days)
    as_of = wanted[-1]
    with opened(source, settings) as tables:
        require_reached(tables, as_of)
        panel = build_panel(tables, wanted, catalogue=catalogue_in_force(settings))
        # As they were known on either day: a change entered later was not there to learn from.
        times, known_then = (
            outcome_times_from_the_future(tables, panel, window, known_by=day)
            for day in (as_of, middle_date(panel))
        )
    until = np.datetime64(as_of, "us")
    made = train_horizons(panel, times, periods=periods, until=until, seed=seed)
    judged = judge_horizons(panel, times, known_then, periods=periods, until=until, seed=seed)
    scores = made.predict(_eligible(panel, as_of))
    write_scores(scores, out)
    if model is not None:
        write_horizons(model, made)
    run_id = record_horizons(made, tracking(settings), judged) if track else None
    means = {name: float(np.mean(scores[name].to_numpy())) for name in scores.column_names[2:]}
    print(f"{scores.num_rows:,} accounts on {as_of:%Y-%m-%d} → {out}; on average")
    certain = _certain(made)
    for end, told in zip(periods.ends, certain, strict=True):
        parts = (f"{o} {means[f'{o}_{end}d']:.1%}" for o in ("churn", "expansion", "contraction"))
        print(f"  within {end:>3} days  {'  '.join(parts)}  {_words(told)}")
    _show(judged)
    found = {"out": str(out), "accounts": scores.num_rows, "means": means, "run_id": run_id}
    found["certain"] = certain
    common.write_json(found | {"judged": judged.to_json()})


def _certain(made: "HorizonModel") -> list[dict[str, Any]]:
    """How many rows and events were certain in the period that ends with each horizon."""
    facts = zip(*(made.training[f"{name}_by_period"] for name in ("rows", "events")), strict=True)
    return [
        {"days": end, "rows": rows, "events": events, "extrapolated": rows == 0}
        for end, (rows, events) in zip(made.periods.ends, facts, strict=True)
    ]


def _words(told: dict[str, Any]) -> str:
    """What a horizon was learnt from."""
    if told["extrapolated"]:
        return "extrapolated: no outcome that late is known yet"
    return f"from {told['events']:,} events in {told['rows']:,} rows"


def _show(judged: "Judged") -> None:
    """Print how a model of the same recipe did that was made earlier."""
    import numpy as np

    if judged.why_not is not None:
        print(f"no grades: as of {judged.day} {judged.why_not}")
        return
    print(f"an earlier model, made on {judged.day}, on what followed:")
    for (outcome, end), one in judged.grades.items():
        found = one.reliability
        slope = found.slope if np.isfinite(found.slope.value) else "not known"
        print(
            f"  {outcome:<11} {end:>3} days  log-loss {one.log_loss:.4f} "
            f"(base rate {one.base_log_loss:.4f})  slope {slope}  {found.n_events:,} of "
            f"{found.n:,} rows"
        )


def _whole(days: list[str] | None) -> tuple[int, ...]:
    """Horizons as whole numbers of days."""
    wrong = [word for word in days or () if not word.isascii() or not word.isdigit()]
    if wrong:
        raise UsageError(f"--days {wrong[0]} is not a number of days; write 30,60,90,180,365.")
    return tuple(int(word) for word in days or ())


def _eligible(panel: "pa.Table", as_of: datetime) -> "pa.Table":
    """The rows of one date that can be predicted."""
    import numpy as np

    today = panel["as_of"].to_numpy() == np.datetime64(as_of, "us")
    return panel.filter(today & panel["eligible"].to_numpy().astype(bool))
