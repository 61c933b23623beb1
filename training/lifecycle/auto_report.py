"""What `train --auto` found and did, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass

from training.measures.drift import Drift
from training.measures.estimated import Estimate
from training.reports.report import TrainReport
from training.reports.touched import Touched
from training.tracking.run import Version

N_SHOWN = 5


@dataclass(frozen=True)
class Reason:
    """Something that was looked at: whether it asks for a training, and why.

    `alarm` is set where it should be looked into, whether or not training helps.
    """

    kind: str
    rings: bool
    why: str
    alarm: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of this reason."""
        return {"kind": self.kind, "rings": self.rings, "alarm": self.alarm, "why": self.why}


@dataclass(frozen=True)
class AutoReport:
    """The result of one `train --auto`.

    Attributes
    ----------
    outcome : str
    reasons : tuple of Reason
    estimates : dict of Estimate
        What to expect of the champion on the rows whose outcome is not known yet.
    drift : tuple of Drift
        How far each group of columns has moved, in what it does to the probability.
    touched : tuple of Touched
        What came of touched and of untouched accounts since.
    report : TrainReport or None
        None when there was no reason to train.
    waiting : Version or None
        Where nothing was trained, an earlier version that may be promoted.
    """

    outcome: str
    reasons: tuple[Reason, ...]
    estimates: dict[str, Estimate]
    drift: tuple[Drift, ...]
    touched: tuple[Touched, ...]
    report: TrainReport | None
    waiting: Version | None = None

    @property
    def proposed(self) -> str | None:
        """Run that may be promoted by whoever wants to; None when there is none."""
        return self.report.run_id if self.report is not None and self.report.promotable else None

    @property
    def failed(self) -> bool:
        """Whether a model was trained that a check holds back."""
        return self.report is not None and not self.report.promotable

    def to_json(self) -> dict[str, object]:
        """Return the object of `train --json` when there was a training, with `auto` beside it."""
        drift = [
            {"group": each.name, "psi": each.psi, "psi_low": each.low, "psi_high": each.high}
            for each in self.drift
        ]
        estimates: dict[str, float] = {}
        for each in self.estimates.values():
            estimates |= each.to_json()
        found = {
            "trained": self.report is not None,
            "reasons": [reason.to_json() for reason in self.reasons],
            "estimates": estimates,
            "drift": drift,
            "proposed": self.proposed,
            "waiting": None if self.waiting is None else self.waiting.run_id,
        }
        trained = {} if self.report is None else self.report.to_json()
        return {"run_id": None, "outcome": self.outcome} | trained | {"auto": found}

    def __str__(self) -> str:
        """Return what was looked at, what follows, and the training's own report."""
        lines = [f"{self.outcome}: is there a reason to train?", ""]
        lines += [f"  {_mark(reason)} {reason.kind}: {reason.why}" for reason in self.reasons]
        lines += [f"       {each}" for each in self.touched]
        lines += [*self._ahead(), *self._moved(), ""]
        if self.report is None:
            return "\n".join([*lines, f"Not trained: no reason to. {self._stays()}"])
        lines += [str(self.report), ""]
        if self.proposed is None:
            return "\n".join([*lines, "Trained, but a check fails: nothing is proposed."])
        command = self._command(self.proposed)
        return "\n".join([*lines, f"Proposed; nothing was promoted. To promote it: {command}"])

    def _stays(self) -> str:
        """Say what is in force, and which version waits for somebody to promote it."""
        if self.waiting is None:
            return "What is in force stays."
        command = self._command(self.waiting.run_id)
        return f"Version {self.waiting.version} waits for promotion. To promote it: {command}"

    def _command(self, run_id: str) -> str:
        """Return the command that promotes a run."""
        return f"tierwise promote --outcome {self.outcome} --run-id {run_id}"

    def _ahead(self) -> list[str]:
        """Return what to expect before the labels are known."""
        if not self.estimates:
            return []
        said = [
            f"{each.name.replace('_', ' ')} {each.expected:.4f} ({each.low:.4f} to {each.high:.4f})"
            for each in self.estimates.values()
        ]
        return ["", "  Expected of the champion on rows that wait for their outcome:"] + [
            f"    {line}" for line in said
        ]

    def _moved(self) -> list[str]:
        """Return the groups that moved most."""
        if not self.drift:
            return []
        worst = sorted(self.drift, key=lambda each: -each.psi)[:N_SHOWN]
        return ["", "  Drift of what each group does to the probability (PSI):"] + [
            f"    {each.name} {each.psi:.2f} ({each.low:.2f} to {each.high:.2f})" for each in worst
        ]


def _mark(reason: Reason) -> str:
    """Return what a reason asks for in four letters."""
    if reason.rings:
        return "YES "
    return "look" if reason.alarm else "no  "
