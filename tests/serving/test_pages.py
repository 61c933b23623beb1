"""The pages: both languages, nothing unescaped, nothing from outside, and what a CSM needs."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.formats import compact, percent, points
from serving.service import create_app
from serving.store import default_url, id_in_force, open_engine, records_of, run_by_id, write_run
from serving.words import WORDS

NASTY = '<script>alert("x")</script> & Söhne 株式会社'


@pytest.fixture(scope="module")
def nasty(home: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same run with one account whose name, segment and CSM are hostile."""
    engine = open_engine(default_url(home.folder))
    run = run_by_id(engine, id_in_force(engine) or "")
    assert run is not None
    ids = home.panel["account_id"].to_pylist()
    records = list(records_of(engine, run.run_id, ids).values())
    evil = dataclasses.replace(records[0], name=NASTY, segment=NASTY, csm_id=NASTY)
    path: Path = tmp_path_factory.mktemp("nasty") / "x.db"
    url = f"sqlite:///{path}"
    write_run(open_engine(url), run, [evil, *records[1:]])
    with TestClient(create_app(home.folder, store_url=url)) as client:
        yield client, evil.account_id


@pytest.mark.parametrize("language", ["en", "ja"])
def test_both_pages_in_both_languages(client: Any, eligible: list[str], language: str) -> None:
    for path in ("/", f"/accounts/{eligible[0]}"):
        page = client.get(path, params={"language": language})
        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.text
        assert WORDS["churn"][language == "ja"] in page.text
        assert WORDS["churn"][language == "en"] not in page.text.replace("リスクの", "")


@pytest.mark.parametrize(
    ("accepted", "language"), [("ja,en;q=0.8", "ja"), ("fr-FR, en-GB", "en"), ("", "en")]
)
def test_the_browsers_language_counts(client: Any, accepted: str, language: str) -> None:
    page = client.get("/", headers={"accept-language": accepted})
    assert f'<html lang="{language}">' in page.text


def test_names_cannot_write_html(nasty: Any) -> None:
    client, account_id = nasty
    for path in ("/?limit=500", f"/accounts/{account_id}"):
        page = client.get(path).text
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_pages_load_nothing_from_outside(client: Any, eligible: list[str]) -> None:
    for path in ("/", f"/accounts/{eligible[0]}", "/sign-in"):
        page = client.get(path)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        for asset in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)):
            assert client.get(asset).status_code == 200


def test_the_account_page_says_why_and_what_to_do(client: Any, eligible: list[str]) -> None:
    page = client.get(f"/accounts/{eligible[0]}").text
    answer = client.get(f"/v1/accounts/{eligible[0]}").json()
    assert percent(answer["churn"]["probability"]) in page
    assert answer["play"]["title"] in page
    assert points(answer["churn"]["reasons"][0]["pp"]) in page


def test_filters_and_order_narrow_the_same_list(client: Any) -> None:
    every = client.get("/v1/accounts", params={"limit": 500}).json()["accounts"]
    for tier in ("high", "low", "tech"):
        found = client.get("/v1/accounts", params={"limit": 500, "tier": tier}).json()["accounts"]
        assert found == [line for line in every if line["tier"] == tier]
    for signal in {s["code"] for line in every for s in line["signals"] if s["fired"]}:
        found = client.get("/v1/accounts", params={"limit": 500, "signal": signal}).json()
        assert found["total"] == len(found["accounts"]) > 0
        assert all(any(s["code"] == signal for s in a["signals"]) for a in found["accounts"])
    arr = client.get("/v1/accounts", params={"limit": 500, "sort": "arr"}).json()["accounts"]
    assert arr == sorted(every, key=lambda line: (-line["arr"], line["account_id"]))


def test_pages_of_the_list_join_without_loss(client: Any) -> None:
    every = client.get("/v1/accounts", params={"limit": 500}).json()["accounts"]
    seen, cursor = [], None
    while True:
        query = {"limit": 7} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/accounts", params=query).json()
        seen += page["accounts"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == every


def test_a_cursor_fits_only_its_question(client: Any) -> None:
    cursor = client.get("/v1/accounts", params={"limit": 2}).json()["next_cursor"]
    wrong = client.get("/v1/accounts", params={"limit": 2, "cursor": cursor, "sort": "name"})
    assert wrong.status_code == 400


@pytest.mark.parametrize("path", ["/accounts/nobody", "/?tier=none", "/?sort=none"])
def test_errors_are_pages_too(client: Any, path: str) -> None:
    page = client.get(path)
    assert page.status_code in (400, 404)
    assert page.headers["content-type"].startswith("text/html")


def test_numbers_for_people() -> None:
    assert compact(1_234_567, "en") == "1.2M"
    assert compact(1_234_567, "ja") == "123万"
    assert compact(999, "ja") == "999"
    assert percent(0.0312) == "3.1%"
    assert percent(0.31) == "31%"
    assert points(-0.013) == "−1.3"


def test_every_phrase_has_both_languages_and_the_same_places() -> None:
    for key, (english, japanese) in WORDS.items():
        places = [sorted(re.findall(r"\{\w+\}", text)) for text in (english, japanese)]
        assert english, key
        assert japanese, key
        assert places[0] == places[1], key
