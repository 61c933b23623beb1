"""Which role a path needs, and whether the caller has it.

With no token ever added and the service bound to this machine alone, every call is open.
"""

import ipaddress
from collections.abc import Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from sqlalchemy import Engine

from serving import tokens
from serving.errors import ApiError

COOKIE = "tierwise_token"
OPEN = ("/livez", "/readyz", "/healthz", "/docs.json", "/sign-in", "/static/")
PAGES = ("/accounts/",)
Scope = MutableMapping[str, Any]


def is_loopback(host: str) -> bool:
    """Whether an address reaches this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def needed_role(path: str) -> str | None:
    """Return the least role that may call ``path``; None: anybody."""
    if path.startswith(OPEN):
        return None
    if path == "/" or path.startswith(("/v1/accounts", *PAGES)):
        return "csm"
    return "scorer"


class Gate:
    """Admits or refuses requests by their token."""

    def __init__(self, engine: Callable[[], Engine], *, host: str) -> None:
        self._engine = engine
        self._local = is_loopback(host)
        self._closed = not self._local

    def admit(self, scope: Scope) -> None:
        """Raise ApiError 401 or 403 unless the caller may come in."""
        needed = needed_role(scope["path"])
        if needed is None or not self.is_closed():
            return
        secret = _bearer(scope) or _cookie(scope)
        role = tokens.role_of(self._engine(), secret) if secret else None
        if role is None:
            what = "this token is not valid" if secret else "this call needs a token"
            raise ApiError(401, "no_token", f"{what}: send `Authorization: Bearer <token>`")
        if not tokens.allows(role, needed):
            raise ApiError(403, "forbidden", f"this call needs the role {needed}; yours is {role}")

    def is_closed(self) -> bool:
        """Whether calls need a token; once closed, closed until the service starts again."""
        self._closed = self._closed or tokens.any_added(self._engine())
        return self._closed


def header(scope: Scope, name: bytes) -> str:
    """Return the first header of this (lower-case) name, or an empty text."""
    found: list[bytes] = [value for key, value in scope["headers"] if key.lower() == name]
    return found[0].decode("latin-1") if found else ""


def _bearer(scope: Scope) -> str | None:
    kind, _, secret = header(scope, b"authorization").partition(" ")
    return secret.strip() or None if kind.lower() == "bearer" else None


def _cookie(scope: Scope) -> str | None:
    """Return the token of a signed-in browser, for reading only."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    try:
        morsel = SimpleCookie(header(scope, b"cookie")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None
