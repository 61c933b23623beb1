"""Who may call what: tokens, roles, the ladder, and the address the service is bound to."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from serving import tokens
from serving.errors import LaunchError, TokenError
from serving.launch import numeric, refuse_open_doors, refuse_taken_port
from serving.place import Place
from serving.service import create_app
from serving.store import open_engine
from serving.tables import tokens as table

NOW = datetime(2026, 11, 1)
CALLS = {
    "/v1/models": "scorer",
    "/schema.json": "scorer",
    "/metrics": "scorer",
    "/nowhere": "scorer",
    "/v1/accounts": "csm",
    "/v1/accounts/A": "csm",
    "/": "csm",
    "/accounts/A": "csm",
    "/livez": None,
    "/docs.json": None,
    "/sign-in": None,
    "/static/tierwise.css": None,
}


@pytest.fixture
def closed(home: Any, tmp_path: Path) -> Any:
    """A service whose store holds one token per role, and the secrets."""
    url = f"sqlite:///{tmp_path / 'tokens.db'}"
    engine = open_engine(url)
    secrets = {role: tokens.add(engine, role, role=role, at=NOW) for role in tokens.ROLES}
    with TestClient(create_app(home.folder, store_url=url)) as client:
        yield client, secrets, engine


def test_every_call_asks_for_its_role(closed: Any) -> None:
    client, secrets, _ = closed
    for path, needed in CALLS.items():
        for role in tokens.ROLES:
            bearer = {"authorization": f"Bearer {secrets[role]}"}
            status = client.get(path, headers=bearer).status_code
            allowed = needed is None or tokens.ROLES.index(role) >= tokens.ROLES.index(needed)
            assert (status not in (401, 403)) == allowed, (path, role, status)
        assert (client.get(path).status_code == 401) == (needed is not None), path


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic abc", "Bearer a b"])
def test_no_token_is_401_in_the_one_shape(closed: Any, header: str) -> None:
    client, _, _ = closed
    response = client.post("/v1/score", json={}, headers={"authorization": header})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["error"]["code"] == "no_token"


def test_a_low_role_is_403(closed: Any) -> None:
    client, secrets, _ = closed
    bearer = {"authorization": f"Bearer {secrets['scorer']}"}
    answer = client.get("/v1/accounts", headers=bearer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


def test_a_revoked_token_is_refused_at_once_and_the_doors_stay_closed(closed: Any) -> None:
    client, secrets, engine = closed
    for role in tokens.ROLES:
        tokens.revoke(engine, role, at=NOW)
        bearer = {"authorization": f"Bearer {secrets[role]}"}
        assert client.get("/v1/models", headers=bearer).status_code == 401


def test_a_browser_signs_in_with_a_cookie_that_only_reads(closed: Any) -> None:
    client, secrets, _ = closed
    assert client.post("/sign-in", data={"token": "wrong"}).status_code == 401
    assert client.post("/sign-in", data={"token": secrets["scorer"]}).status_code == 401
    answer = client.post("/sign-in", data={"token": secrets["csm"]}, follow_redirects=False)
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert client.get("/v1/accounts").status_code == 503  # let in; this store has no snapshot
    assert client.post("/v1/score", json={"account_ids": ["A"]}).status_code == 401
    client.cookies.clear()


def test_secrets_are_never_kept(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    secret = tokens.add(engine, "etl", role="scorer", at=NOW)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(select(table))]
    assert secret not in str(rows)
    assert tokens.role_of(engine, secret) == "scorer"


def test_token_names_and_roles_are_checked(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    tokens.add(engine, "etl", role="scorer", at=NOW)
    for name, role, words in (
        ("etl", "scorer", "already"),
        ("x", "boss", "role"),
        (" ", "csm", "name"),
    ):
        with pytest.raises(TokenError, match=words):
            tokens.add(engine, name, role=role, at=NOW)
    with pytest.raises(TokenError, match="etl"):
        tokens.revoke(engine, "elt", at=NOW)


def test_other_addresses_need_a_token_in_force(tmp_path: Path) -> None:
    place = Place.of(tmp_path, host="0.0.0.0")
    with pytest.raises(LaunchError, match="tierwise token add"):
        refuse_open_doors(place)
    tokens.add(place.engine, "x", role="csm", at=NOW)
    refuse_open_doors(place)
    tokens.revoke(place.engine, "x", at=NOW)
    with pytest.raises(LaunchError):
        refuse_open_doors(place)


def test_an_open_address_is_closed_even_with_an_empty_store(home: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with TestClient(create_app(home.folder, store_url=url, host="0.0.0.0")) as client:
        assert client.get("/v1/models").status_code == 401


def test_addresses_and_ports_are_checked_before_the_start() -> None:
    import socket

    assert numeric("localhost") == "127.0.0.1"
    with pytest.raises(LaunchError, match="not an address"):
        numeric("my computer")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LaunchError, match="another"):
            refuse_taken_port("127.0.0.1", taken.getsockname()[1])
