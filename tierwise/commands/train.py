"""`tierwise train`: a model on a panel or any labelled table."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common, require_seed
from tierwise.names import parse_names
from tierwise.roles import roles
from tierwise.tracking import tracking


def train(
    table: Path,
    *,
    outcome: str,
    label: str | None = None,
    entity: str = "account_id",
    time: str | None = None,
    drop: Annotated[list[str] | None, Parameter(converter=parse_names, n_tokens=1)] = None,
    seed: int = 0,
    auto: bool = False,
    common: Common | None = None,
) -> int:
    """Train one outcome; print its held-out metrics beside baselines, the checks and the run id.

    Parameters
    ----------
    table
        A panel, or any labelled Parquet or CSV table.
    outcome
        Name of what is predicted; also the name of the registered model.
    label
        Column to predict; `churned` / `expanded` for the outcomes churn / expansion.
    entity
        Column that names the account, customer or device.
    time
        Column with the date of the row (default as_of); without one, the split is by entity.
    drop
        Columns to leave out, separated by commas.
    seed
        Same seed, same table: same model.
    auto
        Train only when there is a reason to: labels that have matured since the champion, results
        worse than it said, drift. Says which; never promotes.
    """
    import training

    require_seed(seed)
    common = common or Common()
    settings = common.settings()
    ask = training.train_when_needed if auto else training.train
    report = ask(
        table,
        roles(settings, outcome, label=label, entity=entity, time=time, drop=drop),
        tracking=tracking(settings),
        catalogue=catalogue_in_force(settings),
        policy=settings.policy,
        seed=seed,
        dask_url=settings.dask_url or None,
    )
    print(report)
    common.write_json(report.to_json())
    return int(isinstance(report, training.AutoReport) and report.failed)
