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

from training.errors import TableError

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

MICROSECONDS = pa.timestamp("us")
# Other ways to write year, month and day, each as what to find and what to read instead.
DAY_FIRST = (r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$", r"\3-\2-\1")
YEAR_FIRST = (r"^(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?$", r"\1-\2-\3")
COMPACT = (r"^((?:19|20)\d\d)(\d\d)(\d\d)$", r"\1-\2-\3")
MONTH = (r"^((?:19|20)\d\d)[-/年]?(\d\d?)月?$", r"\1-\2-01")
YEAR = (r"^((?:19|20)\d\d)$", r"\1-01-01")
ONE_DIGIT = r"-(\d)(-|$)"


def read_times(values: pa.ChunkedArray[Any], *, name: str) -> npt.NDArray[np.datetime64]:
    """Read a time column as datetime64[us].

    Parameters
    ----------
    values : pyarrow.ChunkedArray (n,)
        Timestamps, dates, texts that are ISO dates or written in one of the ways above, or whole
        numbers such as 20240131, 202401 or 2024.
    name : str
        Name of the column, for the message.

    Raises
    ------
    TableError
        Naming a value that cannot be read as a date.
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_integer(values.type):
        values = values.cast(pa.string())
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return _read_texts(values.cast(pa.string()), name=name)
    if not pa.types.is_timestamp(values.type) and not pa.types.is_date(values.type):
        raise TableError(f"time column '{name}' holds no dates but {values.type}; give ISO dates")
    return _as_microseconds(values)


def _read_texts(texts: pa.ChunkedArray[Any], *, name: str) -> npt.NDArray[np.datetime64]:
    """Read ISO texts, else texts that all have one of the other forms."""
    try:
        return _as_microseconds(texts.cast(MICROSECONDS))
    except pa.ArrowException:
        pass
    for found, instead in (DAY_FIRST, YEAR_FIRST, COMPACT, MONTH, YEAR):
        if pc.all(pc.match_substring_regex(texts, found)).as_py():
            iso = pc.replace_substring_regex(texts, found, instead)
            for _ in range(2):
                iso = pc.replace_substring_regex(iso, ONE_DIGIT, r"-0\1\2")
            try:
                return _as_microseconds(iso.cast(MICROSECONDS))
            except pa.ArrowException:
                break
    return _with_zone(texts, name=name)


def _with_zone(texts: pa.ChunkedArray[Any], *, name: str) -> npt.NDArray[np.datetime64]:
    """Read ISO texts that state their zone, or raise TableError with one that is no date."""
    try:
        return _as_microseconds(texts.cast(pa.timestamp("us", tz="UTC")))
    except pa.ArrowException as error:
        odd = next(text for text in texts.drop_null().to_pylist() if not _is_iso(str(text)))
        raise TableError(
            f"time column '{name}' holds '{odd}', which cannot be read as a date in one way; "
            "give ISO dates such as 2024-01-31"
        ) from error


def _is_iso(text: str) -> bool:
    """Say whether a text is an ISO date or time without zone."""
    try:
        pa.scalar(text).cast(MICROSECONDS)
    except pa.ArrowException:
        return False
    return True


def _as_microseconds(values: pa.ChunkedArray[Any]) -> npt.NDArray[np.datetime64]:
    """Return timestamps or dates, those with a zone in UTC."""
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = values.cast(pa.timestamp("us", tz="UTC")).cast(MICROSECONDS)
    return np.asarray(values.cast(MICROSECONDS).to_numpy(), dtype="datetime64[us]")
