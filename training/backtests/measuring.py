"""Measures a walk through the origins: per origin, pooled, against each rival, by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.backtests.evaluating import evaluate
from training.backtests.origin_report import CHAMPION, MODEL, OriginReport, Rival
from training.backtests.past_champion import PastChampion
from training.backtests.report import Backtest
from training.backtests.rolling import Origins
from training.backtests.walking import HEALTH_SCORE, Step, why_no_health_score
from training.measures.decision_value import Portfolio
from training.measures.metrics import paired_log_loss
from training.measures.reliability import measure_reliability, measure_reliability_by
from training.measures.team import Team
from training.tables.columns_beside import as_levels, columns_beside
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# A campaign to keep customers: meaningless for those who grow.
NO_CAMPAIGN = ("expansion",)


@dataclass(frozen=True)
class Terms:
    """On what terms forecasts are valued."""

    outcome: str
    arr: str
    groupings: Sequence[str]
    team: Team
    seed: int


def measure_walk(
    examples: Examples,
    raw_table: pa.Table,
    origins: Origins,
    steps: Sequence[Step],
    *,
    champion: PastChampion,
    terms: Terms,
) -> Backtest:
    """Return everything a backtest reports.

    Parameters
    ----------
    examples : Examples
    raw_table : pyarrow.Table
        What `examples` was read from: ARR and groups may be columns that no model reads.
    origins : Origins
    steps : sequence of Step
        At least one.
    champion : PastChampion
        Its probabilities for all examples.
    terms : Terms
    """
    rows = np.concatenate([step.origin.split.test for step in steps])
    probability = {
        name: np.concatenate([step.probability[name] for step in steps])
        for name in steps[0].probability
    }
    beside = columns_beside(raw_table, examples, rows, (terms.arr, *terms.groupings))
    portfolio = _portfolio(examples, rows, beside.get(terms.arr), terms)
    number = np.repeat(np.arange(len(steps)), [len(step.origin.split.test) for step in steps])
    scored = _Scored(portfolio, examples.entity[rows], probability, terms)
    pooled, theirs = scored.metrics(), champion.probability[rows]
    groups = {name: as_levels(beside[name]) for name in terms.groupings if name in beside}
    # Of one level there is nothing to tell apart.
    by = {name: levels for name, levels in groups.items() if len(np.unique(levels)) > 1}
    return Backtest(
        outcome=terms.outcome,
        label=examples.label_name,
        seed=terms.seed,
        embargo_days=origins.embargo_days,
        label_window=examples.window or {},
        team=terms.team,
        portfolio=portfolio,
        probability=probability,
        champion=theirs,
        pooled=pooled,
        rivals=scored.rivals(pooled) | scored.champion(theirs),
        reliability=measure_reliability(
            portfolio.y, probability[MODEL], entity=scored.entity, seed=terms.seed
        ),
        reliability_by=measure_reliability_by(
            portfolio.y, probability[MODEL], entity=scored.entity, by=by, seed=terms.seed
        ),
        origins=tuple(
            _origin(examples, step, scored.only(number == position), theirs[number == position])
            for position, step in enumerate(steps)
        ),
        not_applicable=_not_applicable(examples, portfolio, champion, rows),
        notes=_notes(examples, origins),
    )


@dataclass(frozen=True)
class _Scored:
    """Rows with every forecaster's probability."""

    portfolio: Portfolio
    entity: npt.NDArray[np.str_]
    probability: Mapping[str, Floats]
    terms: Terms

    def only(self, kept: npt.NDArray[np.bool_]) -> _Scored:
        """Return some of the rows."""
        p = self.portfolio
        portfolio = replace(p, y=p.y[kept], arr=p.arr[kept], date=p.date[kept])
        probability = {name: values[kept] for name, values in self.probability.items()}
        return replace(self, portfolio=portfolio, entity=self.entity[kept], probability=probability)

    def metrics(self) -> dict[str, dict[str, float]]:
        """Return every metric of every forecaster."""
        return {
            name: evaluate(
                self.portfolio,
                values,
                entity=self.entity,
                empc=self.terms.outcome not in NO_CAMPAIGN,
                seed=self.terms.seed,
            )
            for name, values in self.probability.items()
        }

    def rivals(self, metrics: Mapping[str, Mapping[str, float]]) -> dict[str, Rival]:
        """Compare the model's log-loss with that of every other forecaster on the same rows."""
        others = (name for name in self.probability if name != MODEL)
        return {name: self._rival(name, metrics[name]) for name in others}

    def champion(self, probability: Floats) -> dict[str, Rival]:
        """Compare with the champion on the rows it may be asked about, if there are any."""
        asked = ~np.isnan(probability)
        if not asked.any():
            return {}
        some = self.only(asked)
        both = {MODEL: some.probability[MODEL], CHAMPION: probability[asked]}
        scored = replace(some, probability=both)
        return scored.rivals(scored.metrics())

    def _rival(self, name: str, metrics: Mapping[str, float]) -> Rival:
        """Compare log-loss on the same rows."""
        difference = paired_log_loss(
            self.portfolio.y,
            self.probability[MODEL],
            self.probability[name],
            entity=self.entity,
            seed=self.terms.seed,
        )
        return Rival(len(self.entity), *difference, metrics)


def _origin(examples: Examples, step: Step, scored: _Scored, champion: Floats) -> OriginReport:
    """Return what is reported of one origin."""
    fit, dates = step.origin.split.fit, scored.portfolio.date
    metrics = scored.metrics()
    return OriginReport(
        at=_day(step.origin.at),
        last=_day(dates.max()),
        n_dates=len(np.unique(dates)),
        n_fit=len(fit),
        n_fit_events=int(examples.y[fit].sum()),
        metrics=metrics,
        rivals=scored.rivals(metrics) | scored.champion(champion),
        words=step.words,
        reliability=measure_reliability(
            scored.portfolio.y,
            scored.probability[MODEL],
            entity=scored.entity,
            seed=scored.terms.seed,
        ),
    )


def _portfolio(
    examples: Examples, rows: Rows, arr: npt.NDArray[np.generic] | None, terms: Terms
) -> Portfolio:
    """Return the rows as a team would choose from them."""
    assert examples.time is not None  # rolling_origins refuses a table without time
    date = examples.time[rows]
    newest = int((date == date.max()).sum())
    known = arr is not None and arr.dtype == np.float64
    return Portfolio(
        y=examples.y[rows],
        arr=np.asarray(arr, dtype=np.float64) if known else np.full(len(rows), np.nan),
        date=date,
        capacity=terms.team.seats(newest),
        worth=terms.team.costs.worth(terms.outcome),
        cost=terms.team.costs.cost_per_account,
    )


def _not_applicable(
    examples: Examples, portfolio: Portfolio, champion: PastChampion, rows: Rows
) -> dict[str, str]:
    """Say what could not be measured, and why."""
    found = {HEALTH_SCORE: why_no_health_score(examples)}
    if np.isnan(champion.probability[rows]).all():
        late = "has learnt from, or may not yet know, every date that is scored here"
        found[CHAMPION] = (
            champion.words if np.isnan(champion.probability).all() else f"{champion.words} {late}"
        )
    if np.isnan(portfolio.arr).all():
        found["ARR and net value"] = "the table has no ARR column; name one with --arr"
    return {name: why for name, why in found.items() if why}


def _notes(examples: Examples, origins: Origins) -> tuple[str, ...]:
    """Return what was left out on the way, and why there are not more origins."""
    why = f"no earlier origin: {origins.why_not_more}" if origins.why_not_more else ""
    quiet = [f"left out: {each}" for each in origins.left_out]
    return tuple(note for note in (*examples.notes, examples.window_words, *quiet, why) if note)


def _day(time: np.datetime64) -> str:
    """Return a date as people write it."""
    return str(time.astype("datetime64[D]"))
