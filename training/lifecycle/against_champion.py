"""Compares a challenger with the champion in force, on the same rows: TW07, TW14 and TW15.

A champion that reads other columns, or was trained under another catalogue, cannot be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import Catalogue
from scoring.bundle import Bundle, load_bundle
from scoring.errors import BundleError, RowError
from scoring.manifest import Column, counted_otherwise
from tiering.policy import DEFAULT_POLICY, policy_at
from training.checks.held_out import read_held_out
from training.checks.numbered import Check, not_worse_than
from training.checks.shadow_tiers import Shadow, shadow_tiers
from training.checks.stability import group_effects, group_names, some_rows, stable_reasons
from training.tables.arr import read_arr
from training.tables.large import names_read
from training.tables.newest import last_date
from training.tracking.store import Tracking

Floats = npt.NDArray[np.float64]

CODES = ("TW07", "TW14", "TW15")
OUTCOMES = ("churn", "expansion")


@dataclass(frozen=True)
class Challenger:
    """A bundle that wants to go out, with the rows it is compared on.

    Attributes
    ----------
    outcome : str
    bundle : Bundle
        The one that would score from now on.
    held_out : pyarrow.Table
        With the probabilities of the model as it was judged.
    newest : pyarrow.Table or None
        Rows that wait for their outcome.
    frozen : sequence of str
        Columns of its table that were left out since they never change there.
    """

    outcome: str
    bundle: Bundle
    held_out: pa.Table
    newest: pa.Table | None
    frozen: Sequence[str] = ()


@dataclass(frozen=True)
class Champion:
    """The champion of an outcome: what scores, and the same as it was judged.

    What went out has seen newer rows since, perhaps those of the comparison.
    """

    name: str
    run_id: str
    bundle: Bundle
    judged: Bundle


@dataclass(frozen=True)
class InForce:
    """What is in force on the day of the comparison."""

    tracking: Tracking
    catalogue: Catalogue
    policy: Path | None = None

    def champion(self, outcome: str) -> Champion | None:
        """Return the champion of an outcome, or None.

        Raises
        ------
        BundleError
            When it was trained under another catalogue.
        """
        version = self.tracking.champion(outcome)
        if version is None:
            return None
        folders = self.tracking.bundle_folder(version), self.tracking.judged_folder(version)
        bundle, judged = (load_bundle(folder, catalogue=self.catalogue) for folder in folders)
        return Champion(f"champion {version.version}", version.run_id, bundle, judged)


def unfit(champion: Champion, names: Sequence[str], columns: Sequence[Column]) -> str | None:
    """Say why a champion cannot be asked about a table at all, or None.

    Parameters
    ----------
    champion : Champion
    names : sequence of str
        All columns that the table has.
    columns : sequence of Column
        Those that can be learnt from.
    """
    reads = champion.bundle.manifest.columns
    absent = [name for name in names_read(reads) if name not in names]
    if absent:
        return f"reads columns that the table lacks: {', '.join(absent[:5])}"
    other = counted_otherwise(reads, columns)
    words = ", ".join(f"'{name}'" for name in other[:5])
    return f"counts the dates of {words} otherwise than this table does" if other else None


def compare(challenger: Challenger, in_force: InForce) -> tuple[Check, ...]:
    """Return TW07, TW14 and TW15; all n/a without a champion to compare with."""
    try:
        champion = in_force.champion(challenger.outcome)
        if champion is None:
            return not_comparable("there is no champion yet")
        stopped = [
            n for n in names_read(champion.judged.manifest.columns) if n in challenger.frozen
        ]
        if stopped:
            return _gone_blank(stopped)
        theirs = champion.judged.score(challenger.held_out).probability
    except (BundleError, RowError) as error:
        return not_comparable(f"the champion cannot score these rows: {error}")
    rows = read_held_out(challenger.held_out)
    return (
        not_worse_than("TW07", rows, theirs, name=champion.name),
        _stable(challenger, champion, in_force.catalogue),
        _shadow(challenger, champion, in_force),
    )


def not_comparable(why: str) -> tuple[Check, ...]:
    """Return the three checks as not applicable."""
    return tuple(Check(code, "n/a", why) for code in CODES)


def _gone_blank(names: Sequence[str]) -> tuple[Check, ...]:
    """Fail TW07: what the champion reads stopped changing, which no comparison would show."""
    said = ", ".join(f"'{name}'" for name in names[:5])
    why = (
        f"the champion reads {said}, which never changes in this table; mend the export, or leave "
    )
    why += "it out on purpose (--drop) and train again"
    others = not_comparable("the champion cannot be asked about this table")
    return (Check("TW07", "fail", why), *others[1:])


def _stable(challenger: Challenger, champion: Champion, catalogue: Catalogue) -> Check:
    """TW14 on some of the held-out rows."""
    rows = challenger.held_out.take(some_rows(challenger.held_out.num_rows))
    effects = []
    for bundle in (challenger.bundle, champion.bundle):
        ours = None if bundle.manifest.catalogue is None else catalogue
        explained = bundle.explain(rows)
        effects.append(group_effects(explained.pp, group_names(explained.columns, ours)))
    return stable_reasons(effects[0], effects[1], champion.name)


def _shadow(challenger: Challenger, champion: Champion, in_force: InForce) -> Check:
    """TW15 on the newest date of the challenger's table."""
    if challenger.outcome not in OUTCOMES:
        return Check("TW15", "n/a", f"tiers do not depend on '{challenger.outcome}'")
    if challenger.newest is None:
        return Check("TW15", "n/a", "no newest rows with ARR: tiers need both")
    newest = last_date(challenger.newest)
    arr = read_arr(newest).values
    if arr is None:
        return Check("TW15", "n/a", "no newest rows with ARR: tiers need both")
    newest, arr = newest.filter(pa.array(arr >= 0)), arr[arr >= 0]
    if not len(arr):
        return Check("TW15", "n/a", "ARR is not known on the newest date: tiers need it")
    shadow = _shadow_of(challenger, champion.bundle, newest, arr, in_force)
    policy = policy_at(in_force.policy or DEFAULT_POLICY, _day(in_force))
    return shadow_tiers(shadow, policy, champion.name)


def _day(in_force: InForce) -> date:
    """Return today, by the clock runs are recorded with."""
    return in_force.tracking.clock().date()


def _shadow_of(
    challenger: Challenger, champion: Bundle, newest: pa.Table, arr: Floats, in_force: InForce
) -> Shadow:
    """Score the newest date with both models, and with the champion of the other outcome."""
    shared = {}
    for outcome in OUTCOMES:
        other = None if outcome == challenger.outcome else _scores(outcome, newest, in_force)
        if other is not None:
            shared[outcome] = other
    return Shadow(
        arr=arr,
        before=shared | {challenger.outcome: champion.score(newest).probability},
        after=shared | {challenger.outcome: challenger.bundle.score(newest).probability},
    )


def _scores(outcome: str, rows: pa.Table, in_force: InForce) -> Floats | None:
    """Return what the champion of another outcome says; None when it cannot."""
    try:
        found = in_force.champion(outcome)
        return None if found is None else found.bundle.score(rows).probability
    except (BundleError, RowError):
        return None
