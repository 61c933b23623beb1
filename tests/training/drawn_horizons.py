"""A company drawn for horizons: idle accounts leave, keen ones grow again and again."""

import numpy as np
import pyarrow as pa

from training.horizons.periods import Periods

N_ACCOUNTS, N_DATES, STEP = 160, 20, 28
START = np.datetime64("2022-01-03", "us")
UNTIL = np.datetime64("2023-05-01", "us")
PERIODS = Periods(ends=(30, 90, 180))


def drawn(seed: int = 0) -> tuple[pa.Table, pa.Table]:
    """Return a panel and its outcome times: idle accounts leave, keen ones grow again and again."""
    random = np.random.default_rng(seed)
    idle, keen = random.normal(size=(2, N_ACCOUNTS))
    leaves = random.exponential(700 / np.exp(idle))
    day = np.arange(N_DATES) * STEP
    observed = N_DATES * STEP + 60
    to_churn = (leaves[np.newaxis] - day[:, np.newaxis]).ravel()
    to_growth = random.exponential(300 / np.exp(keen), (N_DATES, N_ACCOUNTS)).ravel()
    rows = N_ACCOUNTS * N_DATES
    watched = np.repeat(observed - day, N_ACCOUNTS)
    keys = {
        "account_id": np.tile([f"A{n:03d}" for n in range(N_ACCOUNTS)], N_DATES).tolist(),
        "as_of": np.repeat(START + day.astype("timedelta64[D]"), N_ACCOUNTS),
    }
    panel = keys | {
        "idle": np.tile(idle, N_DATES) + random.normal(scale=0.3, size=rows),
        "keen": np.tile(keen, N_DATES) + random.normal(scale=0.3, size=rows),
        "days_to_renewal": random.integers(0, 365, rows).astype(float),
        "churned": np.zeros(rows, dtype="int8"),
        "eligible": to_churn > 0,
    }
    none = pa.nulls(rows, pa.int32())
    times = keys | {
        "arr": np.full(rows, 100.0),
        "days_to_voluntary_churn": whole(to_churn, watched),
        "days_to_involuntary_churn": none,
        "days_to_expansion": whole(to_growth, watched),
        "days_to_contraction": none,
        "days_to_doubt": none,
        "days_observed": pa.array(watched, pa.int32()),
    }
    return pa.table(panel), pa.table(times)


def whole(days: np.ndarray, watched: np.ndarray) -> pa.Array:
    """Return whole days, null where they are not seen yet."""
    seen = np.minimum(np.floor(days), watched)
    return pa.array(seen.astype("int32"), mask=seen >= watched)
