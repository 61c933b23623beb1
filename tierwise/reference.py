"""The reference pages of the command, made from its own declarations."""

import inspect
from importlib import import_module

from tierwise.app import JOBS
from tierwise.settings import Settings


def settings_page() -> str:
    """Markdown table of every setting: name, default, meaning."""
    rows = [
        f"| `{name}` | {_default(field.get_default())} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Read from `tierwise.toml` (in the working directory or above), then from",
            "`TIERWISE_<NAME>` variables, then from flags; later ones win. Unknown names are",
            "refused.",
            "`tierwise config` prints every value in force and where it came from.",
            "",
            "| setting | default | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def commands_page() -> str:
    """Markdown reference of every command by job, from the docstrings that `--help` prints."""
    parts = ["# Commands", "", "Every command takes `--home DIR` and `--json FILE`.", ""]
    for job, commands in JOBS.items():
        parts += [f"## {job}", ""]
        for name, summary in commands.items():
            parts += [f"### `tierwise {name}`", "", summary, "", *_parameters(name)]
    return "\n".join(parts)


def _default(value: object) -> str:
    shown = "" if value is None or str(value) in {"", "."} else str(value)
    return f"`{shown}`" if shown else ""


def _parameters(command: str) -> list[str]:
    function = getattr(import_module(f"tierwise.commands.{command}"), command)
    if not callable(function):
        function = function.default_command
    documentation = inspect.getdoc(function) or ""
    if "Parameters\n" not in documentation:
        return []
    described = documentation.split("Parameters\n----------\n")[1]
    items: list[list[str]] = []
    for line in described.splitlines():
        if line and not line.startswith(" "):
            items.append([line.rstrip("_")])
        elif line:
            items[-1].append(line.strip())
    return [f"- `{name}`: {' '.join(words)}" for name, *words in items] + [""]
