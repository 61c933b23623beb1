"""Whether a PostgreSQL server answers: asked once, where others would ask for most of an hour."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

# How long an answer is waited for, where the URL does not say.
TIMEOUT_SECONDS = 10


def no_answer(url: str) -> Exception | None:
    """Connect once and return what stood against it; None when it answers, or is no PostgreSQL.

    Raises
    ------
    ImportError
        The driver is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme.partition("+")[0] not in ("postgresql", "postgres"):
        return None
    import psycopg  # only where such a database is used

    told = "connect_timeout" in dict(parse_qsl(parts.query))
    plain = parts._replace(scheme="postgresql").geturl()
    try:
        if told:
            psycopg.connect(plain).close()
        else:
            psycopg.connect(plain, connect_timeout=TIMEOUT_SECONDS).close()
    except psycopg.Error as error:
        return error
    return None
