"""From a company's raw tables to one row of features per account and as_of.

The catalogue loads without the engine: what needs Ibis or DuckDB is imported when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from features import errors
from features.catalogue import CATALOGUE, Catalogue
from features.feature import Feature
from features.label_window import LabelWindow, as_of_grid

if TYPE_CHECKING:
    from features.check import CheckReport, check_source
    from features.engine import Source, open_source
    from features.panel import build_panel
    from features.panel_dataset import read_panel_dataset, write_panel_dataset
    from features.panel_file import write_panel

__all__ = [
    "CATALOGUE",
    "Catalogue",
    "CheckReport",
    "Feature",
    "LabelWindow",
    "Source",
    "as_of_grid",
    "build_panel",
    "check_source",
    "errors",
    "open_source",
    "read_panel_dataset",
    "write_panel",
    "write_panel_dataset",
]

_LAZY = {
    "CheckReport": "features.check",
    "check_source": "features.check",
    "Source": "features.engine",
    "open_source": "features.engine",
    "build_panel": "features.panel",
    "read_panel_dataset": "features.panel_dataset",
    "write_panel": "features.panel_file",
    "write_panel_dataset": "features.panel_dataset",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'features' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
