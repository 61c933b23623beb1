"""Whether a PostgreSQL registry answers: asked once, where MLflow would ask for most of an hour."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from features.places import shown
from serving.errors import RegistryError

TIMEOUT_SECONDS = 10


def require_answer(uri: str) -> None:
    """Connect once to a registry that lies in PostgreSQL.

    Raises
    ------
    RegistryError
        When the server does not answer within `TIMEOUT_SECONDS`, or lets nobody in.
    """
    parts = urlsplit(uri)
    if parts.scheme.partition("+")[0] not in ("postgresql", "postgres"):
        return
    import psycopg  # only where such a registry is used

    waits = "connect_timeout" not in dict(parse_qsl(parts.query))
    patience: dict[str, Any] = {"connect_timeout": TIMEOUT_SECONDS} if waits else {}
    try:
        psycopg.connect(parts._replace(scheme="postgresql").geturl(), **patience).close()
    except psycopg.Error as error:
        why = (str(error).strip().splitlines() or ["no answer"])[0]
        raise RegistryError(
            f"the model registry {shown(uri)} does not answer ({why}): start the database, or "
            "change tracking_uri"
        ) from error
