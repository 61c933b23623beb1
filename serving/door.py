"""The door of the service: who may come in, how much they may bring, and one shape of error.

It stands before every route. A request's body is read and limited here, and every error that comes
out, whoever made it, leaves in the one shape.
"""

import json
import logging
import math
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, NoReturn

from starlette.responses import JSONResponse

from serving.errors import ApiError
from serving.gate import Gate, header

BODY_LIMIT = 5_000_000  # bytes
DRAIN_LIMIT = 20 * BODY_LIMIT  # read and thrown away, so that the sender hears why

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CODES = {
    400: "invalid_request",
    401: "no_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "invalid_request",
    422: "invalid_request",
    429: "too_many",
    503: "not_ready",
    504: "timed_out",
}
WORDS = {
    404: "there is nothing at {path}; the calls are described at /docs.json",
    405: "{method} is not a way to call {path}",
    429: "too many calls at once; try again shortly",
    503: "the service is not ready",
}

log = logging.getLogger("tierwise.door")


class Door:
    """ASGI middleware around the whole service."""

    def __init__(self, app: App, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        outlet = Outlet(scope, receive, send)
        try:
            body = await read_body(receive)
            self.gate.admit(scope)
            if scope["method"] == "POST" and scope["path"].startswith("/v1/"):
                require_strict_json(scope, body)
            await self.app(scope, replay(body, receive), outlet)
        except ApiError as error:
            await error_response(error)(scope, receive, send)
        except Exception:
            if outlet.started:
                raise
            await error_response(internal_error())(scope, receive, send)


async def read_body(receive: Receive) -> bytes:
    """Return the whole body; 413 when it is over the limit."""
    kept, size, more = bytearray(), 0, True
    while more and size <= DRAIN_LIMIT:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= BODY_LIMIT:
            kept += chunk
        more = message.get("more_body", False) and message["type"] == "http.request"
    if size > BODY_LIMIT:
        message_ = f"the body is over the limit of {BODY_LIMIT:,} bytes; send fewer rows at a time"
        raise ApiError(413, "too_large", message_, [{"limit": BODY_LIMIT}])
    return bytes(kept)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives ``body`` again, then what really comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def require_strict_json(scope: Scope, body: bytes) -> None:
    """Refuse what JSON does not have, and numbers beyond a double; BentoML would let them in."""
    kind = header(scope, b"content-type").split(";")[0].strip().lower()
    if kind not in ("", "application/json"):
        message = f"the body must be application/json; got {kind[:80]}"
        raise ApiError(400, "invalid_request", message)
    try:
        json.loads(
            body.decode("utf-8"),
            parse_constant=_not_json,
            parse_float=_finite,
            object_pairs_hook=_without_doubles,
        )
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        why = "a number has too many digits" if "set_int_max_str_digits" in why else why
        raise ApiError(400, "malformed_json", f"the body is not JSON: {why}") from None


def _not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number; send null for an unknown value")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is beyond the range of a double")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:80]!r} stands twice in one object")
    return found


class Outlet:
    """Sends an answer on; holds an error back until it has the one shape."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.started = False
        self._head: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        """Take one ASGI message of the answer."""
        if message["type"] == "http.response.start" and not self.started:
            self.started = True
            if message["status"] >= HTTPStatus.BAD_REQUEST and not _is_page(message):
                self._head = message
                return
        if self._head is None:
            await self.send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._send_error(self._head)

    async def _send_error(self, head: Message) -> None:
        response = error_response(reshaped(head["status"], bytes(self._body), self.scope))
        for name, value in head["headers"]:
            if name.lower() in (b"allow", b"www-authenticate", b"retry-after"):
                response.headers[name.decode()] = value.decode()
        await response(self.scope, self.receive, self.send)


def _is_page(head: Message) -> bool:
    headers = {name.lower(): value for name, value in head["headers"]}
    return bytes(headers.get(b"content-type", b"")).startswith(b"text/html")


def reshaped(status: int, body: bytes, scope: Scope) -> ApiError:
    """Return an error that somebody else made in our shape; ours stays as it is."""
    try:
        said = json.loads(body)["error"]
        return ApiError(status, said["code"], said["message"], said["details"])
    except (ValueError, TypeError, LookupError):
        pass
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in CODES:
        return internal_error()
    status = 400 if status in (415, 422) else status
    words = WORDS.get(status, f"refused: {HTTPStatus(status).phrase.lower()}")
    message = words.format(path=scope["path"][:200], method=scope["method"])
    return ApiError(status, CODES.get(status, "refused"), message)


def internal_error() -> ApiError:
    """Return a 500 with an id that stands in the log beside the cause, and nothing else."""
    number = secrets.token_hex(6)
    log.exception("error %s", number)
    details = [{"id": number}]
    return ApiError(500, "internal", f"something failed here; the log has it as {number}", details)


def error_response(error: ApiError) -> JSONResponse:
    """Return an error as the response that carries it."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(error.to_json(), status_code=error.status, headers=headers)
