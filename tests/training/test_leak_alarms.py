"""Every kind of planted leak rings its own alarm; columns that merely cause ring none."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from training.checks.disguise import average_precision, no_disguise
from training.checks.leak_alarms import absence_power, power_lasts, single_power, wilson_low
from training.checks.numbered import Check
from training.tables.roles import Roles
from training.tables.splits import split_by_entity, split_by_time
from training.tables.table import read_examples

sys.path.append(str(Path(__file__).parent))  # modules beside the tests

from lived import labels, lived, with_column

ALARMS = {
    "TW05": single_power,
    "TW09": absence_power,
    "TW10": power_lasts,
    "TW11": no_disguise,
}


@pytest.fixture(scope="module")
def panel() -> pa.Table:
    return lived()


def verdicts(table: pa.Table) -> dict[str, Check]:
    examples = read_examples(table, Roles("churn"))
    split = split_by_time(examples.time, examples.entity, examples.y, embargo_days=104)
    return {code: alarm(examples, split) for code, alarm in ALARMS.items()}


def ringing(table: pa.Table) -> set[str]:
    return {code for code, check in verdicts(table).items() if check.result == "fail"}


def test_where_nearly_everybody_has_an_event_what_is_never_missing_tells_nothing(
    make_snapshots: Callable[..., pa.Table],
) -> None:
    table = make_snapshots(200, 20)
    events = table.group_by("account_id").aggregate([("churned", "max")])
    assert np.mean(events["churned_max"].to_numpy()) > 0.95
    assert verdicts(table)["TW09"].result == "pass"


def test_causes_calendars_and_noise_ring_no_alarm(panel: pa.Table) -> None:
    found = verdicts(panel)
    assert {check.result for check in found.values()} == {"pass"}
    assert "alone has ROC-AUC" in found["TW05"].why


def early(table: pa.Table, share: float = 0.6) -> np.ndarray:
    days = table["as_of"].to_numpy()
    return days <= np.quantile(days.astype("int64"), share).astype("datetime64[us]")


def copied(y: np.ndarray, table: pa.Table, random: np.random.Generator) -> np.ndarray:
    return y + random.normal(0, 0.3, len(y))


def told_by_a_gap(y: np.ndarray, table: pa.Table, random: np.random.Generator) -> np.ndarray:
    return np.where((y == 1) & (random.random(len(y)) < 0.4), random.normal(size=len(y)), np.nan)


def filled_in_afterwards(y: np.ndarray, table: pa.Table, random: np.random.Generator) -> np.ndarray:
    return random.normal(size=len(y)) + 2.0 * y * early(table)


def asked_after_the_decision(
    y: np.ndarray, table: pa.Table, random: np.random.Generator
) -> np.ndarray:
    happy = random.choice([3, 4, 5], len(y), p=[0.3, 0.4, 0.3])
    told = (y == 1) & (random.random(len(y)) < 0.8)
    return np.where(told, random.choice([1, 2], len(y)), happy).astype(float)


def noisy_and_too_strong(y: np.ndarray, table: pa.Table, random: np.random.Generator) -> np.ndarray:
    return random.normal(size=len(y)) + 2.0 * y


@pytest.mark.parametrize(
    ("plant", "code"),
    [
        (copied, "TW05"),
        (told_by_a_gap, "TW09"),
        (filled_in_afterwards, "TW10"),
        (asked_after_the_decision, "TW11"),
        (noisy_and_too_strong, "TW11"),
    ],
)
def test_a_planted_leak_rings_its_alarm(panel: pa.Table, plant: Callable, code: str) -> None:
    values = plant(labels(panel), panel, np.random.default_rng(3))
    found = verdicts(with_column(panel, "leak", values))
    assert found[code].result == "fail"
    assert "'leak'" in found[code].why
    assert "--drop" in found[code].why or "drop it" in found[code].why


def test_a_category_can_leak_too(panel: pa.Table) -> None:
    y = labels(panel)
    random = np.random.default_rng(0)
    words = np.where((y == 1) & (random.random(len(y)) < 0.7), "leaving", "staying")
    assert "TW11" in ringing(with_column(panel, "state", words.tolist()))


def test_a_table_without_time_has_nothing_ahead(make_customers) -> None:
    table = make_customers(1500)
    random = np.random.default_rng(1)
    left = np.array(table["left"].to_pylist())
    plain = read_examples(table, Roles("churn", label="left", entity="customer"))
    split = split_by_entity(plain.entity, plain.y, seed=0)
    found = {code: alarm(plain, split).result for code, alarm in ALARMS.items()}
    assert found == {"TW05": "pass", "TW09": "pass", "TW10": "n/a", "TW11": "pass"}
    score = np.where(left & (random.random(1500) < 0.5), 1, random.choice([2, 3, 4, 5], 1500))
    leaky = with_column(table, "score", score)
    examples = read_examples(leaky, Roles("churn", label="left", entity="customer"))
    assert single_power(examples, split).result == "pass"
    found = no_disguise(examples, split)
    assert found.result == "fail"
    assert "values of 'score' hold" in found.why


def test_one_date_is_said_to_be_too_short_a_history(make_snapshots) -> None:
    found = read_examples(make_snapshots(400, 1), Roles("churn"))
    check = power_lasts(found, split_by_entity(found.entity, found.y, seed=0))
    assert check.result == "n/a"
    assert "history too short to test forward" in check.why


def test_average_precision_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score

    random = np.random.default_rng(0)
    events = random.random(500) < 0.2
    score = np.round(random.random(500) + 0.3 * events, 1) + 0.1
    assert average_precision(events, score) == pytest.approx(average_precision_score(events, score))


def test_wilsons_interval() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    assert wilson_low(np.array([81]), np.array([263]))[0] == pytest.approx(0.2553, abs=5e-5)
    assert wilson_low(np.array([0]), np.array([0]))[0] == 0
