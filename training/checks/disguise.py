"""TW11: a target in disguise, that is a column written when the outcome was known.

Two signs, neither of which a cause leaves. Moves in step with the label: what an account does
cannot know the date on which its label turns to 1, nor which of its rows will be the last one with
1. And values that settle the outcome for good, though other values of the same column do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.checks.leak_alarms import WHAT_TO_DO, Finding, Flags, Rows, sampled, wilson_low
from training.checks.numbered import Check, verdict
from training.measures.ranking import auc, single_column_scores
from training.tables.splits import Split
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]

# At least so many accounts have the turn that is looked at.
ENOUGH_TURNS = 15
# Of a column's strongest moves, this share falls on a turn of the label.
IN_STEP = 0.4
# A column noisier than that: it ranks the rows this well, and its moves rank the turns so.
STRONG, LEANING = 0.88, 0.75
# A value whose rows are events to at least this share, and such values' share of all events.
SETTLED, COVERED = 0.95, 0.2
FEW_VALUES, N_BINS = 20, 20


@dataclass(frozen=True)
class _Steps:
    """Neighbouring rows of the same entity, and which steps meet the label's turns."""

    before: Rows
    after: Rows
    turns: tuple[Flags, ...]


def no_disguise(examples: Examples, split: Split) -> Check:
    """TW11: no column moves in step with the label, none has values that settle the outcome."""
    rows = sampled(np.sort(np.r_[split.fit, split.test]), examples.entity)
    found = _in_step(examples, split, rows)
    worst = max(found, key=lambda each: each.strength, default=Finding("", 0.0, ""))
    if worst.strength >= IN_STEP:
        why = f"'{worst.name}' moves on the very dates on which the label turns ({worst.words})"
        return verdict("TW11", False, why + WHAT_TO_DO)
    settled = _settling(examples, rows)
    if settled.strength >= COVERED:
        why = f"values of '{settled.name}' hold {settled.strength:.0%} of the events and no others"
        return verdict("TW11", False, why + WHAT_TO_DO)
    why = "no value settles the outcome"
    if found:
        why += f"; nearest to moving with the label: '{worst.name}' ({worst.words})"
    return verdict("TW11", True, why)


def _in_step(examples: Examples, split: Split, rows: Rows) -> list[Finding]:
    """Return for each column how precisely its moves find the turns of the label."""
    steps = _steps(examples, rows)
    found = []
    for position, column in enumerate(examples.columns) if steps.turns else ():
        score = single_column_scores(
            examples.matrix[:, position], examples.y, column, fit=split.fit
        )
        moves = _moves(score, np.isnan(examples.matrix[:, position]), steps)
        precise = [average_precision(turn, move) for turn in steps.turns for move in moves]
        strength, words = max(precise, default=0.0), f"precision {max(precise, default=0.0):.2f}"
        if strength < IN_STEP and (leans := _leans(examples, rows, score, steps, moves)):
            strength, words = IN_STEP, leans
        found.append(Finding(column.name, strength, words))
    return found


def _leans(
    examples: Examples, rows: Rows, score: Floats, steps: _Steps, moves: list[Floats]
) -> str:
    """Say how a strong column leans towards the turns; nothing when it is weak or does not."""
    power = abs(auc(examples.y[rows], score[rows]) - 0.5) + 0.5
    if power < STRONG:
        return ""
    turns = steps.turns[0].astype(np.float64)
    leaning = max((auc(turns, move) for move in moves), default=0.5)
    if leaning < LEANING:
        return ""
    return f"ROC-AUC {power:.2f} of all rows, {leaning:.2f} of the turns"


def _steps(examples: Examples, rows: Rows) -> _Steps:
    """Return the neighbouring rows, with the steps into the first and the last row of a 1."""
    before, after = _neighbours(examples, rows)
    y, entity = examples.y, examples.entity
    first = (y[before] == 0) & (y[after] == 1)
    goes_on = np.zeros(len(y), dtype=np.bool_)
    goes_on[before] = y[after] == 1
    last = (y[after] == 1) & ~goes_on[after]
    enough = [t for t in (first, last) if len(np.unique(entity[after[t]])) >= ENOUGH_TURNS]
    return _Steps(before, after, tuple(enough) if len(enough) == 2 else ())


def _neighbours(examples: Examples, rows: Rows) -> tuple[Rows, Rows]:
    """Return positions of consecutive rows of the same entity, one step of the table apart."""
    if examples.time is None:
        return rows[:0], rows[:0]
    order = rows[np.lexsort((examples.time[rows], examples.entity[rows]))]
    before, after = order[:-1], order[1:]
    apart = examples.time[after] - examples.time[before]
    same = examples.entity[before] == examples.entity[after]
    if not same.any():
        return rows[:0], rows[:0]
    usual = same & (apart <= 1.5 * np.median(apart[same].astype("int64")).astype("timedelta64[us]"))
    return before[usual], after[usual]


def _moves(score: Floats, missing: Flags, steps: _Steps) -> list[Floats]:
    """Return how far a column rose, fell, appeared and vanished in each step."""
    absent = missing.astype(np.float64)
    known = (absent[steps.before] + absent[steps.after]) == 0
    moved = np.where(known, score[steps.after] - score[steps.before], 0.0)
    came = absent[steps.before] - absent[steps.after]
    return [move for move in (moved, -moved, came, -came) if (move > 0).any()]


def average_precision(events: Flags, score: Floats) -> float:
    """Return the average precision of a score; ties share their threshold, 0 ranks nothing.

    Rows with no move at all are not ranked: what finds no turn there adds nothing.
    """
    order = np.flatnonzero(score > 0)
    order = order[np.argsort(-score[order], kind="stable")]
    ends = np.flatnonzero(np.r_[score[order][1:] != score[order][:-1], True])
    hits = events[order].cumsum()[ends]
    precision = hits / (ends + 1)
    return float((np.diff(np.r_[0, hits]) * precision).sum() / events.sum())


def _settling(examples: Examples, rows: Rows) -> Finding:
    """Return the column whose values settle the largest share of the events."""
    y = examples.y[rows]
    rarer = (y == (1.0 if y.mean() <= 0.5 else 0.0)).astype(np.float64)
    best = Finding("", 0.0, "")
    for position, column in enumerate(examples.columns):
        codes = _codes(examples.matrix[rows, position])
        n = np.bincount(codes[codes >= 0], minlength=1)
        hits = np.bincount(codes[codes >= 0], weights=rarer[codes >= 0], minlength=1)
        share = float(hits[wilson_low(hits, n) >= SETTLED].sum() / rarer.sum())
        if share > best.strength:
            best = Finding(column.name, share, "")
    return best


def _codes(values: Floats) -> npt.NDArray[np.int_]:
    """Return the number of each row's value or twentieth of the range; -1 when missing."""
    known = ~np.isnan(values)
    codes = np.full(len(values), -1)
    distinct = np.unique(values[known])
    if len(distinct) > FEW_VALUES:
        distinct = np.unique(np.quantile(values[known], np.arange(1, N_BINS) / N_BINS))
    codes[known] = np.searchsorted(distinct, values[known], side="right")
    return codes
