"""CPU seconds of a call: the median of a few, after one that does not count."""

import statistics
import time
from collections.abc import Callable


def cpu_seconds(call: Callable[[], object], *, runs: int = 5) -> float:
    """Median CPU seconds of `runs` calls."""
    call()
    return statistics.median(_once(call) for _ in range(runs))


def _once(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start
