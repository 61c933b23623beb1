"""The newest dates of a panel are left out until the grace after their label window is over."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.tables.settled import settled_rows

NEWEST = datetime(2026, 10, 1)


def panel(days_ago: list[int], **metadata: str) -> pa.Table:
    dates = pa.array([NEWEST - timedelta(days=d) for d in days_ago], pa.timestamp("us"))
    facts = {"tierwise.lead_days": "14", "tierwise.horizon_days": "90", "tierwise.grace_days": "30"}
    facts["tierwise.newest"] = NEWEST.isoformat()
    return pa.table({"as_of": dates}).replace_schema_metadata(facts | metadata)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=20))
def test_a_date_is_settled_when_lead_horizon_and_grace_are_over(days_ago: list[int]) -> None:
    settled, _ = settled_rows(panel(days_ago), np.zeros(len(days_ago)))
    assert settled.tolist() == [d >= 134 for d in days_ago]


def test_only_labelled_rows_are_spoken_of() -> None:
    labels = np.array([0.0, np.nan, 1.0])
    _, notes = settled_rows(panel([133, 20, 200]), labels)
    assert notes == ["as_of after 2026-05-20: 1 labelled rows left out, the grace runs"]


@pytest.mark.parametrize("table", [pa.table({"as_of": [1]}), pa.table({"x": [1]})])
def test_any_other_table_is_settled(table: pa.Table) -> None:
    settled, notes = settled_rows(table, np.zeros(1))
    assert settled.all()
    assert notes == []
