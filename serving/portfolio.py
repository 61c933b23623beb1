"""The portfolio of one run: its accounts filtered, sorted and paged, and its sums.

A page is an offset into one run; runs never change, so no account is missed or seen twice.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, func, select

from serving.records import Run
from serving.tables import outcomes, scores, signals

SORTS = ("arr_at_risk", "churn", "expansion", "arr", "margin", "name")
DEFAULT_SORT = "arr_at_risk"


@dataclass(frozen=True)
class Question:
    """Which accounts, in which order; None: no filter."""

    tier: str | None = None
    csm_id: str | None = None
    signal: str | None = None
    sort: str = DEFAULT_SORT
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True)
class Totals:
    """Sums over all accounts of a run. ARR at risk is the sum of ARR × churn risk."""

    accounts: int
    arr: float
    arr_at_risk: float
    with_signal: int


def account_ids(engine: Engine, run: Run, question: Question) -> tuple[list[str], int]:
    """Return the account_ids of the asked page in order, and how many there are on all pages."""
    churn, expansion = _outcome("churn"), _outcome("expansion")
    base = (
        select(scores.c.account_id)
        .outerjoin(churn, churn.c.score_id == scores.c.score_id)
        .outerjoin(expansion, expansion.c.score_id == scores.c.score_id)
    )
    filtered = _filtered(base, run, question)
    keys: dict[str, Any] = {
        "arr_at_risk": (scores.c.arr * churn.c.probability).desc().nulls_last(),
        "churn": churn.c.probability.desc().nulls_last(),
        "expansion": expansion.c.probability.desc().nulls_last(),
        "arr": scores.c.arr.desc(),
        "margin": scores.c.margin.desc().nulls_last(),
        "name": scores.c.name,
    }
    page = filtered.order_by(keys[question.sort], scores.c.account_id)
    with engine.connect() as connection:
        total = connection.scalar(select(func.count()).select_from(filtered.subquery())) or 0
        ids = connection.scalars(page.limit(question.limit).offset(question.offset)).all()
    return list(ids), int(total)


def _outcome(name: str) -> Any:
    return select(outcomes).where(outcomes.c.outcome == name).subquery(name)


def _filtered(base: Select[Any], run: Run, question: Question) -> Select[Any]:
    base = base.where(scores.c.run_id == run.run_id)
    if question.tier is not None:
        base = base.where(scores.c.tier == question.tier)
    if question.csm_id is not None:
        base = base.where(scores.c.csm_id == question.csm_id)
    if question.signal is not None:
        fired = select(signals.c.score_id).where(
            signals.c.code == question.signal, signals.c.fired.is_(True)
        )
        base = base.where(scores.c.score_id.in_(fired))
    return base


def totals(engine: Engine, run: Run) -> Totals:
    """Return the sums shown above the portfolio."""
    churn = _outcome("churn")
    sums = (
        select(
            func.count(),
            func.coalesce(func.sum(scores.c.arr), 0.0),
            func.coalesce(func.sum(scores.c.arr * churn.c.probability), 0.0),
        )
        .select_from(scores)
        .outerjoin(churn, churn.c.score_id == scores.c.score_id)
        .where(scores.c.run_id == run.run_id)
    )
    with_signal = (
        select(func.count(signals.c.score_id.distinct()))
        .join(scores, scores.c.score_id == signals.c.score_id)
        .where(scores.c.run_id == run.run_id, signals.c.fired.is_(True))
    )
    with engine.connect() as connection:
        accounts, arr, at_risk = connection.execute(sums).one()
        return Totals(accounts, arr, at_risk, connection.scalar(with_signal) or 0)


def choices(
    engine: Engine, run: Run
) -> tuple[list[str], list[tuple[str, dict[str, str], int]], list[str]]:
    """Return what can be filtered by in a run: tiers, fired signals (code, titles, n), CSMs."""
    mine = scores.c.run_id == run.run_id
    fired = (
        select(signals.c.code, func.min(signals.c.words), func.count())
        .join(scores, scores.c.score_id == signals.c.score_id)
        .where(mine, signals.c.fired.is_(True))
        .group_by(signals.c.code)
        .order_by(func.count().desc(), signals.c.code)
    )
    csms = select(scores.c.csm_id).where(mine, scores.c.csm_id.is_not(None)).distinct()
    with engine.connect() as connection:
        counts = [(c, json.loads(w)["title"], int(n)) for c, w, n in connection.execute(fired)]
        names = sorted(connection.scalars(csms))
    return [seat.tier for seat in run.seats], counts, names
