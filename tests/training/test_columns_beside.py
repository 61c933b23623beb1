"""Columns that no model reads, found again row by row."""

import numpy as np
import pyarrow as pa

from training.tables.columns_beside import columns_beside
from training.tables.roles import Roles
from training.tables.table import read_examples


def test_false_is_a_group_and_blank_is_not_known(make_snapshots) -> None:
    table = make_snapshots(30, 2).slice(0, 60)
    tier = pa.array([True, False, None] * 20)
    table = table.append_column("tier", tier)
    found = read_examples(table, Roles("churn", drop=("tier",)))
    levels = columns_beside(table, found, np.arange(3), ["tier"])["tier"]
    assert levels.tolist() == ["True", "False", ""]
