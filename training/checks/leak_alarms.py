"""Alarms about single columns: power that is too good, that sits in what is missing, or that fades.

Nothing is fitted but a direction, or the rates of a category's levels; every alarm names a column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from training.checks.numbered import Check, verdict
from training.measures.ranking import auc, single_column_scores
from training.tables.splits import Split, entity_share
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

SUSPICIOUS_AUC = 0.95
# Whether a value is missing should say little: this much is suspicious already.
SUSPICIOUS_ABSENCE = 0.90
# A group of rows in which nearly every entity is an event, by the lower end of its interval.
PURE, PURE_EVENTS = 0.90, 10
# What counts as power in the rows learnt from, what must have gone, and how surely.
POWER, LOST, SURELY = 0.65, 0.12, 3.5
# Alarms look at no more rows than this: enough for any interval that matters here.
MOST_ROWS = 20_000
WHAT_TO_DO = "; was it recorded after the outcome? drop it (--drop) and train again"


@dataclass(frozen=True)
class Finding:
    """A column and how strongly it speaks, from 0.5 (nothing) to 1."""

    name: str
    strength: float
    words: str


def sampled(rows: Rows, entity: npt.NDArray[np.str_]) -> Rows:
    """Return at most about `MOST_ROWS` of some rows, whole entities at a time."""
    if len(rows) <= MOST_ROWS:
        return rows
    return rows[entity_share(entity[rows], salt="alarm") < MOST_ROWS / len(rows)]


def single_power(examples: Examples, split: Split) -> Check:
    """TW05: no single column ranks the held-out rows that have it almost perfectly."""
    test, y = sampled(split.test, examples.entity), examples.y
    found = []
    for position, column in enumerate(examples.columns):
        values = examples.matrix[:, position]
        known = test[~np.isnan(values[test])]
        if min(y[known].sum(), len(known) - y[known].sum()) < PURE_EVENTS:
            continue
        score = single_column_scores(values, y, column, fit=split.fit)[known]
        power = abs(auc(y[known], score) - 0.5) + 0.5
        found.append(Finding(column.name, power, f"'{column.name}' alone has ROC-AUC {power:.3f}"))
    return _worst("TW05", found, limit=SUSPICIOUS_AUC, otherwise="no column ranks")


def absence_power(examples: Examples, split: Split) -> Check:
    """TW09: whether a column is missing does not tell the outcome."""
    rows = sampled(np.sort(np.r_[split.fit, split.test]), examples.entity)
    test = np.isin(rows, split.test)
    y, absent = examples.y[rows], np.isnan(examples.matrix[rows])
    rarer = y == (y.mean() <= 0.5)
    power = _flag_auc(rarer[test], absent[test])
    purity = np.maximum(
        _purity(rarer, absent, examples.entity[rows]),
        _purity(rarer, ~absent, examples.entity[rows]),
    )
    # Where nearly every entity has an event in one of its rows, no group of them stands out.
    purity[_purity(rarer, np.ones_like(absent), examples.entity[rows]) >= PURE] = 0.0
    found = []
    for position, column in enumerate(examples.columns):
        name, ranks = column.name, float(power[position])
        words = f"whether '{name}' is missing has ROC-AUC {ranks:.3f}"
        found.append(Finding(name, ranks, words))
        if purity[position] >= PURE:
            words = f"whether '{name}' is missing gives the outcome away in a group of rows"
            found.append(Finding(name, 1.0, words))
    nothing = "no column is missing more often before an event"
    return _worst("TW09", found, limit=SUSPICIOUS_ABSENCE, otherwise=nothing)


def _flag_auc(y: Flags, flags: Flags) -> Floats:
    """Return the ROC-AUC of each flag (n, p), folded to 0.5 and above."""
    if y.all() or not y.any():
        return np.full(flags.shape[1], 0.5)
    return np.asarray(0.5 + 0.5 * np.abs(flags[y].mean(axis=0) - flags[~y].mean(axis=0)))


def _purity(events: Flags, group: Flags, entity: npt.NDArray[np.str_]) -> Floats:
    """Return the least share of events among the entities of each group (n, p), 0 when too few."""
    order = np.argsort(entity, kind="stable")
    starts = np.flatnonzero(np.r_[True, entity[order][1:] != entity[order][:-1]])
    members = np.logical_or.reduceat(group[order], starts, axis=0).sum(axis=0)
    inside = group & events[:, np.newaxis]
    hits = np.logical_or.reduceat(inside[order], starts, axis=0).sum(axis=0)
    return np.where(hits >= PURE_EVENTS, wilson_low(hits, members), 0.0)


def wilson_low(hits: npt.NDArray[np.int_], n: npt.NDArray[np.int_]) -> Floats:
    """Return the lower end of Wilson's 95 % interval of a share (Wilson, 1927); 0 without rows."""
    z, size = 1.96, np.maximum(n, 1)
    share = hits / size
    middle = share + z**2 / (2 * size)
    width = z * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return np.where(n > 0, (middle - width) / (1 + z**2 / size), 0.0)


def power_lasts(examples: Examples, split: Split) -> Check:
    """TW10: no column that ranked the rows learnt from has lost that power in the held-out rows."""
    if examples.time is None:
        return Check("TW10", "n/a", "the table has no time column: nothing lies ahead")
    if not split.by_time:
        why = "history too short to test forward: nothing lies ahead of the rows learnt from"
        return Check("TW10", "n/a", why)
    fit, test = (sampled(rows, examples.entity) for rows in (split.fit, split.test))
    early, late = _powers(examples, split, fit, test)
    error = np.hypot(_auc_error(examples, fit, early), _auc_error(examples, test, late))
    lost = early - late
    gone = (early >= POWER) & (lost >= LOST) & (lost >= SURELY * error)
    worst = int(np.argmax(np.where(early >= POWER, lost + gone, -np.inf)))
    name = examples.columns[worst].name
    why = f"'{name}' has ROC-AUC {early[worst]:.3f} where it was learnt, {late[worst]:.3f} later"
    if not gone.any():
        weak = early.max() < POWER
        return Check("TW10", "pass", f"no column has ROC-AUC {POWER} or more" if weak else why)
    return verdict("TW10", False, why + "; was it filled in afterwards? drop it and train again")


def _powers(examples: Examples, split: Split, fit: Rows, test: Rows) -> tuple[Floats, Floats]:
    """Return each column's ROC-AUC in the fit rows and, in the same direction, in the test rows.

    The rates of a category are judged on the inner blocks they were not fitted on.
    """
    numbers = [p for p, column in enumerate(examples.columns) if column.kind == "number"]
    early, late = (np.full(len(examples.columns), 0.5) for _ in range(2))
    early[numbers] = _ranked(examples, fit, numbers)
    late[numbers] = _ranked(examples, test, numbers)
    for position, column in enumerate(examples.columns):
        if column.kind == "category":
            values, y = examples.matrix[:, position], examples.y
            inner = [
                auc(y[f.check], single_column_scores(values, y, column, fit=f.learn)[f.check])
                for f in split.folds
            ]
            early[position] = float(np.mean(inner))
            late[position] = auc(y[test], single_column_scores(values, y, column, fit=fit)[test])
    falls = early < 0.5
    return np.where(falls, 1 - early, early), np.where(falls, 1 - late, late)


def _ranked(examples: Examples, rows: Rows, positions: list[int]) -> Floats:
    """Return the ROC-AUC of number columns; missing values stand at the median."""
    values, y = examples.matrix[rows][:, positions], examples.y[rows]
    known = ~np.isnan(values)
    middle = [
        float(np.median(v[k])) if k.any() else 0.0 for v, k in zip(values.T, known.T, strict=True)
    ]
    ranks = rankdata(np.where(known, values, middle), axis=0)
    n_events = y.sum()
    n_others = len(y) - n_events
    return np.asarray((y @ ranks - n_events * (n_events + 1) / 2) / (n_events * n_others))


def _auc_error(examples: Examples, rows: Rows, area: Floats) -> Floats:
    """Return the standard error of ROC-AUCs (Hanley and McNeil, 1982), counting entities."""
    y, entity = examples.y[rows], examples.entity[rows]
    events, others = (len(np.unique(entity[y == label])) for label in (1, 0))
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (events - 1) * (first - area**2)
    variance += (others - 1) * (second - area**2)
    return np.sqrt(np.maximum(variance, 0.0) / (events * others))


def _worst(code: str, found: list[Finding], *, limit: float, otherwise: str) -> Check:
    """Return the verdict on the strongest finding."""
    worst = max(found, key=lambda each: each.strength, default=Finding("", 0.5, otherwise))
    if worst.strength <= 0.5:
        return Check(code, "pass", otherwise)
    good = worst.strength < limit
    return verdict(code, good, worst.words + ("" if good else WHAT_TO_DO))
