"""Numbered checks on a trained model: pass, fail, or not applicable, each with its why.

A check never moves a figure; it reads the held-out rows of one run. Codes are for ever: a retired
check's number is not given again. `docs/checks.md` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from training.measures.calibration_line import calibration_lines
from training.measures.metrics import draw_weights, interval, paired_log_loss, row_log_loss
from training.tables.splits import Split
from training.tables.table import Examples

Floats = npt.NDArray[np.float64]
Result = Literal["pass", "fail", "n/a"]

TITLES = {
    "TW01": "Enough events held out",
    "TW02": "Better than the base rate",
    "TW03": "Calibrated",
    "TW04": "No overlap in time",
    "TW05": "No leakage alarm",
    "TW06": "Not worse than the logistic regression",
    "TW07": "Not worse than the champion",
    "TW08": "The bundle reproduces its scores",
    "TW09": "Missing values do not tell the outcome",
    "TW10": "No power that fades ahead",
    "TW11": "No target in disguise",
    "TW12": "No jump between learning and use",
    "TW13": "Value at capacity",
    "TW14": "Stable reasons",
    "TW15": "Who would move",
}

ENOUGH_EVENTS = 20
TOLERATED_RATIO = (0.8, 1.25)
# A model that hardly says anything can be better beyond chance, and tells nobody anything: it must
# save this share of the base rate's log-loss.
LEAST_GAIN = 0.001


@dataclass(frozen=True)
class Check:
    """One check of one model."""

    code: str
    result: Result
    why: str

    @property
    def title(self) -> str:
        """What the check asks for."""
        return TITLES[self.code]

    def to_json(self) -> dict[str, str]:
        """Return the object of the contract."""
        return {"code": self.code, "title": self.title, "result": self.result, "why": self.why}

    @classmethod
    def from_json(cls, raw: Mapping[str, str]) -> Check:
        """Read what `to_json` wrote."""
        result: Result = "pass" if raw["result"] == "pass" else "fail"
        return cls(raw["code"], "n/a" if raw["result"] == "n/a" else result, raw["why"])


@dataclass(frozen=True)
class HeldOut:
    """The test rows of one run: labels, entities and the model's probabilities, all (n,)."""

    y: Floats
    entity: npt.NDArray[np.str_]
    probability: Floats


def promotable(checks: Sequence[Check]) -> bool:
    """Say whether no check fails."""
    return all(check.result != "fail" for check in checks)


def in_order(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return checks in the order of their codes."""
    return tuple(sorted(checks, key=lambda check: check.code))


def verdict(code: str, good: bool, why: str) -> Check:
    """Return a check that applies."""
    return Check(code, "pass" if good else "fail", why)


def enough_events(rows: HeldOut) -> Check:
    """TW01: at least 20 events and 20 others among the test rows."""
    n_events = int(rows.y.sum())
    rarer = min(n_events, len(rows.y) - n_events)
    why = f"{n_events} events in {len(rows.y)} held-out rows"
    if rarer < ENOUGH_EVENTS:
        why += f"; not enough data yet, {ENOUGH_EVENTS - rarer} more of the rarer kind needed"
    return verdict("TW01", rarer >= ENOUGH_EVENTS, why)


def better_than_base_rate(rows: HeldOut, base_rate: Floats) -> Check:
    """TW02: lower log-loss than the base rate of the fit rows, beyond chance and worth a word."""
    better, low, high = paired_log_loss(rows.y, rows.probability, base_rate, entity=rows.entity)
    why = f"log-loss {better:+.4f} against the base rate (95 % interval {low:+.4f} to {high:+.4f})"
    needed = LEAST_GAIN * float(row_log_loss(rows.y, base_rate).mean())
    if high >= 0:
        why += "; nothing to learn beyond chance in these columns"
    elif -better < needed:
        why += f"; nothing to learn: less than {LEAST_GAIN:.1%} of the base rate's is gained"
    return verdict("TW02", high < 0 and -better >= needed, why)


def calibrated(rows: HeldOut) -> Check:
    """TW03: observed over expected events, and the slope, within 0.8 to 1.25 or not beyond chance.

    The slope is that of a logistic regression of the label on the predicted log-odds (Cox, 1958).
    """
    weights = np.concatenate([np.ones((1, len(rows.y))), *draw_weights(rows.entity, seed=0)])
    ratios = (weights @ rows.y) / (weights @ rows.probability)
    slopes = _slopes(rows.y, rows.probability, weights[:101])
    facts, good = [], True
    for name, draws in (("observed / expected", ratios), ("slope", slopes)):
        low, high = interval(draws[1:])
        good &= bool(low <= TOLERATED_RATIO[1] and high >= TOLERATED_RATIO[0])
        known = np.isfinite(draws[0])
        said = f"{draws[0]:.2f} ({low:.2f} to {high:.2f})" if known else "not known"
        facts.append(f"{name} {said}")
    return verdict("TW03", good, "; ".join(facts) + "; wanted: 0.80 to 1.25")


def _slopes(y: Floats, probability: Floats, weights: Floats) -> Floats:
    """Return the calibration slope of each draw (draws,); unknown where all rows are alike."""
    margin = logit(np.clip(probability, 1e-6, 1 - 1e-6))
    if margin.std() < 1e-9:
        return np.full(len(weights), np.nan)
    return calibration_lines(y, margin, weights)[0]


def no_overlap(examples: Examples, split: Split) -> Check:
    """TW04: every label window learnt from ended before the first test row."""
    days = np.timedelta64(1, "D")
    if examples.time is None:
        return Check("TW04", "n/a", "the table has no time column; it was split by entity")
    if not split.by_time:
        span = int((examples.time.max() - examples.time.min()) / days)
        why = f"labelled dates span {span} days, lead + horizon are "
        why += f"{examples.lead_days + examples.horizon_days}: too short to test forward, "
        return Check("TW04", "n/a", why + "it was split by entity; judge it again with more")
    between = int((examples.time[split.test].min() - examples.time[split.fit].max()) / days)
    needed = examples.lead_days + examples.horizon_days
    why = f"{between} days between fit and test, lead + horizon are {needed}"
    return verdict("TW04", between >= needed, why)


def not_worse_than(code: str, rows: HeldOut, theirs: Floats, *, name: str) -> Check:
    """TW06, TW07: log-loss not above another model's beyond chance, on the same rows."""
    worse, low, high = paired_log_loss(rows.y, rows.probability, theirs, entity=rows.entity)
    why = f"log-loss {worse:+.4f} against {name} (95 % interval {low:+.4f} to {high:+.4f})"
    if worse > 0:
        why += f"; {name} is better here" + ("" if low > 0 else ", though not beyond chance")
    return verdict(code, low <= 0, why)


def reproduces(recorded: Floats, now: Floats) -> Check:
    """TW08: the bundle, read back, gives the recorded probabilities to the last bit."""
    same = recorded.shape == now.shape and bool(np.array_equal(recorded, now))
    why = f"{len(recorded)} rows scored again from the stored bundle: "
    return verdict("TW08", same, why + ("same bits" if same else "other probabilities"))
