"""What callers may ask, checked before anything is computed.

A body is refused as a whole; every mistake in it is named with its place.
"""

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from serving.errors import ApiError

MAX_ACCOUNTS = 1000
MAX_ROWS = 1000
MAX_REASONS = 50

Identifier = Annotated[str, Field(min_length=1, max_length=512)]
Language = Literal["en", "ja"]


class Request(BaseModel):
    """What every request obeys: no unknown field, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ScoreRequest(Request):
    """Accounts to score at the store's newest snapshot."""

    account_ids: list[Identifier] = Field(
        min_length=1, max_length=MAX_ACCOUNTS, description="Accounts known to the store"
    )
    outcomes: list[Identifier] | None = Field(
        None, min_length=1, description="Outcomes to return; all when left out"
    )
    reasons: int = Field(5, ge=0, le=MAX_REASONS, description="Reasons per outcome")
    language: Language = Field("en", description="Language of the reasons")


class FeaturesRequest(Request):
    """Feature rows to score."""

    rows: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MAX_ROWS,
        description="One object per row: every column of the model by name, null when unknown; "
        "account_id and as_of may be given and are returned",
    )
    outcomes: list[Identifier] | None = Field(
        None, min_length=1, description="Outcomes to return; all champions when left out"
    )
    reasons: int = Field(5, ge=0, le=MAX_REASONS, description="Reasons per outcome")
    language: Language = Field("en", description="Language of the reasons")


class AccountsQuery(Request):
    """Filters, order and page of the portfolio."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)

    tier: str | None = None
    csm_id: str | None = None
    signal: str | None = None
    sort: Literal["arr_at_risk", "churn", "expansion", "arr", "margin", "name"] = "arr_at_risk"
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = None
    language: Language = "en"


Asked = TypeVar("Asked", bound=Request)


def checked(kind: type[Asked], body: object) -> Asked:
    """Return ``body`` as a request of ``kind``.

    Raises
    ------
    ApiError
        400 ``invalid_request``, one detail per mistake.
    """
    if not isinstance(body, Mapping):
        raise ApiError(400, "invalid_request", f"the body must be a JSON object; got {shown(body)}")
    try:
        return kind.model_validate(dict(body))
    except ValidationError as error:
        details = [_detail(kind, found) for found in error.errors(include_url=False)]
        first = f"{details[0]['field']}: {details[0]['problem']}"
        more = "" if len(details) == 1 else f" (and {len(details) - 1} more)"
        raise ApiError(400, "invalid_request", first + more, details) from None


def _detail(kind: type[Request], found: Mapping[str, Any]) -> dict[str, Any]:
    place = found["loc"]
    detail = {"field": _path(place), "problem": found["msg"].lower(), "received": None}
    if found["type"] == "extra_forbidden":
        near = nearest(str(place[-1]), list(kind.model_fields))
        detail["problem"] = "unknown field"
        return detail | {"nearest": near}
    if found["type"] != "missing":
        detail["received"] = shown(found["input"])
    return detail


def _path(place: Sequence[int | str]) -> str:
    words = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(words).removeprefix(".") or "body"


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name most like ``name``, or None when none is alike."""
    return next(iter(get_close_matches(name, known, n=1)), None)


def shown(value: object) -> str:
    """Write a received value so that it fits in a message."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
