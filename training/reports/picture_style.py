"""How the pictures of runs and backtests look: quiet axes, and letters for names in Japanese.

A sign is drawn from the first font that has it, so Latin names look the same on every machine.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager

INK, MUTED, FAINT = "#1f2933", "#7b8794", "#e4e7eb"
JAPANESE = (
    *("Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic"),
    *("Hiragino Sans", "Yu Gothic", "Meiryo", "MS Gothic"),
)
FILES = re.compile(r"(?i)NotoSans(CJK|JP)|ipa(ex)?g|ヒラギノ角ゴ|YuGoth|meiryo|msgothic")
STYLE: dict[Any, Any] = {
    "font.size": 11.0,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 13.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": FAINT,
    "legend.frameon": False,
    "text.color": INK,
    # Names of columns may hold any signs: $ begins no formula.
    "text.parse_math": False,
}


@contextmanager
def our_style() -> Iterator[None]:
    """Draw in this style; a sign that no font has is an empty box, of which nobody is warned."""
    with mpl.rc_context(STYLE | {"font.family": families()}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


@cache
def families() -> list[str]:
    """Return the fonts to draw with, in order: one for Latin, those installed for Japanese."""
    manager: Any = font_manager.fontManager
    if not _known(manager):
        # The list of fonts is kept for ever: it does not know of one installed since.
        for path in font_manager.findSystemFonts():
            if FILES.match(Path(path).name):
                manager.addfont(path)
    return ["DejaVu Sans", *_known(manager)]


def _known(manager: Any) -> list[str]:
    """Return the Japanese fonts that are known."""
    names = {font.name for font in manager.ttflist}
    return [name for name in JAPANESE if name in names]
