"""Horizons graded on simulated companies: calibration per horizon and use case.

At 90 days they stand beside the one-window model, on the same rows and against its own label.
One model per company and day: everything certain by the first test date teaches, what follows
tests. Rows of all companies are pooled; intervals resample accounts.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features import LabelWindow, as_of_grid, build_panel, open_source
from features.outcome_times import outcome_times_from_the_future
from simulator import simulate
from training.horizons.fitting import in_order, train_horizons
from training.horizons.grades import certain_rows, grade, happened
from training.horizons.model import HorizonModel
from training.horizons.periods import CHURNS, OUTCOMES, Periods
from training.horizons.person_periods import follow
from training.measures.metrics import paired_log_loss
from training.models.fitting import fit_bundle
from training.tables.roles import Roles
from training.tables.splits import split_at
from training.tables.table import read_examples

END = datetime(2026, 9, 30)
STEP_DAYS = 28
PERIODS = Periods()
# The longest horizon is graded on this many days of dates.
TESTED_DAYS = 140
ANSWERS = {"churn": CHURNS, **{outcome: (outcome,) for outcome in OUTCOMES}}
WINDOWS = {"churn": "churned", "expansion": "expanded"}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tested:
    """Probabilities and what came, of one answer at one horizon."""

    y: Floats
    probability: Floats
    entity: npt.NDArray[np.str_]
    use_case: npt.NDArray[np.str_]


@dataclass(frozen=True)
class Compared:
    """Ninety days: the label and two models' probabilities of it."""

    y: Floats
    horizons: Floats
    one_window: Floats
    entity: npt.NDArray[np.str_]


def make_company(folder: Path, *, accounts: int, months: int, seed: int) -> tuple[pa.Table, ...]:
    """Simulate a company; return its panel with labels and the outcome times."""
    simulate(folder, accounts=accounts, months=months, seed=seed)
    n_back = (30 * months - 182) // STEP_DAYS
    dates = as_of_grid(END - timedelta(days=n_back * STEP_DAYS), END, STEP_DAYS)
    with open_source(folder) as source:
        panel = build_panel(source, dates, labels=LabelWindow())
        return in_order(panel), in_order(outcome_times_from_the_future(source, panel))


def first_test_date(panel: pa.Table) -> np.datetime64:
    """Return the first date that tests: the longest horizon, its grace and some dates remain."""
    reach = PERIODS.lead_days + PERIODS.ends[-1] + PERIODS.grace_days + TESTED_DAYS
    dates = np.unique(panel["as_of"].to_numpy())
    return np.datetime64(dates[dates >= dates[-1] - np.timedelta64(reach, "D")][0])


def tested(
    model: HorizonModel, panel: pa.Table, times: pa.Table, start: np.datetime64, seed: int
) -> dict[tuple[str, int], Tested]:
    """Return the graded rows of every answer and horizon."""
    followed = follow(panel, times, PERIODS)
    cumulative = model.incidence(panel).cumulative
    assert (np.diff(cumulative, axis=2) >= 0).all()
    assert (cumulative.sum(axis=1) <= 1 + 1e-12).all()
    names = np.array([f"{seed}/{name}" for name in panel["account_id"].to_pylist()])
    use_case = np.array([str(name) for name in panel["use_case"].to_pylist()])
    late = panel["as_of"].to_numpy() >= start
    found = {}
    for answer, parts in ANSWERS.items():
        positions = [OUTCOMES.index(part) for part in parts]
        for period, end in enumerate(PERIODS.ends):
            rows = certain_rows(followed, PERIODS, period) & late
            found[answer, end] = Tested(
                y=happened(followed, PERIODS, period, positions)[rows],
                probability=cumulative[:, positions, period].sum(axis=1)[rows],
                entity=names[rows],
                use_case=use_case[rows],
            )
    return found


def compared(
    models: dict[str, HorizonModel], panel: pa.Table, start: np.datetime64, seed: int
) -> dict[str, Compared]:
    """Return label, horizon model's and one-window model's probability on the same test rows."""
    found = {}
    keys = zip(panel["account_id"].to_pylist(), panel["as_of"].to_numpy(), strict=True)
    place = {key: position for position, key in enumerate(keys)}
    for outcome, label in WINDOWS.items():
        examples = read_examples(panel, Roles(outcome, label=label))
        assert examples.time is not None
        embargo = examples.lead_days + examples.horizon_days + PERIODS.grace_days
        split = split_at(
            examples.time, examples.entity, examples.y, start=start, embargo_days=embargo
        )
        bundle = fit_bundle(examples, split, outcome=outcome, seed=0).bundle
        entity, as_of = examples.entity[split.test], examples.time[split.test]
        rows = [place[key] for key in zip(entity.tolist(), as_of, strict=True)]
        one_window = bundle.score_matrix(examples.matrix[split.test]).probability
        for name, model in models.items():
            answers = model.predict(panel.take(rows))
            if f"{outcome}_90d" in answers.column_names:
                found[f"{outcome} ({name})"] = Compared(
                    y=examples.y[split.test],
                    horizons=answers[f"{outcome}_90d"].to_numpy(),
                    one_window=one_window,
                    entity=np.array([f"{seed}/{account}" for account in entity]),
                )
    return found


def pooled(kind: type, parts: list) -> object:
    """Put the arrays of several companies together."""
    names = kind.__dataclass_fields__
    return kind(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def show(parts: dict[tuple[str, int], list[Tested]]) -> None:
    """Print the grade of every answer and horizon, then of churn and expansion by use case."""
    for (answer, end), several in parts.items():
        whole = pooled(Tested, several)
        print(f"{answer:<18}{end:>4} d {grade(whole.y, whole.probability, entity=whole.entity)}")
        if answer not in WINDOWS:
            continue
        for level in np.unique(whole.use_case).tolist():
            rows = whole.use_case == level
            graded = grade(whole.y[rows], whole.probability[rows], entity=whole.entity[rows])
            print(f"    {level:<20}{graded}")


def show_compared(parts: dict[str, list[Compared]]) -> None:
    """Print log-loss at 90 days of both models and their difference."""
    for name, several in parts.items():
        whole = pooled(Compared, several)
        difference = paired_log_loss(whole.y, whole.horizons, whole.one_window, entity=whole.entity)
        for who in ("horizons", "one_window"):
            graded = grade(whole.y, getattr(whole, who), entity=whole.entity)
            print(f"90 d {name:<24}{who:<12}{graded}")
        told = f"{difference[0]:+.5f} ({difference[1]:+.5f} to {difference[2]:+.5f})"
        print(f"90 d {name:<24}log-loss of horizons minus one window {told}", flush=True)


def main() -> None:
    """Print grades after every company, of all so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--months", type=int, default=48)
    asked = parser.parse_args()
    graded: dict[tuple[str, int], list[Tested]] = {}
    against: dict[str, list[Compared]] = {}
    for number, seed in enumerate(range(asked.first_seed, asked.first_seed + asked.seeds)):
        began = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            panel, times = make_company(
                Path(folder) / "company", accounts=asked.accounts, months=asked.months, seed=seed
            )
        start = first_test_date(panel)
        first = train_horizons(panel, times, until=start)
        leaving = train_horizons(panel, times, until=start, outcomes=CHURNS)
        for key, rows in tested(first, panel, times, start, seed).items():
            graded.setdefault(key, []).append(rows)
        models = {"what comes first": first, "churn alone": leaving}
        for name, rows in compared(models, panel, start, seed).items():
            against.setdefault(name, []).append(rows)
        print(f"--- {number + 1} companies, {time.process_time() - began:.0f} CPU s", flush=True)
        show_compared(against)
        show(graded)


if __name__ == "__main__":
    main()
