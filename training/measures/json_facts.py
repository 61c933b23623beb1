"""Frozen facts as JSON has them, which knows no NaN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np


def as_json(value: Any) -> Any:
    """Return facts as JSON has them: frozen dataclasses are objects, NaN and infinity null."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
