"""Plans kept beside the stage: compiling one takes longer than a small panel.

A plan is known by everything it is made of: the code of this package, the versions of what
compiles it, the catalogue and its own code. A file that does not read is compiled anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import ibis
import sqlglot

from features.catalogue import CATALOGUE, Catalogue
from features.label_window import LabelWindow
from features.plan import Plan, Step, plan_of


def kept_plan(
    folder: Path | None,
    catalogue: Catalogue,
    window: LabelWindow | None,
    dialect: str,
    corrected: frozenset[str],
) -> Plan:
    """Return the plan as ``plan_of`` compiles it; with a folder, compiled there once."""
    if folder is None or not _is_known(catalogue):
        return plan_of(catalogue, window, dialect, corrected)
    made_of = (catalogue.fingerprint, window, dialect, sorted(corrected))
    file = folder / f"{_code()}-{_digest(repr(made_of))}.json"
    plan = _read(file)
    if plan is None:
        plan = plan_of(catalogue, window, dialect, corrected)
        _write(file, plan)
    return plan


def _is_known(catalogue: Catalogue) -> bool:
    """Return whether names tell what the functions do: ours, or ones whose code is digested."""
    ours = CATALOGUE.definitions
    return all(definition.code or definition in ours for definition in catalogue.definitions)


@lru_cache(maxsize=1)
def _code() -> str:
    files = sorted(Path(__file__).parent.rglob("*.py"))
    versions = (ibis.__version__, sqlglot.__version__)  # type: ignore[attr-defined]
    return _digest("\0".join([*versions, *(file.read_text(encoding="utf-8") for file in files)]))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _read(file: Path) -> Plan | None:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        once, steps = ([Step(**step) for step in kept[part]] for part in ("once", "steps"))
        return Plan(once=tuple(once), steps=tuple(steps), panel=str(kept["panel"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(file: Path, plan: Plan) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for other in file.parent.glob("[0-9a-f]*.json"):
        if not other.name.startswith(f"{_code()}-"):
            other.unlink(missing_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(asdict(plan)), encoding="utf-8")
    os.replace(unfinished, file)
