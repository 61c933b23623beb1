"""One group of features as a whole: what is declared, and the functions that compute it.

``measure(view)`` returns one row per account and as_of that has any row; ``derive(panel)`` returns
columns computed from other columns of the same row; ``compare(panel)`` returns one row per account
and as_of of what depends on other rows of the same as_of. A declaration alone needs no engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

Measure = Callable[["View"], "ir.Table"]
Derive = Callable[["ir.Table"], "dict[str, ir.Value]"]
Compare = Callable[["ir.Table"], "ir.Table"]


@dataclass(frozen=True)
class Definition:
    """Features and how they are computed.

    Attributes
    ----------
    features : tuple of Feature
        In panel order.
    measure, derive, compare : function or None
        At least one where there is anything to compute; a user's own have the first two.
    code : str
        Digest of the functions where they are not the project's own; part of the fingerprint.
    """

    features: tuple[Feature, ...]
    measure: Measure | None = None
    derive: Derive | None = None
    compare: Compare | None = None
    code: str = ""


def defined_in(module: ModuleType) -> Definition:
    """Return the definition of one module of ``features.definitions``."""
    return Definition(
        features=tuple(module.FEATURES),
        measure=getattr(module, "measure", None),
        derive=getattr(module, "derive", None),
        compare=getattr(module, "compare", None),
    )
