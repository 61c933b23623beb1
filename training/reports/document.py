"""A short document of headings, paragraphs, lists, tables and pictures, as Markdown and as HTML.

The same blocks make both, so that neither says more than the other.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

STYLE = """
body { color: #1f2933; font: 16px/1.6 "Helvetica Neue", "Hiragino Sans", "Noto Sans CJK JP",
  "IPAGothic", "Yu Gothic", sans-serif; max-width: 860px; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-top: .9rem;
  border-top: 1px solid #e4e7eb; }
p { margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; margin: .8rem 0; }
th, td { text-align: left; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid #e4e7eb;
  vertical-align: top; }
th { color: #616e7c; font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.pass, td.fail, td.na { white-space: nowrap; }
td.pass { color: #0b7285; } td.fail { color: #c92a2a; font-weight: 600; } td.na { color: #7b8794; }
figure { display: inline-block; width: 48%; margin: .5rem 1% .5rem 0; vertical-align: top; }
figure img { width: 100%; } li { margin: .25rem 0; }
@media (max-width: 640px) { figure { width: 100%; } }
"""

Language = Literal["en", "ja"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (the title) or 2."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of points."""

    points: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table; columns whose heads are in `numbers` are set right, `marks` colours by its words."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[str] = ()
    marks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Picture:
    """A picture: in Markdown by its relative path, in HTML inside the file."""

    path: Path
    relative: str
    text: str


Block = Heading | Paragraph | Points | Grid | Picture


def to_markdown(blocks: Sequence[Block]) -> str:
    """Write a document as Markdown."""
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def _markdown(block: Block) -> str:
    """Write one block as Markdown."""
    match block:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Paragraph(text):
            return text
        case Points(points):
            return "\n".join(f"- {point}" for point in points)
        case Grid(head, rows, numbers):
            rule = ["---:" if name in numbers else "---" for name in head]
            lines = [head, rule, *([cell.replace("|", "\\|") for cell in row] for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case Picture(_, relative, text):
            return f"![{text}]({relative})"


def to_html(blocks: Sequence[Block], *, title: str, language: Language) -> str:
    """Write a document as one HTML file that needs no other."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _html(block: Block) -> str:
    """Write one block as HTML."""
    match block:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{html.escape(text)}</p>"
        case Points(points):
            return f"<ul>{''.join(f'<li>{html.escape(point)}</li>' for point in points)}</ul>"
        case Grid():
            return _html_grid(block)
        case Picture(path, _, text):
            content = base64.b64encode(path.read_bytes()).decode("ascii")
            source = f"data:image/png;base64,{content}"
            return f'<figure><img src="{source}" alt="{html.escape(text)}"></figure>'


def _html_grid(grid: Grid) -> str:
    """Write a table as HTML."""
    marks = dict(grid.marks)

    def cell(tag: str, name: str, text: str) -> str:
        kind = "number" if name in grid.numbers else marks.get(text, "")
        named = f' class="{kind}"' if kind else ""
        return f"<{tag}{named}>{html.escape(text)}</{tag}>"

    head = "".join(cell("th", name, name) for name in grid.head)
    rows = [
        "".join(cell("td", name, text) for name, text in zip(grid.head, row, strict=True))
        for row in grid.rows
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
