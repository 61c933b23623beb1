"""`tierwise simulate`: a synthetic SaaS company with known causes."""

from pathlib import Path
from typing import Literal

from tierwise.common import Common, require_seed


def simulate(
    out: Path,
    *,
    accounts: int | None = None,
    months: int | None = None,
    seed: int = 7,
    preset: Literal["small", "default", "hard", "null"] = "default",
    common: Common | None = None,
) -> None:
    """Write a simulated company's raw tables (Parquet) and, apart, the truth behind them.

    Parameters
    ----------
    out
        Folder for the tables; the truth goes to its folder truth/.
    accounts
        Number of accounts that ever signed; by default the preset's own (2000; small: 300).
    months
        Length of the history in months; by default the preset's own (30; small: 24).
    seed
        Same seed, same bytes.
    preset
        Kind of company; in "null" the outcomes are independent of everything.
    """
    from simulator import simulate as write_company

    require_seed(seed)
    report = write_company(out, accounts=accounts, months=months, seed=seed, preset=preset)
    print(report)
    (common or Common()).write_json({"out": str(out), **report.as_json()})
