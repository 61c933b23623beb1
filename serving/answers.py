"""The answers to API calls, free of HTTP: a checked request in, plain JSON values out.

Every stored score is a record: what is returned was computed by the run in force, with the model
that is named beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine

from features.catalogue import Catalogue
from serving import portfolio
from serving.account_facts import account_facts, tier_json
from serving.cursor import Cursor
from serving.errors import ApiError, RegistryError
from serving.explaining import explained
from serving.portfolio import Question
from serving.records import Record, Run
from serving.registry import OUTCOMES, Champions
from serving.requests import AccountsQuery, ScoreRequest, nearest, shown
from serving.store import id_in_force, records_of, run_by_id

LINE_REASONS = 5  # per outcome in a line of the portfolio


class Answers:
    """What the service can say, over one store and one registry."""

    def __init__(self, engine: Engine, champions: Champions) -> None:
        self.engine = engine
        self.champions = champions
        self._kept: Run | None = None  # runs never change, so the last one is worth keeping

    @property
    def catalogue(self) -> Catalogue:
        """The features in force: what the columns of our own models mean."""
        return self.champions.catalogue

    def run(self) -> Run:
        """Return the run in force; 503 when there is none yet."""
        run_id = id_in_force(self.engine)
        kept = self._kept
        if run_id is not None and (kept is None or kept.run_id != run_id):
            self._kept = kept = run_by_id(self.engine, run_id)
        if run_id is None or kept is None:
            raise ApiError(
                503, "no_snapshot", "no nightly run has been stored yet: `tierwise run` makes one"
            )
        return kept

    def record(self, run: Run, account_id: str) -> Record:
        """Return one account's record; 404 when the run does not know it."""
        found = records_of(self.engine, run.run_id, [account_id])
        if account_id not in found:
            raise unknown_accounts([account_id], run)
        return found[account_id]

    def score(self, asked: ScoreRequest) -> dict[str, Any]:
        """Answer ``POST /v1/score``."""
        run = self.run()
        outcomes = wanted_outcomes(asked.outcomes, list(run.models))
        ids = list(dict.fromkeys(asked.account_ids))
        found = records_of(self.engine, run.run_id, ids)
        if missing := [account_id for account_id in ids if account_id not in found]:
            raise unknown_accounts(missing, run)
        records = [found[account_id] for account_id in ids]
        words = self._explained(run, records, outcomes, k=asked.reasons, language=asked.language)
        scores = [
            {"account_id": record.account_id, "score_id": record.score_id, "arr": record.arr}
            | of_account
            | {"tier": tier_json(record)}
            for record, of_account in zip(records, words, strict=True)
        ]
        return heading(run, outcomes) | {"scores": scores}

    def models(self) -> dict[str, Any]:
        """Answer ``GET /v1/models``."""
        champions = self.loaded()
        if not champions:
            raise no_champion(OUTCOMES)
        return {
            "models": {
                outcome: {
                    "version": champion.version,
                    "label": champion.bundle.manifest.label,
                    "catalogue": champion.bundle.manifest.catalogue,
                    "digest": champion.digest,
                    "columns": list(champion.bundle.manifest.names),
                    "training": dict(champion.bundle.manifest.training),
                    "tags": dict(champion.tags),
                }
                for outcome, champion in champions.items()
            }
        }

    def loaded(self) -> Mapping[str, Any]:
        """Return the champions; 503 when the registry or a bundle is damaged."""
        try:
            return self.champions.all()
        except RegistryError as error:
            raise ApiError(503, "no_champion", f"no champion can be served: {error}") from error

    def accounts(self, asked: AccountsQuery) -> dict[str, Any]:
        """Answer ``GET /v1/accounts``: one page of the portfolio."""
        run, offset = self._page_start(asked)
        question = Question(asked.tier, asked.csm_id, asked.signal, asked.sort, asked.limit, offset)
        _check_tier(run, asked.tier)
        ids, total = portfolio.account_ids(self.engine, run, question)
        found = records_of(self.engine, run.run_id, ids)
        records = [found[account_id] for account_id in ids]
        words = self._explained(run, records, k=LINE_REASONS, language=asked.language)
        after = offset + len(ids)
        return heading(run, list(run.models)) | {
            "total": total,
            "accounts": [
                account_facts(record, of_account, asked.language)
                | {
                    "tier": record.tier.name,
                    "next_best": record.tier.next_best,
                    "margin": record.tier.margin,
                }
                for record, of_account in zip(records, words, strict=True)
            ],
            "next_cursor": Cursor.of(run, asked, after).text() if after < total else None,
        }

    def offset(self, asked: AccountsQuery) -> int:
        """Return how many accounts come before the asked page."""
        return self._page_start(asked)[1]

    def _explained(
        self,
        run: Run,
        records: Sequence[Record],
        outcomes: Sequence[str] | None = None,
        *,
        k: int,
        language: str,
    ) -> list[dict[str, Any]]:
        """Return each record's outcomes in words; all outcomes of the run unless some are named."""
        asked = list(run.models) if outcomes is None else outcomes
        return explained(run, records, asked, catalogue=self.catalogue, k=k, language=language)

    def _page_start(self, asked: AccountsQuery) -> tuple[Run, int]:
        if asked.cursor is None:
            return self.run(), 0
        cursor = Cursor.read(asked)
        run = run_by_id(self.engine, cursor.run_id)
        if run is None:
            raise ApiError(400, "invalid_request", "cursor: of a run that is not in this store")
        return run, cursor.offset

    def account(self, account_id: str, *, language: str, k: int = 12) -> dict[str, Any]:
        """Answer ``GET /v1/accounts/{account_id}``: everything on one account."""
        run = self.run()
        record = self.record(run, account_id)
        words = self._explained(run, [record], k=k, language=language)[0]
        play = record.tier.play
        return (
            heading(run, list(run.models))
            | account_facts(record, words, language)
            | {
                "tier": tier_json(record),
                "play": None if play is None else {k: text[language] for k, text in play.items()},
                "features": dict(record.features),
            }
        )


def heading(run: Run, outcomes: Sequence[str]) -> dict[str, Any]:
    """Return what every answer from a run starts with."""
    return {
        "as_of": f"{run.as_of.isoformat()}Z",
        "models": {outcome: run.models[outcome].version for outcome in outcomes},
        "policy": run.policy,
    }


def wanted_outcomes(asked: Sequence[str] | None, there: Sequence[str]) -> list[str]:
    """Return the outcomes to answer for; 400 for an unknown one, 503 for one without a model."""
    if asked is None:
        return list(there)
    known = [*dict.fromkeys([*there, *OUTCOMES])]
    wrong = [
        {
            "field": f"outcomes[{i}]",
            "problem": f"no such outcome; there are: {', '.join(known)}",
            "received": shown(outcome),
            "nearest": nearest(outcome, known),
        }
        for i, outcome in enumerate(asked)
        if outcome not in known
    ]
    if wrong:
        raise ApiError(400, "unknown_outcome", f"unknown outcome {wrong[0]['received']}", wrong)
    if absent := [outcome for outcome in asked if outcome not in there]:
        raise no_champion(absent)
    return list(dict.fromkeys(asked))


def no_champion(outcomes: Sequence[str]) -> ApiError:
    """Return the error for outcomes that no model in force predicts."""
    named = " or ".join(outcomes)
    message = f"no champion for {named}: train a model, promote it and run the night again"
    return ApiError(503, "no_champion", message, [{"outcome": name} for name in outcomes])


def unknown_accounts(account_ids: Sequence[str], run: Run) -> ApiError:
    """Return the error for accounts that are not customers in ``run``."""
    first = f"no customer {shown(account_ids[0])} at {run.as_of:%Y-%m-%d}"
    more = "" if len(account_ids) == 1 else f" (nor {len(account_ids) - 1} more)"
    details = [{"account_id": account_id[:512]} for account_id in account_ids]
    return ApiError(404, "unknown_account", first + more, details)


def _check_tier(run: Run, tier: str | None) -> None:
    names = [seat.tier for seat in run.seats]
    if tier is not None and tier not in names:
        detail: dict[str, Any] = {"field": "tier", "problem": "no such tier"}
        detail |= {"received": shown(tier), "nearest": nearest(tier, names)}
        message = f"tier: no tier {shown(tier)}; there are: {', '.join(names)}"
        raise ApiError(400, "invalid_request", message, [detail])
