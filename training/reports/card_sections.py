"""The sections of a model card that hold figures: metrics, contact, columns, checks, pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.catalogue import Catalogue
from training.checks.held_out import read_held_out
from training.checks.numbered import Check
from training.measures.reliability import Reliability
from training.models.learning import Learnt
from training.reports.calibration import calibration_paragraph
from training.reports.card_words import (
    CHECKS_JA,
    GROUPS,
    HEADS,
    METRICS,
    RESULTS,
    RULES_JA,
    TEXTS,
    TITLES,
    Words,
)
from training.reports.checks_in_japanese import in_japanese
from training.reports.document import Block, Grid, Heading, Language, Paragraph, Picture
from training.reports.groups_apart import Groups
from training.reports.touched import touched_apart

N_COLUMNS = 10
PICTURES = ("reliability.png", "gain.png", "captured.png", "beeswarm.png")


@dataclass(frozen=True)
class Card:
    """What a card is made of.

    Attributes
    ----------
    learnt : Learnt
    checks : sequence of Check
    strength : ndarray (p,)
        Mean absolute effect of each column, in percentage points.
    reliability : Reliability
        Of the held-out rows.
    groups : mapping of name to mapping of level to Reliability
        Of their groups, where the table names some.
    source, trained_at : str
    libraries : sequence of str
        Requirements with their versions.
    plots : Path
        Folder of the run's pictures.
    catalogue : Catalogue or None
        Names the columns that are its features.
    """

    learnt: Learnt
    checks: Sequence[Check]
    strength: npt.NDArray[np.float64]
    reliability: Reliability
    groups: Groups
    source: str
    trained_at: str
    libraries: Sequence[str]
    plots: Path
    catalogue: Catalogue | None


def say(words: Words, key: str, language: Language, **values: object) -> str:
    """Return a text with its values put in."""
    return words[key][language].format(**values)


def figures_section(card: Card, language: Language) -> list[Block]:
    """Return the metrics beside the baselines, and what they mean."""
    learnt = card.learnt
    names = [b.name for b in learnt.baselines]
    head = [say(HEADS, key, language) for key in ("metric", "model", *names)]
    rows = []
    for metric, words in METRICS.items():
        digits = 2 if metric.startswith("lift") else 4
        found = [learnt.metrics[f"{metric}{end}"] for end in ("", "_low", "_high")]
        figure, low, high = (f"{number:.{digits}f}" for number in found)
        ours = f"{figure} ({low}–{high})"
        theirs = [f"{learnt.baseline_metrics[name][metric]:.{digits}f}" for name in names]
        rows.append([words[language], ours, *theirs])
    rule = next(b.words for b in learnt.baselines if b.name == "one_line_rule")
    blocks: list[Block] = [Grid(head, rows, numbers=head[1:])]
    blocks.append(Paragraph(say(TEXTS, "intervals", language, rule=_rule(rule, language))))
    blocks.append(calibration_paragraph(card.reliability, language))
    losses = {name: figures["log_loss"] for name, figures in learnt.baseline_metrics.items()}
    ahead = [n for n, loss in losses.items() if loss <= learnt.metrics["log_loss"]]
    if ahead:
        said = ", ".join(say(HEADS, name, language) for name in ahead)
        blocks.append(Paragraph(say(TEXTS, "beaten", language, names=said)))
    return blocks


def _rule(words: str, language: Language) -> str:
    """Return the one-line rule in a language."""
    for pattern, japanese in RULES_JA if language == "ja" else ():
        words = re.sub(f"^{pattern}$", japanese, words)
    return words


def pictures_section(card: Card) -> list[Block]:
    """Return the run's pictures that are there."""
    there = [name for name in PICTURES if (card.plots / name).exists()]
    return [Picture(card.plots / name, f"../plots/{name}", name[:-4]) for name in there]


def touched_section(card: Card, language: Language) -> list[Block]:
    """Return the figures of touched and untouched accounts apart, when the table tells them."""
    learnt = card.learnt
    probability = read_held_out(learnt.held_out).probability
    found = touched_apart(learnt.examples, learnt.split.test, probability)
    if not found:
        return []
    keys = ("group", "rows", "observed", "expected")
    head = [say(HEADS, key, language) for key in keys]
    rows = [
        [say(GROUPS, t.group, language), f"{t.n:,}", f"{t.observed:.1%}", f"{t.expected:.1%}"]
        for t in found
    ]
    text = say(TEXTS, "touched", language, feature=found[0].feature)
    heading = Heading(say(TITLES, "touched", language))
    return [heading, Paragraph(text), Grid(head, rows, numbers=head[1:])]


def columns_section(card: Card, language: Language) -> list[Block]:
    """Return the columns with the largest mean effect."""
    order = np.argsort(-card.strength, kind="stable")[:N_COLUMNS]
    head = [say(HEADS, key, language) for key in ("column", "effect")]
    rows = []
    for position in order:
        name = card.learnt.examples.columns[position].name
        named = name
        if card.catalogue is not None and name in card.catalogue:
            brackets = "（{}）" if language == "ja" else " ({})"
            named = card.catalogue[name].label(language) + brackets.format(name)
        rows.append([named, f"{card.strength[position]:.2f}"])
    return [Paragraph(say(TEXTS, "columns", language)), Grid(head, rows, numbers=head[1:])]


def checks_section(card: Card, language: Language) -> Block:
    """Return every check with its result and what it measured."""
    head = [say(HEADS, key, language) for key in ("check", "result", "why")]
    rows = [
        [
            f"{check.code} {CHECKS_JA[check.code] if language == 'ja' else check.title}",
            say(RESULTS, check.result, language),
            in_japanese(check.why) if language == "ja" else check.why,
        ]
        for check in card.checks
    ]
    marks = tuple((RESULTS[key][language], key.replace("/", "")) for key in RESULTS)
    return Grid(head, rows, marks=marks)
