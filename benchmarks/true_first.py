"""What truly comes first, without the luck of who left: labels from a simulated company's truth.

`truth/hazards` holds, per account and day t, the probability of each outcome in [t + 14, t + 104)
given everything latent at t. A soft label of a longer horizon adds such quarters up: of each, the
probability as of its own start where nothing had happened by then, else nothing more. Given what
was known at as_of its mean is the probability itself, so that it grades as a label does, with a
fraction of the noise; 90 days after the lead it holds no outcome at all.
"""

from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from training.horizons.person_periods import Followed

pc = pyarrow.compute

Floats = npt.NDArray[np.float64]

QUARTER_DAYS, LEAD_DAYS = 90, 14
COLUMNS = ("churn", "contraction", "expansion")
# Horizons in days, and how many quarters tell of each; four quarters stand for a year.
QUARTERS = {90: 1, 180: 2, 365: 4}


def soft_labels(
    truth: Path, panel: pa.Table, followed: Followed, *, competing: bool = True
) -> Floats:
    """Return the chance (n, 4 quarters, 3 outcomes) that an outcome came first by a quarter's end.

    Parameters
    ----------
    truth : Path
        The folder `truth` of a simulated company.
    panel : pyarrow.Table (n rows)
        With `account_id` and `as_of`; rows at risk that four quarters have passed of.
    followed : Followed
        Of the panel's rows, by the outcomes that compete.
    competing : bool
        False where the two churns alone end the wait: then only churn's column counts.

    A contract renewed late, inside the grace, has no truth on the days between: they add nothing.
    """
    as_of = panel["as_of"].to_numpy().astype("datetime64[D]")
    passed = np.zeros((len(as_of), len(COLUMNS)))
    found = []
    for quarter in range(max(QUARTERS.values())):
        days = as_of + np.timedelta64(QUARTER_DAYS * quarter, "D")
        waits = np.flatnonzero(followed.day >= LEAD_DAYS + QUARTER_DAYS * quarter)
        chances = true_chances(truth, panel["account_id"].take(waits), days[waits])
        passed = passed.copy()
        passed[waits] += first_chances(chances) if competing else chances
        found.append(passed)
    return np.stack(found, axis=1)


def true_chances(truth: Path, account: pa.ChunkedArray, day: npt.NDArray[np.datetime64]) -> Floats:
    """Return the true probabilities (n, 3) of accounts as of days; 0 where the truth has no row."""
    asked: list[date] = np.unique(day).tolist()
    table = pq.read_table(truth / "hazards.parquet", filters=[("day", "in", asked)])
    table = table.select(["account_id", "day", *COLUMNS])
    table = table.set_column(0, "account_id", table["account_id"].cast(pa.string()))
    rows = pa.table(
        {"account_id": account.cast(pa.string()), "day": pa.array(day), "n": np.arange(len(day))}
    )
    joined = rows.join(table, ["account_id", "day"]).sort_by("n")
    columns = [pc.fill_null(joined[name].cast(pa.float64()), 0.0) for name in COLUMNS]
    return np.column_stack([column.to_numpy() for column in columns])


def first_chances(chances: Floats) -> Floats:
    """Return the chances (n, 3) of coming first in one window, from the truth's own columns.

    The truth tells churn apart from what comes before it, and of the others the chance that no
    rival comes in the whole window: ``expansion = e (1 - c)(1 - s)``, ``contraction = s (1 - c)
    (1 - e)``. Solved for e and s, all three race at constant rates.
    """
    churn = chances[:, 0]
    shrinks, grows = (chances[:, place] / (1 - churn) for place in (1, 2))
    half = (1 + grows - shrinks) / 2
    grow = half - np.sqrt(np.maximum(half**2 - grows, 0.0))
    shrink = grow - (grows - shrinks)
    rates = -np.log1p(-np.clip(np.column_stack([churn, shrink, grow]), 0.0, 1 - 1e-9))
    total = rates.sum(axis=1, keepdims=True)
    shares = np.divide(rates, total, out=np.zeros_like(rates), where=total > 0)
    return np.asarray(shares * -np.expm1(-total))
