"""A user's own features: a Python file with ``FEATURES`` and ``measure`` or ``derive``.

The file has the shape of a module of ``features.definitions``. It receives the same view, in which
no row is known at or after as_of; ``features.leak_check`` proves that it did not go around it.
What its code does is part of the catalogue's fingerprint; its comments and words are not.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, get_args

from features.catalogue import CATALOGUE, Catalogue
from features.definition import Definition, Derive, Measure, defined_in
from features.errors import CatalogueError, nearest
from features.feature import Feature, Group, Kind

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View

_KEYS = ("account_id", "as_of")
_RESERVED = (*_KEYS, "churned", "expanded", "contracted", "eligible")


def load_catalogue(path: str | Path | None, base: Catalogue = CATALOGUE) -> Catalogue:
    """Return the shipped catalogue with the features of a user's file behind its own.

    Parameters
    ----------
    path : str or Path or None
        The file named by ``features`` in ``tierwise.toml``; None for the shipped catalogue alone.

    Raises
    ------
    CatalogueError
        The file is missing or fails, declares nothing, or declares something that is no feature.
    """
    if path is None:
        return base
    place = Path(path)
    module, text = _run(place)
    _require_functions(place, module)
    found = defined_in(module)
    for feature in found.features:
        _require_feature(place, feature, base)
    names = tuple(feature.name for feature in found.features)
    return base.extended(
        Definition(
            features=found.features,
            measure=found.measure and _measured(place, found.measure, names),
            derive=_derived(place, found.derive or _nothing, names),
            code=_digest(text),
        )
    )


def _run(place: Path) -> tuple[ModuleType, str]:
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{place}: the file of own features cannot be read: {error}") from None
    spec = importlib.util.spec_from_file_location("own_features", place)
    if spec is None or spec.loader is None:
        raise CatalogueError(f"{place}: own features are a Python file, its name ends in .py")
    module = importlib.util.module_from_spec(spec)
    try:
        exec(compile(text, str(place), "exec"), module.__dict__)
    except Exception as error:
        raise CatalogueError(f"{place} fails with {_said(error)}: correct it") from error
    return module, text


def _require_functions(place: Path, module: ModuleType) -> None:
    if not getattr(module, "FEATURES", ()):
        hint = nearest("FEATURES", list(vars(module)))
        raise CatalogueError(f"{place} declares nothing: give it FEATURES = (Feature(...),){hint}")
    if not (hasattr(module, "measure") or hasattr(module, "derive")):
        raise CatalogueError(
            f"{place} computes nothing: give it measure(view) or derive(panel), or both"
        )


def _require_feature(place: Path, feature: object, base: Catalogue) -> None:
    if not isinstance(feature, Feature):
        raise CatalogueError(f"{place}: FEATURES holds {feature!r}, which is no Feature(...)")
    said = f"{place}: {feature.name!r}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", feature.name):
        raise CatalogueError(f"{said} is no name: write small letters, digits and underscores")
    if feature.name in _RESERVED or feature.name in base:
        raise CatalogueError(f"{said} is taken: rename it")
    for value, allowed in ((feature.group, get_args(Group)), (feature.kind, get_args(Kind))):
        if value not in allowed:
            raise CatalogueError(f"{said}: {value!r} is none of {', '.join(allowed)}")


def _measured(place: Path, measure: Measure, names: tuple[str, ...]) -> Measure:
    def guarded(view: View) -> ir.Table:
        try:
            rows = measure(view)
            kept = [name for name in names if name in rows.columns]
            return rows.select(*_KEYS, *kept)
        except Exception as error:
            raise CatalogueError(f"{place}: measure fails with {_said(error)}") from error

    return guarded


def _derived(place: Path, derive: Derive, names: tuple[str, ...]) -> Derive:
    def guarded(panel: ir.Table) -> dict[str, ir.Value]:
        try:
            columns = {name: column for name, column in derive(panel).items() if name in names}
        except Exception as error:
            raise CatalogueError(f"{place}: derive fails with {_said(error)}") from error
        _require_all(place, names, [*panel.columns, *columns])
        return columns

    return guarded


def _nothing(panel: ir.Table) -> dict[str, ir.Value]:  # noqa: ARG001 - the shape of a derive
    return {}


def _require_all(place: Path, names: tuple[str, ...], found: list[str]) -> None:
    absent = [name for name in names if name not in found]
    if absent:
        hint = nearest(absent[0], found)
        raise CatalogueError(f"{place} declares {', '.join(absent)} but computes it nowhere{hint}")


def _said(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"


def _digest(text: str) -> str:
    """Return the SHA-256 of what a file does: without comments, docstrings and declarations."""
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if not _declares(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and _documented(node):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _documented(node: ast.Module | ast.FunctionDef | ast.ClassDef) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)


def _declares(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "FEATURES" for target in targets)
