"""Labels come in many words; what is not one of two classes is refused by value."""

import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from training.errors import TableError
from training.tables.labels import read_labels


@pytest.mark.parametrize(
    "values",
    [
        [True, False, None],
        [1, 0, None],
        [1.0, 0.0, math.nan],
        ["Yes", "no", ""],
        ["True.", " FALSE.", " "],
        ["Churned", "retained", None],
        ["1", "0.0", "NaN"],
        ["Exited", "Existing", None],
        ["inactive", "active", "n/a"],
        ["解約", "継続", ""],
        ["はい", "いいえ", None],
        [Decimal(1), Decimal(0), None],
    ],
)
def test_pairs_are_read_and_blank_stays_unknown(values: list) -> None:
    found = read_labels(pa.chunked_array([values]), name="left")
    assert np.array_equal(found, [1.0, 0.0, math.nan], equal_nan=True)


def test_dictionary_columns_are_read() -> None:
    values = pa.chunked_array([pa.array(["y", "n"]).dictionary_encode()])
    assert read_labels(values, name="left").tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("values", "says"),
    [([0, 1, 2], "2"), (["yes", "maybe"], "maybe"), ([0.5], "0.5"), ([["a"]], "list")],
)
def test_other_values_are_named(values: list, says: str) -> None:
    with pytest.raises(TableError, match=says):
        read_labels(pa.chunked_array([values]), name="left")
