"""What a backtest found, for people at a terminal and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.backtests.origin_report import CHAMPION, MODEL, OriginReport, Rival
from training.measures.decision_value import Portfolio
from training.measures.json_facts import as_json
from training.measures.reliability import Reliability
from training.measures.reliability_words import group_words, reliability_words
from training.measures.team import Team

Floats = npt.NDArray[np.float64]

# Metric, its name for people, and how its figures are written.
SHOWN = (
    ("log_loss", "log-loss", "{:.4f}"),
    ("roc_auc", "ROC-AUC", "{:.4f}"),
    ("pr_auc", "PR-AUC", "{:.4f}"),
    ("brier", "Brier", "{:.4f}"),
    ("lift_at_capacity", "lift at capacity", "{:.2f}"),
    ("arr_captured", "ARR captured", "{:.1%}"),
    ("arr_captured_by_risk", "… by risk alone", "{:.1%}"),
    ("net_value", "net value a date", "{:,.0f}"),
    ("empc", "EMPC", "{:.3f}"),
)


@dataclass(frozen=True)
class Backtest:
    """Everything that was measured.

    Attributes
    ----------
    outcome, label : str
    seed, embargo_days : int
    label_window : mapping
        Lead and horizon in days, and who tells them.
    team : Team
        Whose capacity and costs were counted with.
    portfolio : Portfolio
        The n scored rows of all origins.
    probability : mapping of forecaster to ndarray (n,)
    champion : ndarray (n,)
        The champion's probability, NaN where it must not be asked.
    pooled : mapping of forecaster to metrics with intervals
        Over all origins.
    rivals : mapping of forecaster to Rival
        The champion among them on the rows it may be asked about.
    reliability, reliability_by : Reliability, and by grouping and level
        Of the model, pooled.
    origins : tuple of OriginReport
        Oldest first.
    not_applicable : mapping of name to reason
    notes : tuple of str
    """

    outcome: str
    label: str
    seed: int
    embargo_days: int
    label_window: Mapping[str, object]
    team: Team
    portfolio: Portfolio
    probability: Mapping[str, Floats]
    champion: Floats
    pooled: Mapping[str, Mapping[str, float]]
    rivals: Mapping[str, Rival]
    reliability: Reliability
    reliability_by: Mapping[str, Mapping[str, Reliability]]
    origins: tuple[OriginReport, ...]
    not_applicable: Mapping[str, str]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object of `--json`: no rows, all figures; what cannot be told is null."""
        known = {
            "outcome": self.outcome,
            "label": self.label,
            "seed": self.seed,
            "embargo_days": self.embargo_days,
            "label_window": self.label_window,
            "capacity": self.portfolio.capacity,
            "capacity_from": self.team.capacity_from,
            "costs": self.team.costs,
            "costs_from": self.team.costs_from,
            "policy": self.team.policy,
            "n": len(self.portfolio.y),
            "n_events": int(self.portfolio.y.sum()),
            "pooled": self.pooled,
            "rivals": self.rivals,
            "reliability": self.reliability,
            "reliability_by": self.reliability_by,
            "origins": self.origins,
            "not_applicable": self.not_applicable,
            "notes": self.notes,
        }
        plain = as_json(known)
        assert isinstance(plain, dict)
        return plain

    def __str__(self) -> str:
        """Return the tables for a terminal."""
        p = self.portfolio
        first, last = self.origins[0].at, self.origins[-1].last
        head = (
            f"{self.outcome} · {len(self.origins)} origins · {len(p.y):,} rows scored from "
            f"{first} to {last}, {int(p.y.sum()):,} events · embargo {self.embargo_days} days · "
            f"capacity {p.capacity:,} accounts a date"
        )
        lines = [head, "", *self._figures(), "", *self._verdicts(), "", *self._by_origin(), ""]
        lines += [f"  {line}" for line in self.team_lines()]
        lines += [f"  calibration: {line}" for line in self.calibration_lines()]
        lines += [f"  by {line}" for line in self.group_lines()]
        lines += [f"  {name}: n/a, {why}" for name, why in self.not_applicable.items()]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def _figures(self) -> list[str]:
        """Return pooled metrics, the model first and with its interval."""
        names = [name for name in self.shown if name != MODEL]
        width = max(14, *(len(name) + 2 for name in names))
        head = f"  {'pooled':<18}{'model':>10}  {'95 % interval':<20}"
        lines = [head + "".join(f"{name:>{width}}" for name in names)]
        for metric, title, form in SHOWN:
            point, between = self.figure(MODEL, metric, form)
            cells = (self.figure(name, metric, form)[0] for name in names)
            line = f"  {title:<18}{point:>10}  {between:<20}"
            lines.append(line + "".join(f"{cell:>{width}}" for cell in cells))
        return lines + [f"  {line}" for line in self.champion_lines()]

    @property
    def shown(self) -> Mapping[str, Mapping[str, float]]:
        """Return the pooled metrics of every forecaster, the champion's where it may be asked."""
        champion = self.rivals.get(CHAMPION)
        return self.pooled if champion is None else {**self.pooled, CHAMPION: champion.metrics}

    def champion_lines(self) -> list[str]:
        """Say on which rows the champion's figures are, where these are not all."""
        rival = self.rivals.get(CHAMPION)
        if rival is None or rival.n == len(self.portfolio.y):
            return []
        return [
            f"champion: on the {rival.n:,} of {len(self.portfolio.y):,} rows it may see; compare "
            "it by the difference on the same rows"
        ]

    def figure(self, name: str, metric: str, form: str) -> tuple[str, str]:
        """Return a pooled figure and its interval as written, "n/a" where there is none."""
        values = self.shown[name]
        if not np.isfinite(values[metric]):
            return "n/a", ""
        low, high = values[f"{metric}_low"], values[f"{metric}_high"]
        return form.format(values[metric]), f"{form.format(low)} – {form.format(high)}"

    def _verdicts(self) -> list[str]:
        """Return one line per rival: who is better, and whether beyond chance."""
        return [f"  {line}" for line in self.verdicts()]

    def verdicts(self) -> list[str]:
        """Say against each rival who has the lower log-loss, and whether beyond chance."""
        lines = []
        for name, rival in self.rivals.items():
            verdict = "the model is better" if rival.difference < 0 else f"{name} is better"
            if rival.difference == rival.low == rival.high == 0:
                verdict = "the same"
            elif rival.low <= 0 <= rival.high:
                verdict += ", not beyond chance"
            rows = (
                "" if rival.n == len(self.portfolio.y) else f" on the {rival.n:,} rows it may see"
            )
            lines.append(f"log-loss against {name} {rival}{rows}: {verdict}")
        return lines

    def _by_origin(self) -> list[str]:
        """Return one line per origin."""
        lines = [
            f"  {'origin':<12}{'learnt from':>20}{'scored':>16}{'log-loss':>10}{'best rival':>24}"
            f"{'ROC-AUC':>9}{'observed/expected':>24}{self._champion_cell(None)}  chosen"
        ]
        for o in self.origins:
            model = o.metrics[MODEL]
            others = {name: m["log_loss"] for name, m in o.metrics.items() if name != MODEL}
            best = min(others, key=lambda name: others[name])
            lines.append(
                f"  {o.at:<12}{f'{o.n_fit:,} ({o.n_fit_events:,})':>20}"
                f"{f'{o.reliability.n:,} ({o.reliability.n_events:,})':>16}"
                f"{model['log_loss']:>10.4f}{f'{best} {others[best]:.4f}':>24}"
                f"{model['roc_auc']:>9.4f}{o.reliability.observed_to_expected!s:>24}"
                f"{self._champion_cell(o)}  {o.words[MODEL]}"
            )
        return lines

    def _champion_cell(self, origin: OriginReport | None) -> str:
        """Return the champion's log-loss at an origin, or its head; nothing without a champion."""
        if CHAMPION not in self.rivals:
            return ""
        rival = None if origin is None else origin.rivals.get(CHAMPION)
        cell = "–" if rival is None else f"{rival.metrics['log_loss']:.4f}"
        return f"{CHAMPION if origin is None else cell:>10}"

    def team_lines(self) -> list[str]:
        """Say which capacity and which costs the figures in accounts and money were made with."""
        costs = self.team.costs
        if self.outcome == "expansion":
            earns = f"wins {costs.expansion_lift:.0%} × {costs.expansion_share:.0%} of"
        else:
            earns = f"keeps {costs.churn_averted:.0%} × {costs.churn_years:g} years of"
        most = max(len(rows) for rows in self.portfolio.dates())
        all_of_them = "; nobody has to be chosen" if self.portfolio.capacity >= most else ""
        return [
            f"capacity {self.portfolio.capacity:,} accounts a date: {self.team.capacity_from}"
            + all_of_them,
            f"net value: acting on an event {earns} its ARR and costs "
            f"{costs.cost_per_account:,.0f} an account: {self.team.costs_from}",
        ]

    def calibration_lines(self) -> list[str]:
        """Say how far the pooled probabilities can be believed."""
        return reliability_words(self.reliability)

    def group_lines(self) -> list[str]:
        """Say the same of every level of every grouping that the table has."""
        return [
            group_words(name, level, found)
            for name, levels in self.reliability_by.items()
            for level, found in levels.items()
        ]
