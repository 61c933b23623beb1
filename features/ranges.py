"""The defect alarm: no feature may leave the range its declaration gives it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import Catalogue
from features.errors import FeatureRangeError
from features.feature import Feature


def require_in_range(panel: pa.Table, catalogue: Catalogue) -> None:
    """Raise unless every value of every numeric feature is finite and in its range.

    Raises
    ------
    FeatureRangeError
        Names the feature, the number of rows and one account.
    """
    for feature in catalogue:
        if feature.kind != "category":
            _require(panel, feature)


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
