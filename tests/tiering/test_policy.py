"""The policy file: the version in force, and every mistake named at once."""

from datetime import date
from pathlib import Path

import pytest

from tiering.errors import PolicyError
from tiering.policy import DEFAULT_POLICY, policy_at, read_policy

SHIPPED = DEFAULT_POLICY.read_text(encoding="utf-8")


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as refused:
        read_policy(written(folder, text))
    return refused.value.problems


def test_the_shipped_policy_is_valid_and_says_why() -> None:
    version = policy_at(DEFAULT_POLICY, date(2023, 12, 1))
    assert [tier.name for tier in version.tiers] == ["high", "low", "tech", "automation"]
    assert [tier.seats for tier in version.tiers] == [40, 150, 1000, None]
    assert version.name == "2000-01-01"


def test_the_version_in_force_is_the_newest_that_has_begun(tmp_path: Path) -> None:
    later = SHIPPED.replace("from = 2000-01-01", "from = 2026-10-01").replace(
        "people = { value = 4,", "people = { value = 5,"
    )
    path = written(tmp_path, later + SHIPPED)
    before, first, after = (date(2026, 9, 30), date(2026, 10, 1), date(2027, 1, 1))
    assert policy_at(path, before).tier("high").seats == 40
    assert policy_at(path, first).tier("high").seats == 50
    assert policy_at(path, after).name == "2026-10-01"


def test_a_day_before_every_version_has_no_policy() -> None:
    with pytest.raises(PolicyError, match="starts on 2000-01-01"):
        policy_at(DEFAULT_POLICY, date(1999, 12, 31))


CASES = {
    "unknown key": ("severity = ", "severty = ", ["severty: unknown key", "'severity'"]),
    "share above one": ("value = 0.30", "value = 1.30", ["churn_averted", "1.3"]),
    "text for a number": ("value = 1000", 'value = "1000"', ["accounts_per_person", "'1000'"]),
    "half a person": ("people = { value = 4,", "people = { value = 4.5,", ["people", "4.5"]),
    "negative": ("value = 40.0", "value = -40.0", ["cost_per_account", "-40"]),
    "not finite": ("value = 40.0", "value = inf", ["cost_per_account", "inf"]),
    "no reason": ('reason = "Nobody\'s time", ', "", ["hours_per_account.reason: missing"]),
    "no Japanese": (', ja = "自動対応"', "", ["automation", "ja: missing"]),
    "unknown operator": ('operator = ">="', 'operator = "=>"', ["operator", "'=>'"]),
    "unknown tier in a play": ('tiers = ["low"]', 'tiers = ["lo"]', ["'lo'", "'low'"]),
    "unknown signal in a play": ('signal = "silence"', 'signal = "silent"', ["'silent'"]),
    "doubled tier": ('name = "tech"', 'name = "low"', ["tier[low]: stands twice"]),
    "text threshold": ("threshold = 21.0", 'threshold = "21"', ["silence", "text threshold"]),
}


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    good, bad, words = CASES[name]
    assert good in SHIPPED
    said = "\n".join(problems(tmp_path, SHIPPED.replace(good, bad)))
    assert all(word in said for word in words), said


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = SHIPPED
    for name in ("unknown key", "share above one", "negative", "no Japanese"):
        good, bad, _ = CASES[name]
        text = text.replace(good, bad, 1)
    found = problems(tmp_path, text)
    assert len(found) == 5  # the misspelt key is unknown, and the one it should be is missing


def test_someone_must_take_everyone(tmp_path: Path) -> None:
    without = SHIPPED.split("[[version.tier]]")
    text = "[[version.tier]]".join(part for part in without if 'name = "automation"' not in part)
    text += SHIPPED[SHIPPED.index("# -- signals") :]
    text = text.replace('tiers = ["tech", "automation"]', 'tiers = ["tech"]')
    assert any("room for everyone" in problem for problem in problems(tmp_path, text))


def test_two_versions_may_not_start_on_one_day(tmp_path: Path) -> None:
    assert any("two versions" in p for p in problems(tmp_path, SHIPPED + SHIPPED))


@pytest.mark.parametrize("text", ["", "version = 3", "[[version]", "[[version]]\nfrom = 3"])
def test_broken_files_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        read_policy(written(tmp_path, text))


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot read"):
        read_policy(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="cannot read"):
        read_policy(tmp_path / "binary.toml")


def test_a_policy_cannot_be_changed_after_reading() -> None:
    version = policy_at(DEFAULT_POLICY, date(2026, 1, 1))
    with pytest.raises(ValueError, match="frozen"):
        version.reason = "another"  # type: ignore[misc]
