"""The defect alarm: one row per account and as_of, and no feature outside its declared range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import Catalogue
from features.errors import FeatureRangeError
from features.feature import Feature


def require_in_range(panel: pa.Table, catalogue: Catalogue) -> None:
    """Raise unless keys are unique and every numeric value is finite and in its range.

    Parameters
    ----------
    panel : pyarrow.Table
        Sorted by ``as_of``, ``account_id``.

    Raises
    ------
    FeatureRangeError
        Names the feature, the number of rows and one account.
    """
    _require_unique(panel)
    measured = [feature for feature in catalogue if feature.kind != "category"]
    finite = _are_finite([panel[feature.name] for feature in measured])
    for feature in measured:
        if not (finite and _is_in_range(panel[feature.name], feature)):
            _require(panel, feature)


def _require_unique(panel: pa.Table) -> None:
    before, after = panel.slice(0, max(panel.num_rows - 1, 0)), panel.slice(1)
    same = pc.and_(
        pc.equal(before["account_id"], after["account_id"]),
        pc.equal(before["as_of"], after["as_of"]),
    )
    twice = after.filter(same)
    if twice.num_rows:
        raise FeatureRangeError(
            f"account {twice['account_id'][0]} has more than one row as of {twice['as_of'][0]}: a "
            "feature's measure must return one row per account and as_of; aggregate it to that"
        )


def _require(panel: pa.Table, feature: Feature) -> None:
    values = panel[feature.name]
    wrong = pc.invert(pc.is_finite(values))
    if feature.low is not None:
        wrong = pc.or_(wrong, pc.less(values, pa.scalar(feature.low, pa.float64())))
    if feature.high is not None:
        wrong = pc.or_(wrong, pc.greater(values, pa.scalar(feature.high, pa.float64())))
    bad = panel.filter(wrong)
    if bad.num_rows:
        raise FeatureRangeError(
            f"{feature.name} left [{feature.low}, {feature.high}] on {bad.num_rows} rows, such as "
            f"{bad[feature.name][0]} for account {bad['account_id'][0]} as of {bad['as_of'][0]}: "
            "its definition or its declared range is wrong; please report it"
        )


def _are_finite(columns: Sequence[pa.ChunkedArray[Any]]) -> bool:
    # All in one go: to ask each of 160 columns costs more than the rows of a small panel.
    values = pa.chunked_array([part for column in columns for part in column.chunks], pa.float64())
    return bool(pc.all(pc.is_finite(values), min_count=0).as_py())


def _is_in_range(values: pa.ChunkedArray[Any], feature: Feature) -> bool:
    least, most = (bound.as_py() for bound in pc.min_max(values).values())
    too_low = feature.low is not None and least is not None and least < feature.low
    return not (too_low or (feature.high is not None and most is not None and most > feature.high))
