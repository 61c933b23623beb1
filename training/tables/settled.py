"""Which dates of a panel are settled: every label that can be known at them is known.

Within the grace after a label window the last leavers are still null while those who stayed are
already 0; a model fitted or tested there would read a base rate that is too low. The dates
are left out whole.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.label_window import last_certain


def settled_rows(
    raw_table: pa.Table, labels: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Return which rows lie at settled dates, (n,), and what to say about the others.

    A table that is no panel with labels is settled throughout.
    """
    last = last_certain(raw_table.schema.metadata or {})
    if last is None or "as_of" not in raw_table.column_names:
        return np.ones(raw_table.num_rows, dtype=np.bool_), []
    settled = pc.less_equal(raw_table.column("as_of"), pa.scalar(last, pa.timestamp("us")))
    mask = np.asarray(settled.to_numpy(zero_copy_only=False), dtype=np.bool_)
    held_back = int((~mask & ~np.isnan(labels)).sum())
    note = f"as_of after {last:%Y-%m-%d}: {held_back} labelled rows left out, the grace runs"
    return mask, [note] if held_back else []
