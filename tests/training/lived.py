"""Accounts that live, weaken and leave: labels and rows as a panel has them."""

import numpy as np
import pyarrow as pa

LEAD, HORIZON, STEP = 14, 90, 28


def lived(n: int = 400, dates: int = 16, seed: int = 0, *, newest: int = 4) -> pa.Table:
    """One row per account and as_of until it leaves; use falls slowly before an account leaves.

    The newest dates have no label yet. `ends_soon` is a calendar: it turns with the label window.
    """
    random = np.random.default_rng(seed)
    days = np.arange(dates) * STEP
    start = np.datetime64("2022-01-03", "us")
    rows: dict[str, list] = {name: [] for name in ("account_id", "as_of", "use", "ends_soon")}
    rows |= {"noise": [], "plan": [], "churned": []}
    for number in range(n):
        plan = random.choice(["free", "pro"])
        leaves = random.exponential(700 if plan == "pro" else 350) + 30
        use = 10 + np.cumsum(random.normal(0, 0.7, dates)) - 4 * np.exp(-(leaves - days) / 150)
        term = random.integers(0, 365)
        for step, day in enumerate(days.tolist()):
            if leaves < day + LEAD:
                break
            known = step < dates - newest
            rows["account_id"].append(f"A{number:03d}")
            rows["as_of"].append(start + np.timedelta64(day, "D"))
            rows["use"].append(use[step])
            rows["ends_soon"].append(float(LEAD <= (term - day) % 365 < LEAD + HORIZON))
            rows["noise"].append(random.normal())
            rows["plan"].append(plan)
            rows["churned"].append(int(leaves < day + LEAD + HORIZON) if known else None)
    return pa.table(
        rows | {"as_of": np.array(rows["as_of"]), "churned": pa.array(rows["churned"], pa.int8())}
    )


def with_column(table: pa.Table, name: str, values) -> pa.Table:
    """The table with one more column; NaN is missing."""
    return table.append_column(name, pa.array(values, from_pandas=True))


def labels(table: pa.Table) -> np.ndarray:
    """Labels as floats, 0 where not known."""
    return np.nan_to_num(table["churned"].to_pandas().to_numpy(dtype=float))
