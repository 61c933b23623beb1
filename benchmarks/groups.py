"""What each group of features adds: held-out log-loss and ARR captured, group by group.

`python -m benchmarks.groups docs/groups.md NAME=PANEL.parquet …` trains on each panel with the
public functions of `training`, one group more each time. Results are kept beside the panels as
JSON, so that a run that was stopped goes on where it was.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features import CATALOGUE
from training.models.learning import Learnt, learn
from training.tables.table import Roles, read_examples

OUTCOMES = {"churn": "churned", "expansion": "expanded"}
# Facts that every company has first, then behaviour, then what people say and do.
ORDER = (
    "contract", "account", "money", "seats", "usage", "people", "breadth", "relative", "support",
    "sentiment", "readiness", "relationship",
)  # fmt: skip
CAPACITY = 0.10


@dataclass(frozen=True)
class Fit:
    """One training: which groups it saw, and what it was worth on the held-out rows."""

    outcome: str
    groups: tuple[str, ...]
    log_loss: float
    roc_auc: float
    captured: float


def main() -> None:
    """Train what is not trained yet and write the page."""
    page, *named = sys.argv[1:]
    parts = [_HEAD]
    for pair in named:
        name, _, path = pair.partition("=")
        parts += _section(name, Path(path))
    unfinished = Path(page).with_suffix(".tmp")
    unfinished.write_text("\n".join(parts) + "\n", encoding="utf-8")
    os.replace(unfinished, page)


def present_groups(panel: pa.Table) -> tuple[str, ...]:
    """Return the groups that a panel has any value of, in the order they are added."""
    return tuple(
        group
        for group in ORDER
        if any(panel[f.name].null_count < panel.num_rows for f in CATALOGUE.group(group))
    )


def fit(panel: pa.Table, outcome: str, groups: tuple[str, ...]) -> Fit:
    """Train one outcome on the features of these groups."""
    names = [f.name for group in groups for f in CATALOGUE.group(group)]
    table = panel.select(["account_id", "as_of", *names, OUTCOMES[outcome]])
    roles = Roles(outcome, label=None, entity="account_id", time=None, drop=())
    learnt = learn(read_examples(table, roles), outcome=outcome, seed=0)
    return Fit(
        outcome=outcome,
        groups=groups,
        log_loss=learnt.metrics["log_loss"],
        roc_auc=learnt.metrics["roc_auc"],
        captured=captured(panel, learnt),
    )


def captured(panel: pa.Table, learnt: Learnt) -> float:
    """Return the share of the outcome's ARR in the top tenth by ARR x probability, date by date."""
    rows = learnt.split.test
    probability = np.asarray(learnt.held_out["@probability"].to_pylist())
    examples = learnt.examples
    assert examples.time is not None
    arr = _arr(panel)
    at = examples.time[rows].astype("datetime64[us]")
    value = np.array([arr[key] for key in zip(examples.entity[rows], at.tolist(), strict=True)])
    lost = value * examples.y[rows]
    taken = np.zeros(len(rows), dtype=bool)
    for moment in np.unique(at):
        (place,) = np.nonzero(at == moment)
        best = place[np.argsort(-(value * probability)[place], kind="stable")]
        taken[best[: int(np.ceil(CAPACITY * len(place)))]] = True
    return float(lost[taken].sum() / lost.sum())


def _arr(panel: pa.Table) -> dict[tuple[str, object], float]:
    keys = zip(panel["account_id"].to_pylist(), panel["as_of"].to_pylist(), strict=True)
    return dict(zip(keys, panel["arr"].to_pylist(), strict=True))


def _section(name: str, path: Path) -> list[str]:
    panel = pq.read_table(path)
    kept = path.with_suffix(".groups.json")
    fits = [Fit(**{**f, "groups": tuple(f["groups"])}) for f in _read(kept)]
    groups = present_groups(panel)
    for outcome in OUTCOMES:
        for choice in (groups[: n + 1] for n in range(len(groups))):
            if not any(f.outcome == outcome and f.groups == choice for f in fits):
                fits.append(fit(panel, outcome, choice))
                kept.write_text(json.dumps([asdict(f) for f in fits], indent=1))
                print(name, outcome, len(choice), f"{fits[-1].log_loss:.4f}", flush=True)
    rows = pc.sum(pc.is_valid(panel["churned"])).as_py()
    dates = len(panel["as_of"].unique())
    head = f"\n## {name}\n\n{rows:,} labelled rows of {dates} dates."
    return [head, *(line for o in OUTCOMES for line in _table(o, groups, fits))]


def _read(kept: Path) -> list[dict[str, object]]:
    return json.loads(kept.read_text()) if kept.exists() else []


def _table(outcome: str, groups: tuple[str, ...], fits: list[Fit]) -> Iterator[str]:
    found = {f.groups: f for f in fits if f.outcome == outcome}
    yield f"\n### {outcome.capitalize()}\n"
    yield "| group | features | log-loss so far | ROC-AUC so far | ARR captured so far |"
    yield "|---|---|---|---|---|"
    for n, group in enumerate(groups):
        upto = found[groups[: n + 1]]
        yield (
            f"| {'+ ' if n else ''}{group} | {len(CATALOGUE.group(group))} | {upto.log_loss:.4f} | "
            f"{upto.roc_auc:.3f} | {upto.captured:.0%} |"
        )


_HEAD = """# What each group of features adds

Written by `python -m benchmarks.groups`; run once, by hand. Groups are added from top to bottom:
*so far* is the model that sees this group and all above it, always on the same held-out rows.
*ARR captured* is the share of the ARR that churned (or of the accounts that expanded) found in the
tenth of the accounts with the highest ARR × probability on each date.
Held-out sets are small: differences below about .003 in log-loss are noise."""


if __name__ == "__main__":
    main()
