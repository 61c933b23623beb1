"""Reasons of stored and of fresh scores, in words, adding up to the probability."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa

from features.catalogue import Catalogue
from scoring.bundle import Explanation
from scoring.reasons import reasons
from serving.records import ModelUsed, OutcomeScore, Record, Row, Run
from serving.snapshot import peers_of


def explained(
    run: Run,
    records: Sequence[Record],
    outcomes: Sequence[str],
    *,
    catalogue: Catalogue,
    k: int,
    language: str,
) -> list[dict[str, Any]]:
    """Return one object per record: each outcome's probability and reasons, null without a score.

    The reasons are put into words now, from the stored attributions, values, past and peers.
    """
    answers: list[dict[str, Any]] = [dict.fromkeys(outcomes) for _ in records]
    for outcome in outcomes:
        scored = [i for i, record in enumerate(records) if outcome in record.outcomes]
        if not scored:
            continue
        found = [records[i].outcomes[outcome] for i in scored]
        mine = [records[i] for i in scored]
        used = run.models[outcome]
        names = strongest(used, found, k)
        said = explained_rows(
            stored_explanation(outcome, used, found, catalogue),
            stored_table(names, [record.features for record in mine]),
            k=k,
            language=language,
            was=stored_table(names, [record.was or {} for record in mine]),
            peers=stored_table(names, [peers_of(run.peers, record.use_case) for record in mine]),
        )
        for i, score, words in zip(scored, found, said, strict=True):
            answers[i][outcome] = {**words, "percentile": score.percentile}
    return answers


def explained_rows(
    explanation: Explanation,
    table: pa.Table,
    *,
    k: int,
    language: str,
    was: pa.Table | None = None,
    peers: pa.Table | None = None,
) -> list[dict[str, Any]]:
    """Return each row's probability, base and ``k`` reasons; with ``other_pp`` they add up."""
    words = reasons(explanation, table, k=k, language=language, was=was, peers=peers)
    return [
        {
            "probability": float(explanation.probability[i]),
            "base_probability": float(explanation.base_probability[i]),
            "reasons": [asdict(reason) for reason in first],
            "other_pp": float(other_pp),
        }
        for i, (first, other_pp) in enumerate(words)
    ]


def stored_explanation(
    outcome: str, used: ModelUsed, scores: Sequence[OutcomeScore], catalogue: Catalogue
) -> Explanation:
    """Return stored scores as the explanation they were taken from."""
    return Explanation(
        margin=np.array([score.margin for score in scores]),
        probability=np.array([score.probability for score in scores]),
        base_margin=np.array([score.base_margin for score in scores]),
        base_probability=np.array([score.base_probability for score in scores]),
        pp=np.array([score.pp for score in scores]),
        columns=used.columns,
        outcome=outcome,
        catalogue=catalogue if used.from_catalogue else None,
    )


def strongest(used: ModelUsed, scores: Sequence[OutcomeScore], k: int) -> list[str]:
    """Return the columns that are among the ``k`` largest effects of any row.

    Only their values are put into words, and a table of five columns is made much faster than
    one of sixty.
    """
    order = np.argsort(-np.abs([score.pp for score in scores]), axis=1, kind="stable")
    return [used.columns[position] for position in np.unique(order[:, :k])]


def stored_table(names: Sequence[str], rows: Sequence[Row]) -> pa.Table:
    """Return feature rows as a table of some columns; an absent value is null."""
    if not names:
        return pa.table({"none": pa.nulls(len(rows))})
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def _column(values: list[Any]) -> Any:
    text = any(isinstance(value, str) for value in values)
    return pa.array(values, type=pa.string() if text else pa.float64())
