"""What commands share: the flags every command has, and the writing of results."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tierwise.errors import CommandError
from tierwise.settings import Settings, load_settings


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Flags of every command."""

    home: Path | None = None
    "Folder of what is kept between runs (mlruns/, the store)."

    json: Annotated[Path | None, Parameter(name="--json")] = None
    "Also write the machine-readable result to this file."

    def settings(self, **flags: Any) -> Settings:
        """Settings in force under these flags."""
        return load_settings({"home": self.home, **flags}).settings

    def write_json(self, result: Any) -> None:
        """Write the machine-readable result where `--json` says, atomically."""
        if self.json is not None:
            text = json.dumps(result, ensure_ascii=False, indent=2, allow_nan=False)
            write_text(self.json, text + "\n")


def require_seed(seed: int) -> None:
    """Refuse a seed that no random generator takes.

    Raises
    ------
    CommandError
    """
    if seed < 0:
        raise CommandError(f"--seed is {seed}: give 0 or a number above it.")


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file so that a killed run leaves the old file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
