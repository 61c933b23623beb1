"""Rows are read as training read its table, whatever their reader has made of the types."""

import numpy as np
import pyarrow as pa
import pytest

from scoring import Calibrator, Column, Manifest
from scoring.encoding import encode
from scoring.matching import match_types

COLUMNS = (
    Column("code", "category", levels=("007", "1", "2", "NY")),
    Column("either", "category", levels=("1", "1.0", "2")),
    Column("is_new", "category", levels=("False", "True")),
)
MANIFEST = Manifest(
    outcome="churn", label="left", entity="account_id", time=None, columns=COLUMNS,
    calibrator=Calibrator(), catalogue=None, training={},
)  # fmt: skip


def matrix(**columns: pa.Array) -> np.ndarray:
    rows = {"code": ["NY"], "either": ["2"], "is_new": ["True"]} | columns
    return encode(match_types(pa.table(rows), MANIFEST), COLUMNS)


def test_levels_that_were_read_as_numbers_are_the_levels_again() -> None:
    known = [0.0, 1.0, 2.0]
    for kind in (pa.int64(), pa.int8(), pa.float64(), pa.decimal128(6, 2)):
        for values in (pa.array([7, 1, 2], kind), pa.array([7, 1, 2], kind).dictionary_encode()):
            three = {"either": ["2"] * 3, "is_new": ["True"] * 3}
            assert matrix(code=values, **three)[:, 0].tolist() == known


@pytest.mark.parametrize("value", [8.0, 1.5, None])
def test_a_number_that_is_no_level_is_read_as_missing(value: float | None) -> None:
    assert np.isnan(matrix(code=pa.array([value], pa.float64()))[0, 0])


def test_of_two_levels_for_a_number_only_the_one_written_so_is_meant() -> None:
    assert matrix(either=pa.array([2]))[0, 1] == 2.0
    assert matrix(either=pa.array([1]))[0, 1] == 0.0
    assert np.isnan(matrix(either=pa.array(["1.00"]))[0, 1])


def test_flags_are_levels_and_blanks_stay_blank() -> None:
    one = {"code": ["NY"] * 3, "either": ["2"] * 3}
    found = matrix(is_new=pa.array([True, None, False]), **one)[:, 2]
    assert found[0] == 1.0
    assert np.isnan(found[1])
    assert found[2] == 0.0
