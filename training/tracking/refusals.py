"""What a tracking store may refuse, found early and said in one sentence each.

MLflow itself asks a database that does not answer for most of an hour; we ask it first, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from features.answering import no_answer
from features.errors import first_line
from features.places import shown
from training.errors import StoreError

DELETED = "deleted"


def require_answer(uri: str) -> None:
    """Connect to a PostgreSQL store once, and say at once when that cannot be done.

    Raises
    ------
    StoreError
        When the server does not answer within seconds, or lets nobody in.
    """
    try:
        refused = no_answer(uri)
    except ImportError as error:
        raise StoreError(
            f"the tracking store {shown(uri)} is a PostgreSQL database, but its driver is not "
            "installed: install tierwise[postgres]"
        ) from error
    if refused is not None:
        raise StoreError(
            f"the tracking store {shown(uri)} does not answer ({_said(refused)}): start the "
            "database, or change tracking_uri"
        ) from refused


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
            f"({_said(error)}). MLflow notes where files lie as whole paths: if the home "
            "folder was moved or renamed, put it back where it was; if the files are gone, train "
            "again"
        ) from error


def _said(error: Exception) -> str:
    """Return the first line of an error's message, without a full stop."""
    return first_line(error).rstrip(" .:")
