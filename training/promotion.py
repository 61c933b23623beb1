"""Decides which model goes out: the alias `champion` moves only when no check fails.

A forced promotion is recorded on the model version with its reason.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, Catalogue
from scoring.bundle import load_bundle
from scoring.errors import BundleError, RowError
from training import checks as c
from training.errors import PromotionError
from training.held_out import read_held_out
from training.report import PromotionReport
from training.run import HELD_OUT, Version
from training.tracking import Tracking

# Checks that depend on the day they are asked; the others are facts of the run.
ASKED_AGAIN = ("TW07", "TW08")


def promote(
    *,
    outcome: str,
    tracking: Tracking,
    catalogue: Catalogue = CATALOGUE,
    run_id: str | None = None,
    force: bool = False,
    why: str | None = None,
) -> PromotionReport:
    """Run the promotion checks and move the alias `champion` when none fails.

    Parameters
    ----------
    outcome : str
    tracking : Tracking
    catalogue : Catalogue
        The one in force; a model of another one fails its check.
    run_id : str, optional
        By default the newest run of the outcome.
    force : bool
        Promote although a check fails.
    why : str, optional
        The reason of a forced promotion; required with `force`.

    Raises
    ------
    PromotionError
        When there is no such run, or a forced promotion without a reason.
    """
    if force and not (why or "").strip():
        raise PromotionError("a forced promotion needs a reason: --force --why TEXT")
    version = tracking.version_of(outcome, run_id)
    verdicts = current_checks(version, tracking, catalogue)
    good = c.promotable(verdicts)
    if good or force:
        tracking.crown(version, checks=verdicts, why=None if good else why)
    return PromotionReport(
        outcome=outcome,
        run_id=version.run_id,
        version=version.version,
        checks=verdicts,
        promoted=good or force,
        forced=force and not good,
        why=why if force and not good else None,
    )


def current_checks(
    version: Version, tracking: Tracking, catalogue: Catalogue
) -> tuple[c.Check, ...]:
    """Return the recorded checks of a run, with those that depend on today asked again."""
    held_out = pq.read_table(tracking.artifact(version.run_id, HELD_OUT))
    recorded = [c.Check.from_json(raw) for raw in tracking.recorded_checks(version.run_id)]
    kept = [check for check in recorded if check.code not in ASKED_AGAIN]
    champion = tracking.champion(version.outcome)
    if champion is not None and champion.run_id == version.run_id:
        compared = c.Check("TW07", "n/a", "this version is the champion")
    else:
        compared = against_champion(held_out, version.outcome, tracking, catalogue)
    again = reproduces_held_out(version, held_out, tracking, catalogue)
    return c.in_order((*kept, compared, again))


def against_champion(
    held_out: pa.Table, outcome: str, tracking: Tracking, catalogue: Catalogue
) -> c.Check:
    """TW07: compare with the champion in force on the same rows, both as they were judged.

    What went out as champion has seen newer rows since, perhaps these.
    """
    champion = tracking.champion(outcome)
    if champion is None:
        return c.Check("TW07", "n/a", "there is no champion yet")
    try:
        bundle = load_bundle(tracking.judged_folder(champion), catalogue=catalogue)
        theirs = bundle.score(held_out).probability
    except (BundleError, RowError) as error:
        return c.Check("TW07", "n/a", f"champion {champion.version} cannot score them: {error}")
    rows = read_held_out(held_out)
    return c.not_worse_than("TW07", rows, theirs, name=f"champion {champion.version}")


def reproduces_held_out(
    version: Version, held_out: pa.Table, tracking: Tracking, catalogue: Catalogue
) -> c.Check:
    """TW08: read the stored bundle back and score the held-out rows again."""
    try:
        load_bundle(tracking.bundle_folder(version), catalogue=catalogue)
        judged = load_bundle(tracking.judged_folder(version), catalogue=catalogue)
        now = judged.score(held_out).probability
    except (BundleError, RowError) as error:
        return c.Check("TW08", "fail", str(error))
    return c.reproduces(np.asarray(read_held_out(held_out).probability), now)
