"""The true effect of each touch, and what would have become of the treated accounts untouched.

A touch's effect is the change of the true probabilities at its week, other touches as they were;
an account's counterfactual has no touch at all and the same luck.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from simulator.arrays import DAYS_PER_WEEK, Floats
from simulator.config import Config
from simulator.foresight import Foresight, expected_rates
from simulator.history import EARLIER, History
from simulator.policy import RESPONSES
from simulator.population import Population
from simulator.spent_hazard import chance_of_none
from simulator.tables import maybe, numbered, typed, words
from simulator.timeline import Timeline
from simulator.true_hazards import HORIZON_DAYS, LEAD_DAYS, window_weights


def responses_table(config: Config, people: Population, history: History) -> pa.Table:
    """Return one row per account and playbook: the response class and its log-hazard effects."""
    kind = history.responses.kind
    account, playbook = (part.ravel() for part in np.indices(kind.shape))
    return typed(
        {
            "account_id": words(account, people.account_id),
            "playbook": words(playbook, list(config.touches.playbooks)),
            "response": words(kind.ravel(), RESPONSES),
            "churn_effect": config.outcomes.churn.touches * history.responses.churn.ravel(),
            "expansion_effect": config.outcomes.expansion.touches
            * history.responses.expansion.ravel(),
        }
    )


def touch_effects_table(
    config: Config, people: Population, history: History, sights: dict[str, Foresight]
) -> pa.Table:
    """Return one row per outbound touch or hold-out: probabilities without and with it.

    They are those of voluntary churn and of a growth decision in the label window as of the
    start of the touch's week. For a hold-out, `with` is what the touch would have done.
    """
    log = history.touches
    columns: dict[str, Any] = {
        "touch_id": numbered("C", people.chunk, len(log.account)).tolist(),
        "account_id": words(log.account, people.account_id),
        "playbook": words(log.playbook, list(config.touches.playbooks)),
        "response": words(history.responses.kind[log.account, log.playbook], RESPONSES),
        "random": log.random,
        "treated": log.treated,
    }
    for outcome in ("churn", "expansion"):
        without, touched = _with_and_without(sights[outcome], history, outcome)
        columns[f"{outcome}_without"] = without
        columns[f"{outcome}_with"] = touched
    return typed(columns)


def counterfactuals_table(people: Population, history: History, line: Timeline) -> pa.Table:
    """Return one row per treated account: when it decided to leave, and when it would have.

    Without any touch and with the same luck; null where that lies beyond the period. Only the
    first contract counts, and only voluntary decisions, none of them before the first day.
    """
    touches = np.bincount(history.touches.account[history.touches.treated], minlength=len(people))
    decided = np.full(len(people), np.datetime64("NaT", "D"))
    left = history.decisions
    for row in np.flatnonzero(left.voluntary)[::-1]:
        decided[left.account[row]] = left.decided[row]
    untouched = history.untouched_week
    earlier = (untouched == EARLIER) | (decided < line.first)
    on = line.first + (DAYS_PER_WEEK * untouched).astype("timedelta64[D]")
    who = np.flatnonzero((touches > 0) & ~earlier)
    return typed(
        {
            "account_id": words(who, people.account_id),
            "touches": touches[who],
            "decided_on": decided[who],
            "untouched_decided_in_week_of": maybe(on[who], untouched[who] >= 0),
        }
    )


def _with_and_without(sight: Foresight, history: History, outcome: str) -> tuple[Floats, Floats]:
    """Return the chance of a decision in the window without and with each touch of the log."""
    log, weekly = history.touches, history.weekly
    felt = history.responses.expansion if outcome == "expansion" else history.responses.churn
    effect = sight.effects.touches * felt[log.account, log.playbook]
    lift = np.exp(effect[:, None] * np.append(0.0, sight.fading[:-1]))
    lift[:, 0] = 1.0
    spans = [(0, LEAD_DAYS), (0, LEAD_DAYS + HORIZON_DAYS)]
    weights = np.concatenate([window_weights(*span)[:1] for span in spans])
    found = np.empty((2, len(effect)))
    order = np.argsort(log.week, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(log.week[order])) + 1):
        if not len(rows):
            continue
        week, who = int(log.week[rows[0]]), log.account[rows]
        rates = expected_rates(sight, weekly, who, week)
        for place, here in enumerate((rates, rates * lift[rows])):
            none = chance_of_none(sight, weekly, who, week, here, weights)
            found[place, rows] = 1 - none[:, 1] / none[:, 0]
    return found[0], found[1]
