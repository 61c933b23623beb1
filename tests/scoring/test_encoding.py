"""Rows are read by name: every mistake is named, missing stays missing."""

import math

import numpy as np
import pyarrow as pa
import pytest

from scoring import Column, RowError
from scoring.encoding import encode

COLUMNS = (Column("idle_days", "number"), Column("plan", "category", levels=("free", "pro")))


def test_null_nan_unseen_and_booleans() -> None:
    rows = pa.table(
        {
            "plan": pa.array(["pro", None, "gold", "free"]).dictionary_encode(),
            "idle_days": [1.5, None, math.nan, 0.0],
        }
    )
    expected = np.array([[1.5, 1], [np.nan, np.nan], [np.nan, np.nan], [0, 0]])
    assert np.array_equal(encode(rows, COLUMNS), expected, equal_nan=True)
    flags = encode(pa.table({"f": [True, False, None]}), [Column("f", "number")])
    assert np.array_equal(flags[:, 0], [1.0, 0.0, np.nan], equal_nan=True)


def test_an_all_null_column_is_missing_everywhere() -> None:
    rows = pa.table({"idle_days": pa.nulls(2), "plan": pa.nulls(2)})
    assert np.isnan(encode(rows, COLUMNS)).all()


def test_every_mistake_is_named_at_once() -> None:
    rows = pa.table({"idle_dais": [1.0], "plan": [3]})
    with pytest.raises(RowError) as caught:
        encode(rows, COLUMNS, strict=True)
    found = {(d.column, d.nearest) for d in caught.value.details}
    assert found == {("idle_days", "idle_dais"), ("idle_dais", "idle_days"), ("plan", None)}
    assert "did you mean 'idle_dais'" in str(caught.value)


@pytest.mark.parametrize("bad", [math.inf, -math.inf, 1e400])
def test_infinity_is_refused_with_its_row(bad: float) -> None:
    with pytest.raises(RowError) as caught:
        encode(pa.table({"idle_days": [0.0, bad], "plan": ["pro", "pro"]}), COLUMNS)
    assert caught.value.details[0].row == 1


def test_extras_pass_unless_strict() -> None:
    rows = pa.table({"idle_days": [1], "plan": ["pro"], "account_id": ["A"], "note": ["x"]})
    assert encode(rows, COLUMNS).tolist() == [[1.0, 1.0]]
    with pytest.raises(RowError, match="'note' is not a column"):
        encode(rows, COLUMNS, strict=True, also_known={"account_id"})


def test_text_is_not_a_number() -> None:
    with pytest.raises(RowError, match="'idle_days' must be a number, but is string"):
        encode(pa.table({"idle_days": ["7"], "plan": ["pro"]}), COLUMNS)


def test_a_column_given_twice_is_refused() -> None:
    rows = pa.Table.from_arrays(
        [pa.array([1.0])] * 2 + [pa.array(["pro"])], names=["idle_days"] * 2 + ["plan"]
    )
    with pytest.raises(RowError, match="is there 2 times"):
        encode(rows, COLUMNS)
