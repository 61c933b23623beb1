"""Every command line in the README and the docs is one that the command understands.

That they do what they say is shown by `test_the_whole_way`, which types them one after another.
"""

import re
import shlex
from pathlib import Path

import pytest

from tierwise.app import build_app

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def command_lines(page: Path) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    inline = re.findall(r"`(tierwise [^`\n]+)`", page.read_text(encoding="utf-8"))
    lines = [line.split("#")[0] for block in blocks for line in block.splitlines()]
    parts = [part.strip() for line in lines for part in line.split("&&")] + inline
    return [part for part in parts if part.startswith("tierwise ") and "…" not in part]


LINES = sorted({line for page in PAGES for line in command_lines(page)})
WHOLE = [line for line in LINES if not re.fullmatch(r"tierwise [a-z]+", line)]


def test_the_readme_walks_the_whole_way() -> None:
    typed = {line.split()[1] for line in command_lines(ROOT / "README.md")}
    assert typed >= {"check", "features", "train", "promote", "run", "serve"}


@pytest.mark.parametrize("line", WHOLE)
def test_the_command_understands(line: str) -> None:
    build_app().parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)


def test_a_wrong_line_would_be_noticed() -> None:
    with pytest.raises(Exception, match="nonsense"):
        build_app().parse_args(["check", "x", "--nonsense", "1"], exit_on_error=False)
