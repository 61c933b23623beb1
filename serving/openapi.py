"""The description of the HTTP API at ``/docs.json`` (OpenAPI 3.1), made from the request models.

A test calls every path with what is described here.
"""

from functools import cache
from typing import Any

from serving.openapi_answers import SCHEMAS, ref
from serving.requests import AccountsQuery, FeaturesRequest, Request, ScoreRequest

STATUS = {
    "400": "Malformed or invalid; details name each field and what was wrong",
    "401": "No token, or one that is not in force",
    "403": "The token's role is too low",
    "404": "Unknown account",
    "413": "Body over the limit of 5,000,000 bytes",
    "500": "A fault of the service; details carry an id that stands in the log",
    "503": "No champion or no snapshot yet",
}


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tierwise",
            "version": "1",
            "description": "Churn risk, expansion propensity, reasons and tiers of accounts. "
            "Probabilities are calibrated; `pp` are probability points; for every outcome "
            "base_probability + Σ reasons.pp + other_pp = probability.",
        },
        "security": [{"token": []}, {}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": SCHEMAS | {kind.__name__: _schema(kind) for kind in _BODIES},
        },
    }


_BODIES: tuple[type[Request], ...] = (ScoreRequest, FeaturesRequest)


def _schema(kind: type[Request]) -> dict[str, Any]:
    return kind.model_json_schema(ref_template="#/components/schemas/{model}")


def _paths() -> dict[str, Any]:
    language = _query("language", {"type": "string", "enum": ["en", "ja"], "default": "en"})
    account = {"name": "account_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/v1/score": _post("score", "Scores accounts at the newest snapshot", ScoreRequest),
        "/v1/score_features": _post("score_features", "Scores sent feature rows", FeaturesRequest),
        "/v1/models": _get("models", "The champion of each outcome", "Models", [], "scorer"),
        "/v1/accounts": _get(
            "accounts", "The portfolio, paged", "Accounts", _query_of(AccountsQuery), "csm"
        ),
        "/v1/accounts/{account_id}": _get(
            "account", "Everything on one account", "Account", [account, language], "csm"
        ),
        "/livez": _plain("livez", "The process lives"),
        "/readyz": _plain("readyz", "A champion and a snapshot are there"),
        "/metrics": _plain("metrics", "Prometheus metrics"),
    }


def _post(name: str, summary: str, body: type[Request]) -> dict[str, Any]:
    answer = "ScoreAnswer" if body is ScoreRequest else "FeaturesAnswer"
    content = {"application/json": {"schema": ref(body.__name__)}}
    operation = _operation(name, summary, answer, "scorer")
    return {"post": operation | {"requestBody": {"required": True, "content": content}}}


def _get(
    name: str, summary: str, answer: str, parameters: list[dict[str, Any]], role: str
) -> dict[str, Any]:
    return {"get": _operation(name, summary, answer, role) | {"parameters": parameters}}


def _operation(name: str, summary: str, answer: str, role: str) -> dict[str, Any]:
    ok = {"description": summary, "content": {"application/json": {"schema": ref(answer)}}}
    error = {"application/json": {"schema": ref("Error")}}
    errors = {code: {"description": text, "content": error} for code, text in STATUS.items()}
    return {
        "operationId": name,
        "summary": summary,
        "description": f"Role: {role} or above.",
        "responses": {"200": ok} | errors,
    }


def _plain(name: str, summary: str) -> dict[str, Any]:
    ok = {"description": summary, "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {"get": {"operationId": name, "summary": summary, "responses": {"200": ok}}}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _query_of(kind: type[Request]) -> list[dict[str, Any]]:
    return [_query(name, schema) for name, schema in _schema(kind)["properties"].items()]
