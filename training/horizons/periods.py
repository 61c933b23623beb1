"""The periods after as_of in which outcomes are looked for, and which outcome counts first.

Worked example: as_of 1 June, lead 14, ends 30 and 60: the first period is [15 June, 15 July), the
second [15 July, 14 August). The first is the label window of horizon 30, both are that of 60.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.errors import HorizonError

Floats = npt.NDArray[np.float64]

# When two fall on one day the first named counts: what ends the contract before what resizes it.
OUTCOMES = ("involuntary_churn", "voluntary_churn", "contraction", "expansion")
CHURNS = OUTCOMES[:2]


@dataclass(frozen=True, kw_only=True)
class Periods:
    """Consecutive periods that begin when the lead is over.

    Attributes
    ----------
    ends : tuple of int
        Days from the end of the lead to the end of each period, rising: the horizons.
    lead_days : int
        What is decided between as_of and the first period is too late to predict.
    grace_days : int
        How long after its end a period's outcomes are certain.
    """

    ends: tuple[int, ...] = (30, 60, 90, 180, 365)
    lead_days: int = 14
    grace_days: int = 30

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip((0, *self.ends), self.ends, strict=False))
        if not self.ends or not rising:
            raise HorizonError(f"horizons {self.ends}: give rising numbers of days, such as 30,90")
        if self.lead_days < 0 or self.grace_days < 0:
            raise HorizonError(
                f"lead {self.lead_days}, grace {self.grace_days}: neither may be negative"
            )

    @property
    def starts(self) -> Floats:
        """Days from as_of to the start of each period, (p,)."""
        return self.lead_days + np.array((0, *self.ends[:-1]), dtype=np.float64)

    @property
    def closes(self) -> Floats:
        """Days from as_of to the end of each period, excluded, (p,)."""
        return self.lead_days + np.array(self.ends, dtype=np.float64)

    @property
    def certain_after(self) -> npt.NDArray[np.timedelta64]:
        """Time from as_of until each period and its grace are over, (p,)."""
        return np.asarray((self.closes + self.grace_days).astype("timedelta64[D]"))

    @property
    def lengths(self) -> Floats:
        """Days of each period, (p,)."""
        return self.closes - self.starts
