"""`tierwise token`: who may call the API."""

from datetime import UTC, datetime
from typing import Any, Literal

from cyclopts import App

from tierwise.common import Common

token = App("token", help="Who may call the API: add, list, revoke.")


@token.command
def add(
    name: str, *, role: Literal["scorer", "csm", "admin"], common: Common | None = None
) -> None:
    """Make a token and print its secret, which is shown this once.

    Parameters
    ----------
    name
        Who calls; a name is never used again.
    role
        scorer: scores; csm: also accounts; admin: everything.
    """
    from serving import tokens

    common = common or Common()
    secret = tokens.add(_store(common), name, role=role, at=_now())
    print(secret)
    common.write_json({"name": name, "role": role, "token": secret})


@token.command(name="list")
def list_(*, common: Common | None = None) -> None:
    """List every token ever made, without its secret."""
    from serving import tokens

    common = common or Common()
    known = tokens.listed(_store(common))
    for each in known:
        state = f"revoked {each.revoked_at:%Y-%m-%d}" if each.revoked_at else "in force"
        print(f"{each.name}\t{each.role}\tadded {each.added_at:%Y-%m-%d}\t{state}")
    common.write_json(
        [{"name": k.name, "role": k.role, "in_force": k.revoked_at is None} for k in known]
    )


@token.command
def revoke(name: str, *, common: Common | None = None) -> None:
    """Refuse a token from now on.

    Parameters
    ----------
    name
        Name of the token.
    """
    from serving import tokens

    tokens.revoke(_store(common or Common()), name, at=_now())
    print(f"revoked {name}")


def _store(common: Common) -> Any:
    from serving.store import open_engine

    return open_engine(common.settings().store)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
