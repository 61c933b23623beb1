"""Names for the array types of the simulator.

Axes come in the order account, week (or day), playbook; weeks count from the first day.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Days = NDArray[np.datetime64]
Words = NDArray[np.str_]
Columns = dict[str, "NDArray[np.generic]"]

DAYS_PER_WEEK = 7
WEEKS_PER_YEAR = 365.25 / 7


def stream(seed: int, *names: int | str) -> np.random.Generator:
    """Return the generator of one named stream: adding a draw to one never moves another."""
    keys = [zlib.crc32(name.encode()) if isinstance(name, str) else name for name in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *keys]))


def days(first: np.datetime64, offsets: NDArray[np.generic]) -> Days:
    """Return the dates that lie `offsets` days after `first`; a negative-infinite offset is NaT."""
    return first + np.asarray(offsets).astype("timedelta64[D]")
