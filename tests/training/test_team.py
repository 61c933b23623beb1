"""Capacity and costs are those of the policy in force, else the documented defaults."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tiering.errors import PolicyError
from tiering.policy import DEFAULT_POLICY, policy_at
from tierwise.__main__ import run
from training import Roles, Tracking, train
from training.measures.decision_value import SHIPPED
from training.measures.team import NO_POLICY, team_in_force, team_of

TODAY = date(2024, 1, 15)
TEAMS = {"high": "people = { value = 4", "low": "people = { value = 3"}


def policy(folder: Path, *changes: tuple[str, str]) -> Path:
    """The shipped policy with some words changed."""
    text = DEFAULT_POLICY.read_text(encoding="utf-8").replace("2000-01-01", "2024-01-01")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_policy_a_tenth_and_the_shipped_high_touch() -> None:
    team = team_in_force(None, TODAY)
    assert team == NO_POLICY
    assert (team.seats(54), team.seats(3), team.policy) == (5, 1, None)
    assert team.costs == SHIPPED


def test_human_seats_are_the_capacity_and_their_mean_the_costs(tmp_path: Path) -> None:
    team = team_in_force(policy(tmp_path), TODAY)
    assert (team.capacity, team.policy) == (4 * 10 + 3 * 50, "2024-01-01")
    assert team.costs.churn_averted == pytest.approx((40 * 0.30 + 150 * 0.15) / 190)
    assert team.costs.expansion_lift == pytest.approx((40 * 0.40 + 150 * 0.20) / 190)
    assert team.costs.cost_per_account == pytest.approx((40 * 40 + 150 * 10) / 190)
    assert team.costs_from == "high and low of the policy 2024-01-01, by their seats"


def test_a_team_of_high_touch_alone_has_its_costs(tmp_path: Path) -> None:
    alone = policy(tmp_path, (TEAMS["low"], "people = { value = 0"))
    team = team_in_force(alone, TODAY)
    assert (team.capacity, team.costs) == (40, SHIPPED)


def test_no_seat_or_seats_without_number_leave_the_tenth_and_say_so() -> None:
    version = policy_at(DEFAULT_POLICY, TODAY)
    nobody = version.model_copy(update={"tiers": version.tiers[2:]})
    assert team_of(nobody).capacity is None
    assert "no seat with human touch" in team_of(nobody).capacity_from
    boundless = version.tiers[0].model_copy(update={"team": None})
    free = team_of(version.model_copy(update={"tiers": (boundless, *version.tiers[2:])}))
    assert (free.capacity, free.costs) == (None, SHIPPED)
    assert "sets no number of seats" in free.capacity_from


def test_a_policy_that_is_not_in_force_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no policy is in force"):
        team_in_force(policy(tmp_path), date(2023, 12, 31))


@pytest.fixture
def panel(make_snapshots, tmp_path: Path) -> Path:
    table = make_snapshots(n=110, dates=11)
    arr = np.tile(np.random.default_rng(5).lognormal(8, 1, 110).round(), 11)
    path = tmp_path / "panel.parquet"
    pq.write_table(table.append_column("arr", pa.array(arr)), path)
    return path


@pytest.mark.parametrize("flags", [[], ["--capacity", "9"]], ids=["policy", "flag"])
def test_a_backtest_takes_both_from_the_policy_and_says_which(
    flags: list[str],
    panel: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = policy(
        tmp_path,
        (TEAMS["high"], "people = { value = 2"),
        (TEAMS["low"], "people = { value = 0"),
        ("cost_per_account = { value = 40.0", "cost_per_account = { value = 500.0"),
    )
    monkeypatch.setenv("TIERWISE_POLICY", str(small))
    words = ["backtest", str(panel), "--outcome", "churn", "--origins", "1", *flags]
    out = tmp_path / "found.json"
    assert run([*words, "--home", str(tmp_path), "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["capacity"] == (9 if flags else 20)
    seats = "--capacity" if flags else "the seats of high of the policy 2024-01-01"
    assert found["capacity_from"] == seats
    assert found["costs"]["cost_per_account"] == 500.0
    assert found["costs_from"] == "high of the policy 2024-01-01"
    page = (tmp_path / "backtest-churn.html").read_text(encoding="utf-8")
    for text in (capsys.readouterr().out, page):
        assert f"accounts a date: {seats}" in text
        assert "costs 500 an account: high of the policy 2024-01-01" in text


def test_a_training_asks_tw13_of_the_policys_seats(
    panel: Path, tmp_path: Path, tracking: Tracking
) -> None:
    small = policy(tmp_path, (TEAMS["low"], "people = { value = 0"))
    report = train(pq.read_table(panel), Roles("churn"), tracking=tracking, policy=small)
    why = {check.code: check.why for check in report.checks}["TW13"]
    assert "among 40 accounts a date (the seats of high of the policy 2024-01-01)" in why
