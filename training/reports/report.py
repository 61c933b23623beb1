"""What a training or a promotion says, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.checks.numbered import Check, promotable

SHOWN = ("log_loss", "roc_auc", "pr_auc", "brier", "ece", "lift_10")
MARKS = {"pass": "ok  ", "fail": "FAIL", "n/a": "n/a "}


@dataclass(frozen=True)
class TrainReport:
    """The result of one training.

    Attributes
    ----------
    run_id, outcome : str
    version : str
        Version of the registered model named after the outcome.
    metrics : mapping
        Of the held-out rows, each with `_low` and `_high`.
    baselines : mapping of mappings
        The same metrics of each baseline on the same rows.
    rules : mapping
        Each baseline in words.
    checks : tuple of Check
    notes : tuple of str
        What was changed or left out, and how the rows were split.
    calibration : tuple of str
        How far the held-out probabilities can be believed, in words.
    """

    run_id: str
    outcome: str
    version: str
    metrics: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    rules: Mapping[str, str]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    calibration: tuple[str, ...] = ()

    @property
    def promotable(self) -> bool:
        """Whether no check fails."""
        return promotable(self.checks)

    def to_json(self) -> dict[str, object]:
        """Return the object of `--json` in the contract of `train`."""
        return {
            "run_id": self.run_id,
            "outcome": self.outcome,
            "metrics": dict(self.metrics),
            "baselines": {name: dict(values) for name, values in self.baselines.items()},
            "checks": [check.to_json() for check in self.checks],
            "promotable": self.promotable,
        }

    def __str__(self) -> str:
        """Return metrics beside baselines, the checks and the run id."""
        lines = [f"{self.outcome} · version {self.version} · run {self.run_id}", ""]
        lines += [*self._figures(), *(f"  calibration: {line}" for line in self.calibration)]
        lines += ["", *_check_lines(self.checks), ""]
        lines += [f"  {note}" for note in self.notes]
        verdict = "may be promoted" if self.promotable else "may not be promoted"
        return "\n".join([*lines, "", f"This model {verdict}."])

    def _figures(self) -> list[str]:
        """Return a table of metrics: the model, its interval, the baselines."""
        names = list(self.baselines)
        head = f"  {'held out':<10}{'model':>9}  {'95 % interval':<18}"
        lines = [head + "".join(f"{name:>15}" for name in names)]
        for metric in SHOWN:
            low, high = self.metrics[f"{metric}_low"], self.metrics[f"{metric}_high"]
            line = f"  {metric:<10}{self.metrics[metric]:>9.4f}  {f'{low:.4f} – {high:.4f}':<18}"
            lines.append(line + "".join(f"{self.baselines[n][metric]:>15.4f}" for n in names))
        winners = [n for n in names if self.baselines[n]["log_loss"] <= self.metrics["log_loss"]]
        lines += [f"  {name}: {words}" for name, words in self.rules.items()]
        return lines + [f"  {name} has the lower log-loss: prefer it" for name in winners]


@dataclass(frozen=True)
class PromotionReport:
    """The result of one request to promote.

    Attributes
    ----------
    outcome, run_id, version : str
    checks : tuple of Check
    promoted : bool
        Whether the alias `champion` now points at this version.
    forced : bool
        Whether it does although a check fails.
    why : str or None
        The recorded reason of a forced promotion.
    """

    outcome: str
    run_id: str
    version: str
    checks: tuple[Check, ...]
    promoted: bool
    forced: bool
    why: str | None

    def to_json(self) -> dict[str, object]:
        """Return the object of `--json` of `promote`."""
        return {
            "outcome": self.outcome,
            "run_id": self.run_id,
            "version": self.version,
            "checks": [check.to_json() for check in self.checks],
            "promoted": self.promoted,
            "forced": self.forced,
            "why": self.why,
        }

    def __str__(self) -> str:
        """Return the checks and what follows from them."""
        verdict = "is the champion now" if self.promoted else "was not promoted: a check fails"
        forced = f" (forced: {self.why})" if self.forced else ""
        lines = [*_check_lines(self.checks), "", f"{self.outcome} {self.version} {verdict}{forced}"]
        return "\n".join(lines)


def _check_lines(checks: tuple[Check, ...]) -> list[str]:
    """Return one line per check."""
    return [f"  {c.code} {MARKS[c.result]} {c.title}: {c.why}" for c in checks]
