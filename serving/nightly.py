"""The nightly run: check → features → score → signals → tiers → store, in one transaction.

The same inputs have the same run_id, and a run that is there already is left alone; a run that
fails writes nothing, so the last good one stays in force.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features import Source, build_panel, check_source, open_source
from features.catalogue import CATALOGUE, Catalogue
from serving.accounts import accounts_of
from serving.errors import NightlyError
from serving.records import ModelUsed, Run, digest_of
from serving.registry import Champion, Champions, default_uri
from serving.snapshot import Snapshot, take_snapshot
from serving.store import default_url, n_records, opened, run_by_id, write_run
from tiering.policy import DEFAULT_POLICY, policy_at
from tiering.version import Version

BACK = timedelta(days=84)  # "was" in reasons and signals: whole weeks, so weekdays match


@dataclass(frozen=True)
class RunReport:
    """What a nightly run left in the store."""

    run: Run
    accounts: int
    written: bool

    def to_json(self) -> dict[str, Any]:
        """Return the machine-readable result; the same for a run and its repetition."""
        return {
            "run_id": self.run.run_id,
            "as_of": f"{self.run.as_of.isoformat()}Z",
            "policy": self.run.policy,
            "models": {outcome: used.version for outcome, used in self.run.models.items()},
            "accounts": self.accounts,
            "expected_net_value": self.run.value,
            "seats": [
                {"tier": s.tier, "capacity": s.capacity, "used": s.used, "price": s.price}
                for s in self.run.seats
            ],
        }

    def __str__(self) -> str:
        models = ", ".join(used.version for used in self.run.models.values())
        first = f"{self.run.as_of:%Y-%m-%d}: {self.accounts} accounts scored by {models}"
        first += f", policy {self.run.policy}" + ("" if self.written else " (nothing had changed)")
        seats = [
            f"  {s.tier:<12}{s.used:>7} of {'any' if s.capacity is None else s.capacity:<7}"
            f" one more seat is worth {s.price:,.0f}"
            for s in self.run.seats
        ]
        return "\n".join([first, *seats])


@dataclass(frozen=True)
class Night:
    """Everything a run depends on: the same night has the same run_id."""

    as_of: datetime
    source: Source
    catalogue: Catalogue
    champions: Mapping[str, Champion]
    policy: Version

    @cached_property
    def run_id(self) -> str:
        """Digest of all of it."""
        models = sorted(f"{c.version}:{c.digest}" for c in self.champions.values())
        facts = (self.source.digest, self.catalogue.fingerprint, policy_digest(self.policy))
        return digest_of(self.as_of.isoformat(), *facts, *models)


def run(
    source_location: str,
    *,
    as_of: datetime,
    policy_path: Path | None,
    store_url: str,
    tracking_uri: str,
    home: Path,
    catalogue: Catalogue = CATALOGUE,
) -> RunReport:
    """Run the night of ``as_of``.

    Parameters
    ----------
    as_of
        Moment of prediction; without a zone it means UTC.
    policy_path
        Tier policy; None for the shipped one.
    store_url, tracking_uri
        Empty for the SQLite databases in ``home``.
    catalogue
        The features in force; a champion of another catalogue is refused.

    Raises
    ------
    NightlyError
        When the source is refused or no outcome has a champion.
    """
    as_of = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    policy_path = Path(policy_path or DEFAULT_POLICY)
    policy = policy_at(policy_path, as_of.date())
    champions = _champions(tracking_uri or default_uri(home), catalogue)
    store_url = store_url or default_url(home)
    with open_source(source_location) as source:
        _refuse_bad(source, source_location)
        night = Night(as_of, source, catalogue, champions, policy)
        if (done := _done(store_url, night.run_id)) is not None:
            return done
        panel = build_panel(source, [as_of - BACK, as_of], catalogue=catalogue)
        snapshot = take_snapshot(
            _at(panel, as_of),
            _at(panel, as_of - BACK),
            accounts=accounts_of(source, as_of),
            champions=champions,
            policy=policy,
            run_id=night.run_id,
        )
        record = _run_record(night, snapshot)
    with opened(store_url) as engine:
        written = write_run(engine, record, snapshot.records)
    return RunReport(record, len(snapshot.records), written)


def _champions(tracking_uri: str, catalogue: Catalogue) -> dict[str, Champion]:
    champions = Champions(tracking_uri, catalogue).all()
    if not champions:
        raise NightlyError(
            "no outcome has a champion: train a model and promote it, then run the night again"
        )
    return champions


def _refuse_bad(source: Source, location: str) -> None:
    report = check_source(source)
    if not report.ok:
        problems = "; ".join(str(problem) for problem in report.problems[:5])
        raise NightlyError(f"the source {location} is refused: {problems}")


def policy_digest(policy: Version) -> str:
    """Return the SHA-256 of everything a policy version says."""
    return hashlib.sha256(policy.model_dump_json(by_alias=True).encode()).hexdigest()


def _done(store_url: str, run_id: str) -> RunReport | None:
    if store_url.startswith("sqlite:///") and not Path(store_url[10:]).exists():
        return None  # opening would create the store before there is something to put in
    with opened(store_url) as engine:
        found = run_by_id(engine, run_id)
        return None if found is None else RunReport(found, n_records(engine, run_id), written=False)


def _at(panel: pa.Table, moment: datetime) -> pa.Table:
    return panel.filter(pc.equal(panel["as_of"], pa.scalar(moment, panel["as_of"].type)))


def _run_record(night: Night, snapshot: Snapshot) -> Run:
    return Run(
        run_id=night.run_id,
        as_of=night.as_of,
        watermark=night.source.newest,
        source_digest=night.source.digest,
        catalogue=night.catalogue.fingerprint,
        policy=night.policy.name,
        policy_digest=policy_digest(night.policy),
        models={outcome: _used(champion) for outcome, champion in night.champions.items()},
        peers=snapshot.peers,
        seats=snapshot.seats,
        value=snapshot.value,
    )


def _used(champion: Champion) -> ModelUsed:
    manifest = champion.bundle.manifest
    columns: Sequence[str] = manifest.names
    return ModelUsed(
        version=champion.version,
        digest=champion.digest,
        columns=tuple(columns),
        from_catalogue=manifest.catalogue is not None,
    )
