"""The bundle as MLflow's `python_function` flavour, named as its loader module; no pickle.

A frame goes in (pandas, in any column order), a frame with probability and margin comes out.
Which catalogue is in force is not asked: whoever calls brings the columns, and a user's own
features must score where their file is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from scoring.bundle import Bundle, load_bundle
from scoring.errors import ScoringError
from scoring.manifest import clocks_of
from scoring.matching import match_types


@dataclass(frozen=True)
class PythonFunction:
    """What MLflow asks for predictions."""

    bundle: Bundle

    def predict(self, frame: Any, params: dict[str, Any] | None = None) -> Any:
        """Score a pandas frame; `params` is part of MLflow's protocol and not used.

        Columns are read as training read its table, whatever types the caller's reader has made of
        them. MLflow's server gives `inputs` and `instances` as one mapping of columns instead.
        """
        del params
        manifest = self.bundle.manifest
        wanted = {*manifest.names, *clocks_of(manifest.columns)}
        scores = self.bundle.score(match_types(_as_table(_as_frame(frame), wanted), manifest))
        columns: dict[str, Any] = {"probability": scores.probability, "margin": scores.margin}
        return pa.table(columns).to_pandas()


def _load_pyfunc(path: str) -> PythonFunction:
    """Load the bundle; MLflow calls this by name."""
    return PythonFunction(load_bundle(Path(path), catalogue=None))


def _as_frame(given: Any) -> Any:
    """Return rows as a data frame, from any of the shapes in which MLflow hands them over."""
    if hasattr(given, "columns"):
        return given
    from pandas import DataFrame  # MLflow brings it; scoring without MLflow needs none

    if isinstance(given, Mapping):
        one_row = not any(map(_is_column, given.values()))
        return DataFrame({name: [_bare(it)] for name, it in given.items()} if one_row else given)
    if isinstance(given, Sequence) and all(isinstance(row, Mapping) for row in given):
        return DataFrame(given)
    raise ScoringError("rows came without the names of their columns: send a data frame")


def _is_column(value: Any) -> bool:
    """Say whether a value holds those of several rows."""
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list or bool(getattr(value, "ndim", False))


def _bare(value: Any) -> Any:
    """Return the value of one row out of the array of no dimension that MLflow wraps it in."""
    return value.item() if hasattr(value, "item") else value


def _as_table(frame: Any, wanted: set[str]) -> pa.Table:
    """Return the wanted columns of a data frame; what else is in it is nobody's business."""
    taken = [(str(name), at) for at, name in enumerate(frame.columns) if str(name) in wanted]
    arrays = [_as_array(frame.iloc[:, at]) for _, at in taken]
    if not arrays:
        return pa.table({"": pa.nulls(len(frame))})
    return pa.Table.from_arrays(arrays, names=[name for name, _ in taken])


def _as_array(values: Any) -> pa.Array[Any]:
    """Return a column of a data frame; a reader that worked in chunks mixes numbers and texts."""
    try:
        found = pa.array(values, from_pandas=True)
    except pa.ArrowException:
        pairs = zip(values, values.isna(), strict=True)
        texts = [None if missing else str(each) for each, missing in pairs]
        return pa.array(texts, type=pa.string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
