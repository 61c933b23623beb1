"""Reading ahead changes nothing but when: same items, same order, errors in their place."""

from collections.abc import Iterator
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.tables.read_ahead import read_ahead


@given(st.lists(st.none() | st.integers() | st.just("")))
def test_the_same_in_the_same_order(items: list[object]) -> None:
    assert list(read_ahead(iter(items))) == items


def test_an_error_comes_after_what_was_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third is damaged")

    ahead = read_ahead(broken())
    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(ValueError, match="third"):
        next(ahead)


def test_the_next_is_read_while_the_one_before_is_worked_on() -> None:
    is_read = Event()

    def two() -> Iterator[int]:
        yield 1
        is_read.set()
        yield 2

    ahead = read_ahead(two())
    assert next(ahead) == 1
    assert is_read.wait(timeout=60)
    assert list(ahead) == [2]
