"""Who may call: tokens with a role, kept as SHA-256 digests only.

Roles are a ladder: a csm may do all that a scorer may, an admin all that a csm may.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, insert, select, update

from serving.errors import TokenError
from serving.tables import tokens

ROLES = ("scorer", "csm", "admin")


@dataclass(frozen=True)
class Token:
    """A token as it is listed: everything but the secret."""

    name: str
    role: str
    added_at: datetime
    revoked_at: datetime | None


def add(engine: Engine, name: str, *, role: str, at: datetime) -> str:
    """Make a token and return its secret, which is shown this once and never kept.

    Raises
    ------
    TokenError
        For an unknown role, an empty name, or a name that is taken.
    """
    if role not in ROLES:
        raise TokenError(f"unknown role {role!r}; one of {', '.join(ROLES)}")
    if not name.strip():
        raise TokenError("a token needs a name, so that it can be revoked")
    secret = f"tw_{secrets.token_urlsafe(32)}"
    row = {"name": name, "role": role, "digest": _digest(secret), "added_at": at}
    with engine.begin() as connection:
        if connection.scalar(select(tokens.c.name).filter_by(name=name)) is not None:
            raise TokenError(f"there is a token {name!r} already (names are never used again)")
        connection.execute(insert(tokens), [row])
    return secret


def revoke(engine: Engine, name: str, *, at: datetime) -> None:
    """Refuse the token ``name`` from now on.

    Raises
    ------
    TokenError
        When there is no such token in force.
    """
    in_force = (tokens.c.name == name) & tokens.c.revoked_at.is_(None)
    with engine.begin() as connection:
        changed = connection.execute(update(tokens).where(in_force).values(revoked_at=at))
    if not changed.rowcount:
        names = [token.name for token in listed(engine) if token.revoked_at is None]
        raise TokenError(f"no token {name!r} in force; there are: {', '.join(names) or 'none'}")


def listed(engine: Engine) -> list[Token]:
    """Return every token ever added, by name."""
    columns = (tokens.c.name, tokens.c.role, tokens.c.added_at, tokens.c.revoked_at)
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(tokens.c.name)).all()
    return [Token(*row) for row in rows]


def any_added(engine: Engine) -> bool:
    """Whether a token was ever added; a revoked one keeps the doors closed."""
    with engine.connect() as connection:
        return bool(connection.scalar(select(func.count()).select_from(tokens)))


def any_in_force(engine: Engine) -> bool:
    """Whether at least one token is not revoked."""
    return any(token.revoked_at is None for token in listed(engine))


def role_of(engine: Engine, secret: str) -> str | None:
    """Return the role of the token in force with this secret, or None."""
    question = select(tokens.c.role).where(
        tokens.c.digest == _digest(secret), tokens.c.revoked_at.is_(None)
    )
    with engine.connect() as connection:
        return connection.scalar(question)


def allows(role: str, needed: str) -> bool:
    """Whether ``role`` stands at or above ``needed`` on the ladder."""
    return ROLES.index(role) >= ROLES.index(needed)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
