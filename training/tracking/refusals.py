"""What a tracking store may refuse, found early and said in one sentence each.

MLflow itself asks a database that does not answer for most of an hour; we ask it first, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from features.places import shown
from training.errors import StoreError

TIMEOUT_SECONDS = 10
DELETED = "deleted"


def require_answer(uri: str) -> None:
    """Connect to a PostgreSQL store once, and say at once when that cannot be done.

    Raises
    ------
    StoreError
        When the server does not answer within `TIMEOUT_SECONDS`, or lets nobody in.
    """
    parts = urlsplit(uri)
    if parts.scheme.partition("+")[0] not in ("postgresql", "postgres"):
        return
    try:
        import psycopg
    except ImportError as error:
        raise StoreError(
            f"the tracking store {shown(uri)} is a PostgreSQL database, but its driver is not "
            "installed: install tierwise[postgres]"
        ) from error
    patience = {} if "connect_timeout" in dict(parse_qsl(parts.query)) else _patience()
    try:
        psycopg.connect(parts._replace(scheme="postgresql").geturl(), **patience).close()
    except psycopg.Error as error:
        raise StoreError(
            f"the tracking store {shown(uri)} does not answer ({_first_line(error)}): start the "
            "database, or change tracking_uri"
        ) from error


def _patience() -> dict[str, Any]:
    return {"connect_timeout": TIMEOUT_SECONDS}


def require_there(experiment: Any, uri: str) -> None:
    """Refuse an experiment that was deleted in MLflow: nothing can be written to it.

    Raises
    ------
    StoreError
    """
    if experiment is not None and experiment.lifecycle_stage == DELETED:
        raise StoreError(
            f"the MLflow experiment '{experiment.name}' in {shown(uri)} was deleted: bring it back "
            f"with 'mlflow experiments restore --experiment-id {experiment.experiment_id}' and "
            f"MLFLOW_TRACKING_URI={shown(uri)}, or choose another name for the outcome"
        )


@contextmanager
def files_expected(what: str, uri: str, *refused: type[Exception]) -> Iterator[None]:
    """Say of files that cannot be had what has happened, and what to do.

    Raises
    ------
    StoreError
        Instead of the exceptions that are `refused`.
    """
    try:
        yield
    except refused as error:
        raise StoreError(
            f"{what} is noted in {shown(uri)}, but its files cannot be had "
            f"({_first_line(error)}). MLflow notes where files lie as whole paths: if the home "
            "folder was moved or renamed, put it back where it was; if the files are gone, train "
            "again"
        ) from error


def _first_line(error: Exception) -> str:
    """Return the first line of an error's message, without a full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(" .:")
