"""From the panel at one as_of to the records of a run: scores, signals and tiers of every account.

Accounts with ARR get a tier; the eligible among them get scores (the others have given notice).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scoring.bundle import Explanation
from serving.records import (
    FiredSignal,
    OutcomeScore,
    Record,
    Row,
    SeatCount,
    TierDecision,
    digest_of,
)
from serving.registry import Champion
from tiering.assignment import Assignment, assign
from tiering.plays import suggest
from tiering.signals import Signal, detect
from tiering.version import Phrase, Version

NOT_FEATURES = ("account_id", "as_of", "eligible", "churned", "expanded", "contracted")
EVERYONE = ""  # the peer group of accounts whose use case is unknown


@dataclass(frozen=True)
class Account:
    """What people call an account and who looks after it."""

    name: str
    csm_id: str | None = None
    segment: str | None = None
    use_case: str | None = None


@dataclass(frozen=True)
class Snapshot:
    """Everything a run stores about its accounts."""

    records: tuple[Record, ...]
    peers: dict[str, Row]
    seats: tuple[SeatCount, ...]
    value: float


def take_snapshot(
    now: pa.Table,
    before: pa.Table,
    *,
    accounts: Mapping[str, Account],
    champions: Mapping[str, Champion],
    policy: Version,
    run_id: str,
) -> Snapshot:
    """Score, watch and tier every account of the panel ``now`` that has ARR.

    Parameters
    ----------
    now, before
        The panel at as_of and 84 days earlier; one row per account.
    """
    now = now.filter(pc.greater(now["arr"], pa.scalar(0.0))).sort_by("account_id")
    ids = ids_of(now)
    rows = feature_rows(now)
    past = dict(zip(ids_of(before), feature_rows(before), strict=True))
    known = [accounts.get(account_id) or Account(name=account_id) for account_id in ids]
    peers = peer_medians(now, [account.use_case for account in known])
    scores = {name: _outcome_scores(now, champion) for name, champion in champions.items()}
    assignment = _assign(policy, now, scores)
    signals = [
        detect(policy, row, was=past.get(i), peers=peers_of(peers, account.use_case))
        for i, row, account in zip(ids, rows, known, strict=True)
    ]
    eligible = now["eligible"].to_pylist()
    records = tuple(
        Record(
            score_id=digest_of(run_id, account_id),
            account_id=account_id,
            name=known[i].name,
            arr=rows[i]["arr"],
            csm_id=known[i].csm_id,
            segment=known[i].segment,
            use_case=known[i].use_case,
            eligible=bool(eligible[i]),
            features=rows[i],
            was=past.get(account_id),
            outcomes={n: s[account_id] for n, s in scores.items() if account_id in s},
            signals=tuple(_kept(signal) for signal in signals[i] if signal.fired is not False),
            tier=_tier(policy, assignment, i, signals[i]),
        )
        for i, account_id in enumerate(ids)
    )
    return Snapshot(records, peers, _seats(policy, assignment), assignment.value)


def ids_of(table: pa.Table) -> list[str]:
    """Return the account_ids of a panel."""
    return [str(account_id) for account_id in table["account_id"].to_pylist()]


def feature_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Return each row's features by name, exactly as in the panel; unknown is None."""
    names = [name for name in table.column_names if name not in NOT_FEATURES]
    rows: list[dict[str, Any]] = table.select(names).to_pylist()
    return [{k: None if v != v else v for k, v in row.items()} for row in rows]


def peer_medians(now: pa.Table, use_cases: Sequence[str | None]) -> dict[str, Row]:
    """Return the median of every numeric feature per use case, and of everyone under ``""``."""
    names = [f.name for f in now.schema if pa.types.is_floating(f.type)]
    names = [name for name in names if name not in NOT_FEATURES]
    columns = np.column_stack([_floats(now[name]) for name in names]) if names else np.empty((0, 0))
    groups = np.array([use_case or EVERYONE for use_case in use_cases], dtype=object)
    medians: dict[str, Row] = {EVERYONE: _medians(names, columns)}
    for use_case in sorted(set(groups) - {EVERYONE}):
        medians[use_case] = _medians(names, columns[groups == use_case])
    return medians


def peers_of(peers: Mapping[str, Row], use_case: str | None) -> Row:
    """Return the medians an account is compared with."""
    return peers.get(use_case or EVERYONE) or peers.get(EVERYONE) or {}


def _medians(names: Sequence[str], columns: NDArray[np.float64]) -> dict[str, Any]:
    known = [column[~np.isnan(column)] for column in columns.T]
    return {
        name: float(np.median(column)) if len(column) else None
        for name, column in zip(names, known, strict=False)
    }


def _floats(column: Any) -> NDArray[np.float64]:
    return np.asarray(pc.fill_null(column, float("nan")).to_numpy(), dtype=np.float64)


def _outcome_scores(now: pa.Table, champion: Champion) -> dict[str, OutcomeScore]:
    """Return one outcome's scores of the eligible accounts, by account_id."""
    table = now.filter(now["eligible"])
    if table.num_rows == 0:
        return {}
    explanation = champion.bundle.explain(table)
    percentiles = percentile(explanation.probability)
    ids = ids_of(table)
    return {
        account_id: outcome_score(explanation, i, float(percentiles[i]))
        for i, account_id in enumerate(ids)
    }


def outcome_score(explanation: Explanation, i: int, percentile: float) -> OutcomeScore:
    """Return row ``i`` of an explanation as a record."""
    return OutcomeScore(
        probability=float(explanation.probability[i]),
        base_probability=float(explanation.base_probability[i]),
        margin=float(explanation.margin[i]),
        base_margin=float(explanation.base_margin[i]),
        percentile=percentile,
        pp=tuple(explanation.pp[i].tolist()),
    )


def percentile(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of accounts below each one, ties counted half; in (0, 1)."""
    ordered = np.sort(probability)
    below = np.searchsorted(ordered, probability, side="left")
    not_above = np.searchsorted(ordered, probability, side="right")
    shares: NDArray[np.float64] = (below + not_above) / (2.0 * len(probability))
    return shares


def _assign(
    policy: Version, now: pa.Table, scores: Mapping[str, Mapping[str, OutcomeScore]]
) -> Assignment:
    ids = ids_of(now)

    def probabilities(outcome: str) -> list[float]:
        found = scores.get(outcome, {})
        return [found[i].probability if i in found else float("nan") for i in ids]

    return assign(
        policy,
        ids,
        arr=_floats(now["arr"]),
        churn=probabilities("churn"),
        expansion=probabilities("expansion"),
    )


def _tier(
    policy: Version, assignment: Assignment, i: int, signals: Sequence[Signal]
) -> TierDecision:
    decision = assignment.decisions[i]  # both are in order of account_id
    play = suggest(policy, decision.tier, signals)
    return TierDecision(
        name=decision.tier,
        touch_model=decision.touch_model,
        value=decision.value,
        decided_by=decision.decided_by,
        next_best=decision.next_best,
        margin=decision.margin,
        play=None if play is None else {"title": _both(play.title), "steps": _both(play.steps)},
    )


def _kept(signal: Signal) -> FiredSignal:
    title, text = _both(signal.title), _both(signal.text)
    return FiredSignal(signal.code, signal.severity, signal.fired, title, text)


def _seats(policy: Version, assignment: Assignment) -> tuple[SeatCount, ...]:
    return tuple(
        SeatCount(s.tier, s.touch_model, s.capacity, s.used, s.price, _both(t.title))
        for s, t in zip(assignment.seats, policy.tiers, strict=True)
    )


def _both(phrase: Phrase) -> dict[str, str]:
    return {"en": phrase.en, "ja": phrase.ja}
