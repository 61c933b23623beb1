"""Rewrites the generated pages in this folder from the declarations they describe.

`make docs` runs it; a test holds the committed pages against it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from features.reference import markdown as features_page
from features.tables_page import markdown as tables_page
from tierwise.reference import commands_page, settings_page

FOLDER = Path(__file__).resolve().parent

PAGES: Mapping[str, Callable[[], str]] = {
    "tables.md": tables_page,
    "features.md": features_page,
    "settings.md": settings_page,
    "commands.md": commands_page,
}


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
