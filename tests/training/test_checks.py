"""Every check can fail, and says why; the page that explains them knows them all."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.checks import numbered as c
from training.checks.held_out import held_out_table, read_held_out
from training.checks.numbered import HeldOut, calibrated
from training.models.learning import learn
from training.tables.roles import Roles
from training.tables.splits import split_by_time
from training.tables.table import read_examples

ROOT = Path(__file__).resolve().parents[2]


def held_out(n: int = 1500, seed: int = 0, *, shown=lambda p: p) -> c.HeldOut:
    random = np.random.default_rng(seed)
    probability = random.uniform(0.02, 0.6, n)
    y = (random.random(n) < probability).astype(float)
    return c.HeldOut(y, np.array([f"A{k}" for k in range(n)]), shown(probability))


def test_events() -> None:
    assert c.enough_events(held_out()).result == "pass"
    few = c.enough_events(held_out(40))
    assert few.result == "fail"
    assert "more of the rarer kind needed" in few.why


def test_base_rate() -> None:
    rows = held_out()
    rate = np.full(len(rows.y), rows.y.mean())
    assert c.better_than_base_rate(rows, rate).result == "pass"
    assert c.better_than_base_rate(c.HeldOut(rows.y, rows.entity, rate), rate).result == "fail"


def test_a_gain_beyond_chance_that_says_almost_nothing_is_nothing() -> None:
    rows = held_out()
    rate = np.full(len(rows.y), rows.y.mean())
    whisper = rate + 1e-5 * (rows.probability - rows.probability.mean())
    found = c.better_than_base_rate(c.HeldOut(rows.y, rows.entity, whisper), rate)
    assert found.result == "fail"
    assert "nothing to learn" in found.why


@pytest.mark.parametrize(
    ("shown", "result"),
    [
        (lambda p: p, "pass"),
        (lambda p: p / 2, "fail"),
        (lambda p: np.minimum(2 * p, 0.99), "fail"),
        (lambda p: p**3 / (p**3 + (1 - p) ** 3), "fail"),
    ],
)
def test_calibration(shown, result: str) -> None:
    assert c.calibrated(held_out(shown=shown)).result == result


def test_windows_that_overlap_in_time(make_snapshots) -> None:
    examples = read_examples(make_snapshots(), Roles("churn"))
    split = split_by_time(examples.time, examples.entity, examples.y, embargo_days=104)
    assert c.no_overlap(examples, split).result == "pass"
    late = np.flatnonzero(examples.time < examples.time[split.test].min())
    careless = c.no_overlap(examples, replace(split, fit=late))
    assert careless.result == "fail"
    assert "28 days between fit and test, lead + horizon are 104" in careless.why
    longer = replace(examples, horizon_days=180)
    assert c.no_overlap(longer, split).result == "fail"
    assert c.no_overlap(replace(examples, time=None), split).result == "n/a"


@pytest.mark.parametrize("bent", [lambda p: p / 2, lambda p: p**3 / (p**3 + (1 - p) ** 3)])
def test_a_miscalibrated_challenger_is_blocked(learnt, bent: Callable) -> None:
    honest = {check.code for check in learnt.checks() if check.result == "fail"}
    probability = read_held_out(learnt.held_out).probability
    rows = held_out_table(learnt.examples, learnt.split, bent(probability))
    found = replace(learnt, held_out=rows).checks()
    assert "TW03" not in honest
    assert "TW03" in {check.code for check in found if check.result == "fail"}
    assert not c.promotable(found)


@pytest.fixture(scope="module")
def learnt(make_customers):
    roles = Roles("churn", label="left", entity="customer")
    return learn(read_examples(make_customers(2500), roles), outcome="churn", seed=0)


def test_another_model() -> None:
    rows = held_out()
    noisy = np.clip(rows.probability + np.random.default_rng(1).normal(0, 0.3, 1500), 0.01, 0.99)
    assert c.not_worse_than("TW07", rows, noisy, name="champion 1").result == "pass"
    worse = c.not_worse_than(
        "TW07", c.HeldOut(rows.y, rows.entity, noisy), rows.probability, name="champion 1"
    )
    assert worse.result == "fail"
    assert "champion 1 is better here" in worse.why
    assert c.not_worse_than("TW06", rows, rows.probability, name="x").result == "pass"


def test_reproduction_is_to_the_last_bit() -> None:
    scores = np.array([0.1, 0.2])
    assert c.reproduces(scores, scores.copy()).result == "pass"
    assert c.reproduces(scores, np.nextafter(scores, 1)).result == "fail"


def test_any_fail_blocks_and_not_applicable_does_not() -> None:
    ok, skipped, bad = (c.Check("TW01", result, "") for result in ("pass", "n/a", "fail"))
    assert c.promotable([ok, skipped])
    assert not c.promotable([ok, bad])
    assert c.Check.from_json(skipped.to_json()) == skipped


def test_the_page_explains_every_check() -> None:
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    for code, title in c.TITLES.items():
        assert f"### {code} {title}" in page


def test_a_slope_that_cannot_be_told_is_said_so() -> None:
    y = np.tile([0.0, 1.0], 40)
    rows = HeldOut(y, np.arange(80).astype(str), np.full(80, 0.5))
    said = calibrated(rows).why
    assert "slope not known" in said
    assert "nan" not in said
