"""A horizon model on disk: `horizons.json` beside two LightGBM texts per outcome, no pickle.

The JSON holds the SHA-256 of every other file; `<outcome>.known.txt` are the trees on what is known
ahead, `<outcome>.seen.txt` those on everything. The folder appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scoring.booster import read_booster
from scoring.errors import ScoringError
from scoring.manifest import Column
from training.errors import HorizonError
from training.horizons.fading import Fading
from training.horizons.hazards import OutcomeHazard
from training.horizons.model import HorizonModel
from training.horizons.period_design import design_columns
from training.horizons.periods import Periods
from training.horizons.tree_parts import TreeParts

MANIFEST = "horizons.json"
PARTS = ("known", "seen")
FORMAT = 4


def write_horizons(folder: Path | str, model: HorizonModel) -> None:
    """Write a model into a folder that does not exist yet.

    Raises
    ------
    HorizonError
        The folder exists.
    """
    folder = Path(folder)
    require_new(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for hazard in model.hazards:
            for part, text in _texts(hazard).items():
                (aside / _file(hazard.name, part)).write_bytes(text.encode())
        (aside / MANIFEST).write_text(_written(model), encoding="utf-8")
        aside.chmod(0o755)
        os.replace(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def require_new(folder: Path) -> None:
    """Raise HorizonError when a folder is there already; asked before anything is learnt."""
    if folder.exists():
        raise HorizonError(f"{folder} exists already: a model is never changed, name a new folder")


def load_horizons(folder: Path | str) -> HorizonModel:
    """Read what `write_horizons` wrote.

    Raises
    ------
    HorizonError
        A file is missing, damaged or of another format.
    """
    folder = Path(folder)
    raw = _manifest(folder)
    try:
        columns = tuple(Column.from_json(column) for column in raw["columns"])
        model = HorizonModel(
            periods=Periods(**{**raw["periods"], "ends": tuple(raw["periods"]["ends"])}),
            hazards=tuple(_hazard(folder, found) for found in raw["hazards"]),
            columns=columns,
            catalogue=raw["catalogue"],
            training=dict(raw["training"]),
        )
        for hazard in model.hazards:
            _require_readable(hazard, n_columns=len(design_columns(columns)))
    except (KeyError, TypeError, ValueError, ScoringError) as error:
        raise HorizonError(f"{folder / MANIFEST} is malformed ({error}): train again") from error
    return model


def _file(outcome: str, part: str) -> str:
    return f"{outcome}.{part}.txt"


def _texts(hazard: OutcomeHazard) -> dict[str, str]:
    """Return LightGBM's text of each part; none of a constant rate."""
    trees = hazard.trees
    return {} if trees is None else {part: getattr(trees, part) for part in PARTS}


def _require_readable(hazard: OutcomeHazard, *, n_columns: int) -> None:
    if hazard.trees is not None:
        read_booster(hazard.trees.known, n_columns=len(hazard.trees.ahead))
        read_booster(hazard.trees.seen, n_columns=n_columns)


def _written(model: HorizonModel) -> str:
    content = {
        "format": FORMAT,
        "periods": {
            "ends": list(model.periods.ends),
            "lead_days": model.periods.lead_days,
            "grace_days": model.periods.grace_days,
        },
        "hazards": [_described(hazard) for hazard in model.hazards],
        "columns": [column.to_json() for column in model.columns],
        "catalogue": model.catalogue,
        "training": model.training,
    }
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def _described(hazard: OutcomeHazard) -> dict[str, Any]:
    texts = _texts(hazard).items()
    digests = {part: hashlib.sha256(text.encode()).hexdigest() for part, text in texts}
    return {
        "name": hazard.name,
        "rate": hazard.rate,
        "facts": hazard.facts,
        "fading": None if hazard.fading is None else asdict(hazard.fading),
        "ahead": None if hazard.trees is None else list(hazard.trees.ahead),
        "sha256": digests or None,
    }


def _hazard(folder: Path, raw: dict[str, Any]) -> OutcomeHazard:
    return OutcomeHazard(
        name=str(raw["name"]),
        trees=None if raw["sha256"] is None else _trees(folder, raw),
        rate=float(raw["rate"]),
        facts=dict(raw["facts"]),
        fading=None if raw["fading"] is None else _fading(raw["fading"]),
    )


def _trees(folder: Path, raw: dict[str, Any]) -> TreeParts:
    texts = {
        part: _checked(folder / _file(raw["name"], part), raw["sha256"][part]) for part in PARTS
    }
    return TreeParts(**texts, ahead=tuple(map(int, raw["ahead"])))


def _fading(raw: dict[str, Any]) -> Fading:
    """Read a line: numbers, and numbers per period."""
    found: dict[str, Any] = {
        name: tuple(map(float, value)) if isinstance(value, list) else float(value)
        for name, value in raw.items()
    }
    return Fading(**found)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        raw = json.loads(_read(folder / MANIFEST))
    except ValueError as error:
        raise HorizonError(f"{folder / MANIFEST} is damaged ({error}): train again") from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise HorizonError(f"{folder / MANIFEST} is not of format {FORMAT}: train again")
    return raw


def _checked(path: Path, digest: str) -> str:
    content = _read(path)
    if hashlib.sha256(content).hexdigest() != digest:
        raise HorizonError(f"{path} is damaged: its SHA-256 is another than written; train again")
    return content.decode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HorizonError(f"{path} cannot be read: {error.strerror}; is it a model?") from error
