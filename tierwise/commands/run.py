"""`tierwise run`: the nightly run."""

from datetime import datetime
from pathlib import Path

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common


def run(
    source: str,
    *,
    as_of: datetime,
    policy: Path | None = None,
    common: Common | None = None,
) -> None:
    """Check → features → score → reasons → signals → tiers → store; the same date once.

    Parameters
    ----------
    source
        Folder of Parquet or CSV files named after the tables.
    as_of
        Date of the snapshot; what was known strictly before it counts.
    policy
        Tier policy (TOML) instead of the one in the settings.
    """
    from serving.nightly import run as run_night

    common = common or Common()
    settings = common.settings(policy=policy)
    report = run_night(
        source,
        as_of=as_of,
        policy_path=settings.policy,
        store_url=settings.store,
        tracking_uri=settings.tracking_uri,
        home=settings.home,
        catalogue=catalogue_in_force(settings),
    )
    print(report)
    common.write_json(report.to_json())
