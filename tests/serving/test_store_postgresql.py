"""The store in PostgreSQL: the same night gives the same answers as in SQLite, byte for byte."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from serving import tokens
from serving.nightly import run
from serving.service import create_app
from serving.store import open_engine

NIGHT = datetime(2026, 6, 1)


@pytest.fixture(scope="module")
def database(postgresql: Callable[[], str]) -> str:
    return postgresql()


@pytest.fixture(scope="module")
def elsewhere(home: Any, database: str) -> Iterator[TestClient]:
    asked = {"as_of": NIGHT, "policy_path": None, "tracking_uri": "", "home": home.folder}
    first, again = (run(str(home.company), store_url=database, **asked) for _ in range(2))
    assert (first.written, again.written) == (True, False)
    assert again.to_json() == first.to_json()
    app = create_app(home.folder, store_url=database)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_same_scores(client: Any, elsewhere: Any, eligible: list[str], language: str) -> None:
    asked = {"account_ids": eligible, "reasons": 3, "language": language}
    here, there = (each.post("/v1/score", json=asked) for each in (client, elsewhere))
    assert here.status_code == 200
    assert there.content == here.content


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models",
        "/v1/accounts",
        "/v1/accounts?limit=7",
        "/v1/accounts?sort=name",
        "/?language=ja",
    ],
)
def test_the_same_pages(client: Any, elsewhere: Any, path: str) -> None:
    here, there = (each.get(path) for each in (client, elsewhere))
    assert here.status_code == 200
    assert there.content == here.content


def test_the_same_account(client: Any, elsewhere: Any, eligible: list[str]) -> None:
    for path in (f"/v1/accounts/{eligible[0]}", f"/accounts/{eligible[0]}?language=ja"):
        here, there = (each.get(path) for each in (client, elsewhere))
        assert here.status_code == 200
        assert there.content == here.content


def test_accounts_are_ordered_by_code_point(database: str) -> None:
    engine = open_engine(database)
    asked = text("SELECT collation_name FROM information_schema.columns WHERE column_name = 'name'")
    with engine.connect() as connection:
        found = connection.execute(asked).scalars().all()
    engine.dispose()
    assert "C" in found


def test_tokens_are_kept_there(database: str) -> None:
    engine, other = open_engine(database), open_engine(database)
    secret = tokens.add(engine, "crm", role="scorer", at=NIGHT)
    assert tokens.role_of(other, secret) == "scorer"
    tokens.revoke(engine, "crm", at=NIGHT)
    assert tokens.role_of(other, secret) is None
    engine.dispose()
    other.dispose()
