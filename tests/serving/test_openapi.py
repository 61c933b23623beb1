"""The description at /docs.json is true: real answers fit it, and every path it names is there."""

import re
from pathlib import Path
from typing import Any

import pytest

from serving.openapi import description

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def fits(value: Any, schema: dict[str, Any], at: str = "$") -> list[str]:
    """Return where ``value`` leaves the part of JSON Schema that the description uses."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return fits(value, description()["components"]["schemas"][name], at)
    if "anyOf" in schema:
        found = [fits(value, option, at) for option in schema["anyOf"]]
        return [] if [] in found else found[0]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r}"]
    kinds = schema.get("type", [])
    if kinds and not any(of_kind(value, k) for k in ([kinds] if isinstance(kinds, str) else kinds)):
        return [f"{at}: {value!r} is not {kinds}"]
    if isinstance(value, list) and "items" in schema:
        return [
            e for i, item in enumerate(value) for e in fits(item, schema["items"], f"{at}[{i}]")
        ]
    return fits_object(value, schema, at) if isinstance(value, dict) else []


def fits_object(value: dict[str, Any], schema: dict[str, Any], at: str) -> list[str]:
    known = schema.get("properties", {})
    extra = schema.get("additionalProperties", True)
    wrong = [f"{at}: no {name}" for name in schema.get("required", []) if name not in value]
    for name, part in value.items():
        if name in known:
            wrong += fits(part, known[name], f"{at}.{name}")
        elif extra is False:
            wrong.append(f"{at}: extra {name}")
        elif isinstance(extra, dict):
            wrong += fits(part, extra, f"{at}.{name}")
    return wrong


def of_kind(value: Any, kind: str) -> bool:
    kinds: dict[str, Any] = {
        "string": str,
        "number": (int, float),
        "integer": int,
        "boolean": bool,
        "object": dict,
        "array": list,
        "null": type(None),
    }
    return isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))


def described(path: str, method: str, status: str = "200") -> dict[str, Any]:
    answer = description()["paths"][path][method]["responses"][status]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


def test_answers_are_as_described(client: Any, eligible: list[str]) -> None:
    one = client.get(f"/v1/accounts/{eligible[0]}").json()
    calls = {
        ("/v1/score", "post"): client.post("/v1/score", json={"account_ids": eligible}).json(),
        ("/v1/score_features", "post"): client.post(
            "/v1/score_features", json={"rows": [one["features"]]}
        ).json(),
        ("/v1/models", "get"): client.get("/v1/models").json(),
        ("/v1/accounts", "get"): client.get("/v1/accounts?limit=500").json(),
        ("/v1/accounts/{account_id}", "get"): one,
    }
    for (path, method), answer in calls.items():
        assert fits(answer, described(path, method)) == [], path


def test_the_check_itself_can_fail(client: Any, eligible: list[str]) -> None:
    answer = client.post("/v1/score", json={"account_ids": eligible[:1]}).json()
    answer["scores"][0]["churn"]["probability"] = "high"
    del answer["policy"]
    assert len(fits(answer, described("/v1/score", "post"))) == 2


def test_errors_are_as_described(client: Any) -> None:
    for status, answer in (
        ("400", client.post("/v1/score", json={})),
        ("404", client.post("/v1/score", json={"account_ids": ["none"]})),
    ):
        assert answer.status_code == int(status)
        assert fits(answer.json(), described("/v1/score", "post", status)) == []


def test_every_described_path_answers(client: Any) -> None:
    for path, methods in description()["paths"].items():
        for method in methods:
            body = {"json": {}} if method == "post" else {}
            answer = client.request(method.upper(), path, **body)
            assert answer.status_code not in (405, 500), path
            if answer.status_code == 404:
                assert answer.json()["error"]["code"] == "unknown_account"


def test_the_service_gives_the_description(client: Any) -> None:
    assert client.get("/docs.json").json() == description()


@pytest.mark.parametrize("path", list(description()["paths"]))
def test_every_call_is_documented(path: str) -> None:
    assert f"{path}`" in DOCS.read_text(encoding="utf-8")


def test_the_documented_codes_are_the_ones_in_the_source() -> None:
    folder = DOCS.parents[1] / "serving"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    table = DOCS.read_text(encoding="utf-8").split("## Errors")[1]
    codes = set(re.findall(r"`([a-z]+_[a-z_]+|forbidden|internal)`", table))
    assert codes
    assert all(f'"{code}"' in source for code in codes - {"internal"})
