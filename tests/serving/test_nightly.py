"""The nightly run: the same night twice is one night, and a failed one changes nothing."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from features import CATALOGUE
from serving import tables
from serving.errors import NightlyError, StoreError
from serving.nightly import run
from serving.portfolio import Question, account_ids, totals
from serving.records import Record, Run
from serving.store import (
    default_url,
    id_in_force,
    open_engine,
    records_of,
    run_by_id,
    write_run,
)
from tiering.policy import DEFAULT_POLICY, read_policy


def written(home: Any) -> tuple[Run, list[Record]]:
    engine = open_engine(default_url(home.folder))
    found = run_by_id(engine, id_in_force(engine) or "")
    assert found is not None
    ids, _ = account_ids(engine, found, Question(limit=10_000))
    return found, list(records_of(engine, found.run_id, ids).values())


def content(url: str) -> dict[str, list[Any]]:
    with open_engine(url).connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(table))]
            for name, table in tables.metadata.tables.items()
        }


def night(
    home: Any, *, store: str = "", source: Path | None = None, policy: Path | None = None
) -> Any:
    return run(
        str(source or home.company),
        as_of=written(home)[0].as_of,
        policy_path=policy,
        store_url=store,
        tracking_uri="",
        home=home.folder,
    )


def test_the_same_night_again_changes_nothing(home: Any) -> None:
    before = content(default_url(home.folder))
    report = night(home)
    assert not report.written
    assert content(default_url(home.folder)) == before


def test_another_store_gets_the_same_rows(home: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    report = night(home, store=url)
    assert report.written
    assert content(url) == content(default_url(home.folder))


def test_a_refused_source_writes_nothing(home: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Exception, match="accounts"):
        night(home, source=tmp_path / "empty", store=f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()


def test_no_champion_no_night(home: Any, tmp_path: Path) -> None:
    with pytest.raises(NightlyError, match="promote"):
        run(
            str(home.company),
            as_of=written(home)[0].as_of,
            policy_path=None,
            store_url="",
            tracking_uri="",
            home=tmp_path,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_breaks_in_the_middle_leaves_the_last_good_one(home: Any) -> None:
    engine = open_engine(default_url(home.folder))
    found, records = written(home)
    later = dataclasses.replace(found, run_id="later")
    ids = [dataclasses.replace(r, score_id=f"x{i}") for i, r in enumerate(records)]
    broken = [*ids[:-1], dataclasses.replace(ids[-1], arr=None)]
    before = content(default_url(home.folder))
    with pytest.raises(Exception, match="NOT NULL"):
        write_run(engine, later, broken)
    assert content(default_url(home.folder)) == before
    assert id_in_force(engine) == found.run_id


def test_records_come_back_as_they_went_in(home: Any, tmp_path: Path) -> None:
    found, records = written(home)
    engine = open_engine(f"sqlite:///{tmp_path / 'copy.db'}")
    assert write_run(engine, found, records)
    assert not write_run(engine, found, records)
    copy = records_of(engine, found.run_id, [record.account_id for record in records])
    assert list(copy.values()) == records
    assert run_by_id(engine, found.run_id) == found


def test_every_customer_has_a_tier_and_the_eligible_have_scores(home: Any) -> None:
    found, records = written(home)
    rows = {row["account_id"]: row for row in home.panel.to_pylist()}
    assert {r.account_id for r in records} == {i for i, row in rows.items() if row["arr"] > 0}
    assert {s.tier for s in found.seats} >= {r.tier.name for r in records}
    assert sum(seat.used for seat in found.seats) == len(records)
    for record in records:
        assert record.eligible == rows[record.account_id]["eligible"]
        assert set(record.outcomes) == ({"churn", "expansion"} if record.eligible else set())
        assert record.features == {name: rows[record.account_id][name] for name in CATALOGUE.names}


def test_the_newest_as_of_is_in_force_whatever_was_written_last(home: Any, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'order.db'}")
    found, _ = written(home)
    earlier = dataclasses.replace(found, run_id="earlier", as_of=found.as_of.replace(year=2020))
    again = dataclasses.replace(found, run_id="again")
    for each in (found, earlier):
        write_run(engine, each, [])
    assert id_in_force(engine) == found.run_id
    write_run(engine, again, [])
    assert id_in_force(engine) == "again"


def test_a_changed_policy_is_another_run(home: Any, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    policy.write_text(text.replace("people = { value = 4,", "people = { value = 0,"), "utf-8")
    url = f"sqlite:///{tmp_path / 'store.db'}"
    first, second = night(home, store=url), night(home, store=url, policy=policy)
    assert first.run.run_id != second.run.run_id
    assert second.run.seats[0].used == 0
    with open_engine(url).connect() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.runs)) == 2


def test_totals_are_sums_over_the_records(home: Any) -> None:
    found, records = written(home)
    sums = totals(open_engine(default_url(home.folder)), found)
    assert sums.accounts == len(records)
    assert sums.arr == pytest.approx(sum(r.arr for r in records))
    at_risk = sum(r.arr * r.outcomes["churn"].probability for r in records if r.outcomes)
    assert sums.arr_at_risk == pytest.approx(at_risk)


def test_every_feature_the_shipped_policy_names_is_in_the_catalogue() -> None:
    named = {
        condition.feature
        for version in read_policy(DEFAULT_POLICY).versions
        for rule in version.signals
        for condition in rule.when
    }
    assert named
    assert named <= set(CATALOGUE.names)


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/no/such/folder/x.db"])
def test_a_store_that_cannot_be_opened(url: str) -> None:
    with pytest.raises(StoreError, match="cannot open"):
        open_engine(url)
