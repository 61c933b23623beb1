"""The code a logged model needs to be loaded where this project is not installed.

Only what `scoring.python_function` imports of ours when it is loaded, found by walking the imports
at the head of each module; what is imported later, inside functions, serves other ends.
"""

from __future__ import annotations

import ast
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

LOADER = "scoring.python_function"
PACKAGES = ("scoring", "features")


def copy_code(folder: Path) -> list[str]:
    """Copy the modules into a new folder; return the packages in it, as MLflow wants them."""
    for name in sorted(_needed()):
        origin = _origin(name)
        is_package = origin.name == "__init__.py"
        target = folder.joinpath(*name.split("."))
        target = target / "__init__.py" if is_package else target.with_suffix(".py")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, target)
    return [str(path) for path in sorted(folder.iterdir())]


def _needed() -> set[str]:
    """Return the names of all modules of ours that loading the model imports."""
    found: set[str] = set()
    waiting = [LOADER]
    while waiting:
        name = waiting.pop()
        if name not in found and _exists(name):
            found.add(name)
            waiting += _imports(name)
    return found


def _imports(name: str) -> Iterator[str]:
    """Yield the modules of ours that one module imports at its head, and its own packages."""
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts)))
    for node in ast.parse(_origin(name).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            yield str(node.module)
            # A name may be a module of the package it is imported from.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _exists(name: str) -> bool:
    """Say whether a name is that of a module, not of something in one."""
    parent, _, last = name.rpartition(".")
    if parent and _origin(parent).name != "__init__.py":
        return False
    folder = _origin(parent).parent if parent else None
    if folder is None:
        return True
    return (folder / f"{last}.py").exists() or (folder / last / "__init__.py").exists()


def _origin(name: str) -> Path:
    """Return the file of a module."""
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin)
