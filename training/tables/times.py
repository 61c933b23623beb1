"""Reads the time column of a table: timestamps, dates, or dates as people write them, in UTC.

Only what can be read in one way is read: 02/03/2024 is refused, and so are numbers that may be
anything but a year, a month or a day.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.dates import moments
from training.errors import TableError


def read_times(values: pa.ChunkedArray[Any], *, name: str) -> npt.NDArray[np.datetime64]:
    """Read a time column as datetime64[us].

    Parameters
    ----------
    values : pyarrow.ChunkedArray (n,)
        Timestamps, dates, texts as `scoring.dates.moments` reads them, or whole numbers such as
        20240131, 202401 or 2024.
    name : str
        Name of the column, for the message.

    Raises
    ------
    TableError
        Naming a value that cannot be read as a date.
    """
    if pa.types.is_integer(values.type):
        values = values.cast(pa.string())
    times = moments(values)
    if times is None:
        raise TableError(_refusal(values, name))
    return np.asarray(times.to_numpy(), dtype="datetime64[us]")


def _refusal(values: pa.ChunkedArray[Any], name: str) -> str:
    """Say which value is no date."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if not pa.types.is_string(values.type) and not pa.types.is_large_string(values.type):
        return f"time column '{name}' holds no dates but {values.type}; give ISO dates"
    texts = values.drop_null().to_pylist()
    odd = next(text for text in texts if moments(pa.chunked_array([[text]])) is None)
    return (
        f"time column '{name}' holds '{odd}', which cannot be read as a date in one way; "
        "give ISO dates such as 2024-01-31"
    )
