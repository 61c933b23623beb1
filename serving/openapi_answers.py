"""The shapes of the answers, as JSON Schema; a test holds real answers against them."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
CHANCE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
FLAG: Schema = {"type": "boolean"}


def ref(name: str) -> Schema:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _maybe(name: str) -> Schema:
    return {"anyOf": [ref(name), {"type": "null"}]}


HEADING: dict[str, Schema] = {
    "as_of": {"type": "string", "format": "date-time"},
    "models": {"type": "object", "additionalProperties": TEXT},
    "policy": TEXT,
}
OUTCOMES: dict[str, Schema] = {"churn": _maybe("Outcome"), "expansion": _maybe("Outcome")}
FACTS: dict[str, Schema] = {
    "account_id": TEXT,
    "score_id": TEXT,
    "name": TEXT,
    "arr": NUMBER,
    "segment": MAYBE_TEXT,
    "csm_id": MAYBE_TEXT,
    "use_case": MAYBE_TEXT,
    "eligible": FLAG,
    "signals": _list(ref("Signal")),
}
TIER_NAMED: dict[str, Schema] = {"tier": TEXT, "next_best": MAYBE_TEXT, "margin": MAYBE_NUMBER}

SCHEMAS: dict[str, Schema] = {
    "Error": _object(
        {"error": _object({"code": TEXT, "message": TEXT, "details": _list({"type": "object"})})}
    ),
    "Reason": _object(
        {
            "code": TEXT,
            "group": TEXT,
            "direction": {"enum": ["raises", "lowers"]},
            "pp": NUMBER,
            "value": TEXT,
            "was": MAYBE_TEXT,
            "peers": MAYBE_TEXT,
            "text": TEXT,
        }
    ),
    "Outcome": _object(
        {
            "probability": CHANCE,
            "base_probability": CHANCE,
            "reasons": _list(ref("Reason")),
            "other_pp": NUMBER,
        },
        {"percentile": CHANCE},
    ),
    "Tier": _object(
        {
            "name": TEXT,
            "touch_model": {"enum": ["high", "low", "tech", "community"]},
            "decided_by": {"enum": ["best_value", "seats_full"]},
            "next_best": MAYBE_TEXT,
            "margin": MAYBE_NUMBER,
            "value": NUMBER,
        }
    ),
    "Signal": _object(
        {
            "code": TEXT,
            "severity": {"enum": ["high", "medium", "low"]},
            "fired": {"type": ["boolean", "null"]},
            "title": TEXT,
            "text": TEXT,
        }
    ),
    "ScoreAnswer": _object(
        HEADING
        | {
            "scores": _list(
                _object(
                    {"account_id": TEXT, "score_id": TEXT, "arr": NUMBER, "tier": ref("Tier")},
                    OUTCOMES,
                )
            )
        }
    ),
    "FeaturesAnswer": _object(
        {
            "models": HEADING["models"],
            "scores": _list(_object({"account_id": MAYBE_TEXT, "as_of": MAYBE_TEXT}, OUTCOMES)),
        }
    ),
    "Line": _object(FACTS | TIER_NAMED, OUTCOMES),
    "Accounts": _object(
        HEADING
        | {
            "total": {"type": "integer"},
            "accounts": _list(ref("Line")),
            "next_cursor": MAYBE_TEXT,
        }
    ),
    "Account": _object(
        HEADING
        | FACTS
        | {
            "tier": ref("Tier"),
            "play": {"anyOf": [_object({"title": TEXT, "steps": TEXT}), {"type": "null"}]},
            "features": {"type": "object"},
        },
        OUTCOMES,
    ),
    "Models": _object(
        {
            "models": {
                "type": "object",
                "additionalProperties": _object(
                    {
                        "version": TEXT,
                        "label": TEXT,
                        "catalogue": MAYBE_TEXT,
                        "digest": TEXT,
                        "columns": _list(TEXT),
                        "training": {"type": "object"},
                        "tags": {"type": "object"},
                    }
                ),
            }
        }
    ),
}
