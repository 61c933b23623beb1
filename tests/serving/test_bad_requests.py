"""Every kind of bad request: a 4xx in the one shape that says what was wrong."""

from typing import Any

import pytest

JSON = {"content-type": "application/json"}
SCORE, FEATURES = "/v1/score", "/v1/score_features"


def refused(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    answer = response.json()
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message", "details"}
    assert answer["error"]["message"]
    assert "Traceback" not in response.text
    return answer["error"]


RAW: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "malformed_json"),
    "broken": (b'{"account_ids": ["A"', "malformed_json"),
    "not UTF-8": (b'{"account_ids": ["\xff"]}', "malformed_json"),
    "NaN": (b'{"account_ids": ["A"], "reasons": NaN}', "malformed_json"),
    "Infinity": (b'{"rows": [{"arr": Infinity}]}', "malformed_json"),
    "-Infinity": (b'{"rows": [{"arr": -Infinity}]}', "malformed_json"),
    "1e400": (b'{"rows": [{"arr": 1e400}]}', "malformed_json"),
    "huge integer": (b'{"rows": [{"arr": 1' + b"0" * 6000 + b"}]}", "malformed_json"),
    "doubled name": (b'{"reasons": 1, "reasons": 2}', "malformed_json"),
    "deep": (b"[" * 200_000, "malformed_json"),
    "array": (b"[]", "invalid_request"),
    "text": (b'"A"', "invalid_request"),
    "null": (b"null", "invalid_request"),
    "ten megabytes": (b'{"account_ids": ["' + b"A" * 10_000_000 + b'"]}', "too_large"),
}


@pytest.mark.parametrize("path", [SCORE, FEATURES])
@pytest.mark.parametrize("name", RAW)
def test_bodies_that_are_not_requests(client: Any, name: str, path: str) -> None:
    body, code = RAW[name]
    error = refused(
        client.post(path, content=body, headers=JSON), 413 if code == "too_large" else 400
    )
    assert error["code"] == code


def test_a_body_in_pieces_is_limited_too(client: Any) -> None:
    pieces = (b"x" * 1_000_000 for _ in range(10))
    assert refused(client.post(SCORE, content=pieces, headers=JSON), 413)["code"] == "too_large"


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/vnd.bentoml+pickle", "text/plain"]
)
def test_other_content_types(client: Any, kind: str) -> None:
    error = refused(client.post(SCORE, content=b"{}", headers={"content-type": kind}), 400)
    assert kind.split(";")[0] in error["message"]


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no ids": ({}, "account_ids", "required"),
    "empty ids": ({"account_ids": []}, "account_ids", "at least 1"),
    "too many ids": ({"account_ids": ["A"] * 1001}, "account_ids", "at most 1000"),
    "ids not text": ({"account_ids": [3]}, "account_ids[0]", "string"),
    "an empty id": ({"account_ids": [""]}, "account_ids[0]", "at least 1"),
    "id for ids": ({"account_ids": "A"}, "account_ids", "list"),
    "reasons text": ({"account_ids": ["A"], "reasons": "5"}, "reasons", "integer"),
    "reasons negative": ({"account_ids": ["A"], "reasons": -1}, "reasons", "0"),
    "language": ({"account_ids": ["A"], "language": "fr"}, "language", "'en' or 'ja'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_fields_are_named(client: Any, name: str) -> None:
    body, field, words = WRONG[name]
    details = refused(client.post(SCORE, json=body), 400)["details"]
    assert [d["field"] for d in details] == [field]
    assert words in details[0]["problem"]


def test_an_unknown_field_gets_its_nearest_name(client: Any) -> None:
    error = refused(client.post(SCORE, json={"account_ids": ["A"], "outcoms": ["churn"]}), 400)
    assert error["details"][0]["field"] == "outcoms"
    assert error["details"][0]["nearest"] == "outcomes"


def test_every_mistake_is_named_at_once(client: Any) -> None:
    body = {"account_ids": [1], "reasons": -1, "language": "xx"}
    assert len(refused(client.post(SCORE, json=body), 400)["details"]) == 3


def test_unknown_accounts_are_all_named(client: Any, eligible: list[str]) -> None:
    error = refused(client.post(SCORE, json={"account_ids": ["no", eligible[0], "none"]}), 404)
    assert error["code"] == "unknown_account"
    assert [d["account_id"] for d in error["details"]] == ["no", "none"]


@pytest.mark.parametrize("path", [SCORE, FEATURES])
def test_an_unknown_outcome(client: Any, eligible: list[str], path: str) -> None:
    body: dict[str, Any] = {"outcomes": ["churm"]}
    body |= {"account_ids": eligible[:1]} if path == SCORE else {"rows": [{}]}
    error = refused(client.post(path, json=body), 400)
    assert error["code"] == "unknown_outcome"
    assert error["details"][0]["nearest"] == "churn"


@pytest.fixture
def row(client: Any, eligible: list[str]) -> dict[str, Any]:
    features: dict[str, Any] = client.get(f"/v1/accounts/{eligible[0]}").json()["features"]
    return features


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("arr", "much", "number"),
        ("arr", [1], "number"),
        ("arr", 10**400, "range of a double"),
        ("segment", 3, "text"),
        ("segment", {"a": 1}, "text"),
        ("account_id", 7, "text"),
    ],
)
def test_a_value_of_the_wrong_type(
    client: Any, row: dict[str, Any], name: str, value: Any, words: str
) -> None:
    rows = [row, row | {name: value}]
    error = refused(client.post(FEATURES, json={"rows": rows}), 400)
    assert error["details"][0]["row"] == 1
    assert error["details"][0]["field"] == name
    assert words in error["details"][0]["problem"]


def test_a_misspelt_feature_is_unknown_and_missed(client: Any, row: dict[str, Any]) -> None:
    misspelt = {
        ("days_since_last_uze" if k == "days_since_last_use" else k): v for k, v in row.items()
    }
    error = refused(client.post(FEATURES, json={"rows": [misspelt]}), 400)
    assert error["code"] == "unknown_feature"
    found = {detail["field"]: detail["nearest"] for detail in error["details"]}
    assert found["days_since_last_uze"] == "days_since_last_use"
    assert found["days_since_last_use"] == "days_since_last_uze"


def test_a_row_must_have_every_column(client: Any) -> None:
    error = refused(client.post(FEATURES, json={"rows": [{}]}), 400)
    assert all(d["problem"].startswith("missing") for d in error["details"])


@pytest.mark.parametrize("rows", [[], "x", [1], [[]], None])
def test_rows_of_the_wrong_shape(client: Any, rows: Any) -> None:
    refused(client.post(FEATURES, json={"rows": rows}), 400)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/accounts/%00", 404),
        ("GET", "/v1/accounts/no-one", 404),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/static/..%2f..%2fservice.py", 404),
        ("GET", SCORE, 405),
        ("PUT", FEATURES, 405),
        ("DELETE", "/v1/accounts", 405),
        ("POST", "/v1/models", 405),
        ("GET", "/v1/accounts?tier=hi", 400),
        ("GET", "/v1/accounts?teir=high", 400),
        ("GET", "/v1/accounts?limit=0", 400),
        ("GET", "/v1/accounts?limit=many", 400),
        ("GET", "/v1/accounts?sort=size", 400),
        ("GET", "/v1/accounts?cursor=abc", 400),
        ("GET", "/v1/accounts?sort=arr&sort=name", 400),
        ("GET", "/v1/accounts/x?language=fr", 400),
    ],
)
def test_paths_methods_and_queries(client: Any, method: str, path: str, status: int) -> None:
    content = b"{}" if method in ("PUT", "POST") else None
    refused(client.request(method, path, content=content), status)
