"""Reads the time column of a table: timestamps, dates, or dates as people write them, in UTC.

Only what can be read in one way is read: 02/03/2024 is refused, and so are numbers that may be
anything but a year, a month or a day.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from scoring.dates import first_odd, moments
from training.errors import TableError

pc: Any = pyarrow.compute  # its stubs refuse what it accepts


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
    times = moments(values, coarse=True)
    if times is None or times.null_count > values.null_count:
        raise TableError(_refusal(values, times, name))
    return np.asarray(times.to_numpy(), dtype="datetime64[us]")


def _refusal(values: pa.ChunkedArray[Any], times: Any, name: str) -> str:
    """Say which value is no date."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_integer(values.type):
        values = values.cast(pa.string())
    if not pa.types.is_string(values.type) and not pa.types.is_large_string(values.type):
        return f"time column '{name}' holds no dates but {values.type}; give ISO dates"
    row = first_odd(values, coarse=True) or 0 if times is None else _unknown(values, times)
    odd = values[row]
    return (
        f"time column '{name}' holds '{odd}', which cannot be read as a date in one way; "
        "give ISO dates such as 2024-01-31"
    )


def _unknown(values: pa.ChunkedArray[Any], times: Any) -> int:
    """Return the first row whose text says that its time is not known."""
    silent = pc.and_(pc.is_null(times), pc.is_valid(values))
    return int(pc.index(silent, True).as_py())
