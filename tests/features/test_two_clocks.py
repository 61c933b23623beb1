"""Two clocks: late rows, corrections and values that change later count once known."""

from collections.abc import Callable, Collection
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from reference_view import is_correction

from features import CATALOGUE
from features.schema import TABLES

AS_OF, LATER = datetime(2024, 10, 7), datetime(2024, 12, 30)
DATED = tuple(name for name, table in TABLES.items() if table.time is not None)
CORRECTED = {"users": "role", "tickets": "severity", "invoices": "amount"}
Frames = dict[str, pd.DataFrame]
Build = Callable[..., pa.Table]


def features_at(panel: pa.Table, as_of: datetime) -> pa.Table:
    rows = panel.filter(pc.equal(panel["as_of"], pa.scalar(as_of, pa.timestamp("us"))))
    return rows.select(["account_id", *CATALOGUE.names]).combine_chunks()


def assert_same(
    one: pa.Table, other: pa.Table, as_of: datetime = AS_OF, but: Collection[str] = ()
) -> None:
    first, second = features_at(one, as_of), features_at(other, as_of)
    assert first.num_rows > 20
    assert {n for n in first.column_names if not first[n].equals(second[n])} <= set(but)


def drawn(name: str, frame: pd.DataFrame, share: float) -> pd.Series:
    """Draw known rows that may be missing: of accounts, only those that correct an earlier row."""
    rows = pd.Series(np.random.default_rng(len(name)).random(len(frame)) < share, frame.index)
    known_at = frame.known_at.fillna(frame[str(TABLES[name].time)])
    known = rows & (known_at < AS_OF)
    return known & frame.known_at.notna() if name == "accounts" else known


def arriving_late(frames: Frames) -> tuple[Frames, Frames]:
    """Return the tables with two rows in five known only from AS_OF on, and without those rows."""
    late, absent = {}, {}
    for name, frame in frames.items():
        frame = frame.reset_index(drop=True)
        late[name] = absent[name] = frame
        if name in DATED:
            rows = drawn(name, frame, 0.4)
            # Each at its own second: two versions of a key cannot become known at once.
            seconds = pd.Series(frame.index % 86_400, frame.index)
            arrival = pd.Timestamp(AS_OF) + pd.to_timedelta(seconds, unit="s")
            late[name] = frame.assign(known_at=frame.known_at.where(~rows, arrival))
            absent[name] = frame[~rows]
    return late, absent


def test_late_rows_are_not_there_before_they_arrive(small_company: Frames, panel_of: Build) -> None:
    late, absent = arriving_late(small_company)
    arrived = panel_of(late, [AS_OF, LATER])
    assert_same(arrived, panel_of(absent, [AS_OF]))
    # Once all have arrived, it is as if they had come in time, but for the rows of corrections.
    dated = {n: f for n, f in late.items() if n not in ("accounts", *CORRECTED)}
    whole = {**small_company, **{n: small_company[n] for n in dated}}
    again = {**small_company, **dated}
    assert_same(panel_of(again, [LATER]), panel_of(whole, [LATER]), LATER)


def test_nor_are_those_of_ten_thousand_accounts(large_company: Frames, panel_of: Build) -> None:
    late, absent = arriving_late(large_company)
    panel = panel_of(late, [AS_OF])
    assert panel.num_rows >= 10_000
    assert_same(panel, panel_of(absent, [AS_OF]))


@pytest.mark.parametrize(("table", "column"), CORRECTED.items())
def test_a_correction_counts_from_when_it_is_known(
    small_company: Frames, panel_of: Build, table: str, column: str
) -> None:
    time, key = str(TABLES[table].time), TABLES[table].key[0]
    frame = small_company[table].drop_duplicates(key).assign(known_at=pd.NaT)
    old = frame[frame[time] < AS_OF]
    wrong = {"role": "champion", "severity": "urgent", "amount": 1e6}[column]
    right = old.assign(**{column: wrong}, known_at=pd.Timestamp(AS_OF))
    first = {**small_company, table: frame}
    both = pd.concat([frame, right.astype(frame.dtypes.to_dict())], ignore_index=True)
    instead = pd.concat([frame[frame[time] >= AS_OF], right.assign(known_at=pd.NaT)])
    next_day = datetime(2024, 10, 8)
    panel = panel_of({**first, table: both}, [AS_OF, next_day])
    assert_same(panel, panel_of(first, [AS_OF]))
    replaced = {**first, table: instead.astype(frame.dtypes.to_dict())}
    # Failed attempts of an unpaid invoice are known by its correction alone.
    alone = ("n_failed_payments_364d",) if table == "invoices" else ()
    assert_same(panel, panel_of(replaced, [next_day]), next_day, but=alone)
    assert not features_at(panel, AS_OF).equals(features_at(panel, next_day))


def test_values_that_change_later_are_not_yet_known(small_company: Frames, panel_of: Build) -> None:
    blank = {}
    for name, frame in small_company.items():
        columns = {c.name: c.clock for c in TABLES[name].columns if c.clock}
        later = {n: frame[clock].isna() | (frame[clock] >= AS_OF) for n, clock in columns.items()}
        if "failed_attempts" in later:
            later["failed_attempts"] &= ~is_correction(frame, name)
        empty = {n: frame[n].astype("Float64" if n == "failed_attempts" else frame[n].dtype)
                 for n in columns}  # fmt: skip
        blank[name] = frame.assign(**{n: empty[n].where(~later[n]) for n in columns})
    assert_same(panel_of(small_company, [AS_OF]), panel_of(blank, [AS_OF]))


def test_a_contract_change_dated_ahead_is_no_feature_yet(tiny: Frames, panel_of: Build) -> None:
    as_of = datetime(2024, 7, 1)
    ahead = tiny["contracts"].assign(
        change_id="K2", type="churn", happened_at=pd.Timestamp("2024-08-01"), arr=0.0,
        known_at=pd.Timestamp("2024-06-01"),
    )  # fmt: skip
    frames = {**tiny, "contracts": pd.concat([tiny["contracts"], ahead])}
    panel = panel_of(frames, [as_of])
    assert features_at(panel, as_of).equals(features_at(panel_of(tiny, [as_of]), as_of))
    # Who is leaving is known all the same: there is nothing left to predict.
    assert panel["eligible"].to_pylist() == [False]
