"""Decides which model goes out: the alias `champion` moves only when no check fails.

A forced promotion is recorded on the model version with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, Catalogue
from scoring.bundle import load_bundle
from scoring.errors import BundleError, RowError
from training.checks import numbered as c
from training.checks.held_out import read_held_out
from training.errors import PromotionError
from training.lifecycle.against_champion import CODES, Challenger, InForce, compare, not_comparable
from training.reports.report import PromotionReport
from training.tables.roles import require_outcome
from training.tracking.run import HELD_OUT, NEWEST, Version
from training.tracking.store import Tracking

# Checks that depend on the day they are asked; the others are facts of the run.
ASKED_AGAIN = (*CODES, "TW08")


def promote(
    *,
    outcome: str,
    tracking: Tracking,
    catalogue: Catalogue = CATALOGUE,
    run_id: str | None = None,
    force: bool = False,
    why: str | None = None,
    policy: Path | None = None,
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
    policy : Path, optional
        The tier policy by which TW15 asks who would move; by default the shipped one.

    Raises
    ------
    PromotionError
        When there is no such run, or a forced promotion without a reason.
    """
    if force and not (why or "").strip():
        raise PromotionError("a forced promotion needs a reason: --force --why TEXT")
    require_outcome(outcome)
    version = tracking.version_of(outcome, run_id)
    verdicts = current_checks(version, InForce(tracking, catalogue, policy))
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


def current_checks(version: Version, in_force: InForce) -> tuple[c.Check, ...]:
    """Return the recorded checks of a run, with those that depend on today asked again."""
    tracking = in_force.tracking
    held_out = pq.read_table(tracking.artifact(version.run_id, HELD_OUT))
    recorded = [c.Check.from_json(raw) for raw in tracking.recorded_checks(version.run_id)]
    kept = [check for check in recorded if check.code not in ASKED_AGAIN]
    try:
        bundle = load_bundle(tracking.bundle_folder(version), catalogue=in_force.catalogue)
        judged = load_bundle(tracking.judged_folder(version), catalogue=in_force.catalogue)
        now = judged.score(held_out).probability
    except (BundleError, RowError) as error:
        damaged = c.Check("TW08", "fail", str(error))
        return c.in_order((*kept, *not_comparable("this version cannot be read"), damaged))
    again = c.reproduces(np.asarray(read_held_out(held_out).probability), now)
    champion = tracking.champion(version.outcome)
    if champion is not None and champion.run_id == version.run_id:
        compared = not_comparable("this version is the champion")
    else:
        newest = read_newest(tracking, version)
        compared = compare(Challenger(version.outcome, bundle, held_out, newest), in_force)
        compared = _still(recorded, compared) if champion is not None else compared
    return c.in_order((*kept, *compared, again))


def _still(recorded: Sequence[c.Check], now: Sequence[c.Check]) -> tuple[c.Check, ...]:
    """Keep what failed at training where it cannot be asked again."""
    failed = {check.code: check for check in recorded if check.result == "fail"}
    return tuple(failed.get(each.code, each) if each.result == "n/a" else each for each in now)


def read_newest(tracking: Tracking, version: Version) -> pa.Table | None:
    """Return the rows of the newest date that were kept with a run, if any were."""
    path = tracking.artifact_if_any(version.run_id, NEWEST)
    return None if path is None else pq.read_table(path)
