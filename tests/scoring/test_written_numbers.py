"""Numbers written as text are read in the one way they can be meant, or not at all."""

import pyarrow as pa
import pytest

from scoring.written_numbers import numbers_written, odd_ones, read_numbers


def texts(*values: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.string())])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["1", "2.5", ".5", "1e5", "-3"], [1.0, 2.5, 0.5, 1e5, -3.0]),
        (["1,234.50", "999", "-12,000"], [1234.5, 999.0, -12000.0]),
        (["1.234,50", "0,125", "-12,5"], [1234.5, 0.125, -12.5]),
        (["$1,200", "$ 3", "-$4"], [1200.0, 3.0, -4.0]),
        (["1.200,50 €", "3,5€"], [1200.5, 3.5]),
        (["40%", "3.5 %"], [40.0, 3.5]),
        (["?", "-", "NA", "unknown", "3"], [None, None, None, None, 3.0]),
        (["１２３", "4５", "－", "Ｎ／Ａ", "－６．５"], [123.0, 45.0, None, None, -6.5]),
        (["12.3％", "４%"], [12.3, 4.0]),
        (["￥１，２００", "¥3"], [1200.0, 3.0]),
    ],
)
def test_what_people_write(written: list[str], meant: list[float | None]) -> None:
    assert numbers_written(texts(*written)).to_pylist() == meant
    one_by_one = [read_numbers(texts(text)).to_pylist()[0] for text in written]
    assert one_by_one == meant


@pytest.mark.parametrize(
    "written",
    [
        ["1,250", "12,5"],
        ["12,5", "1.5"],
        ["40%", "3"],
        ["$1", "€2"],
        ["01", "2"],
        ["?", None],
        ["1.2.3"],
        ["31.1.2024"],
        ["10²", "3"],
        ["①", "3"],
    ],
)
def test_what_may_mean_two_things_or_nothing_is_left(written: list[str | None]) -> None:
    assert numbers_written(texts(*written)) is None


def test_what_keeps_numbers_from_being_read_is_named() -> None:
    assert odd_ones(texts("1", "2", "3", "many")) == ["many"]
    assert odd_ones(texts("１", "２", "－", "ｍａｎｙ")) == ["ｍａｎｙ"]
    assert odd_ones(texts("a@b.c", "d@e.f", "1")) == []
    assert read_numbers(texts("many")) is None
