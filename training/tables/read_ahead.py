"""Reads the next batch of a large table while the one before is worked on.

Decoding a batch takes one core and LightGBM's bins the others: in turns, each would wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def read_ahead(coming: Iterator[T]) -> Iterator[T]:
    """Yield the same in the same order, one ahead of who asks; errors come where they belong."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        following = reader.submit(_next, coming)
        while found := following.result():
            following = reader.submit(_next, coming)
            yield found[0]


def _next(coming: Iterator[T]) -> tuple[T] | None:
    for item in coming:
        return (item,)
    return None
