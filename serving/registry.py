"""The door to MLflow: which model is the champion, and its bundle, loaded once and kept.

The alias is asked again after ``PATIENCE`` seconds at most; a new champion replaces the old one
in one assignment, so a request sees one or the other. A champion that cannot be loaded never
replaces one that works.
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from serving.foreign import their_warnings_ignored

with their_warnings_ignored():
    from mlflow import MlflowClient
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

from features.answering import no_answer
from features.catalogue import CATALOGUE, Catalogue
from features.errors import first_line
from features.places import shown
from scoring.bundle import Bundle, load_bundle
from scoring.errors import ScoringError
from serving.errors import RegistryError

OUTCOMES = ("churn", "expansion")
ALIAS = "champion"
PATIENCE = 2.0

log = logging.getLogger("tierwise.registry")
logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells of tables that are there


@dataclass(frozen=True)
class Champion:
    """A registered model in force: ``version`` as people read it, ``churn/7``."""

    outcome: str
    version: str
    digest: str
    bundle: Bundle
    tags: Mapping[str, str]


def default_uri(home: Path) -> str:
    """Return the URI of the SQLite tracking store in ``home``."""
    return f"sqlite:///{Path(home).resolve() / 'mlruns' / 'mlflow.db'}"


class Champions:
    """The champions of one registry, kept between calls.

    Parameters
    ----------
    tracking_uri : str
    catalogue : Catalogue
        The one in force; a champion of another one cannot be loaded.
    """

    def __init__(self, tracking_uri: str, catalogue: Catalogue = CATALOGUE) -> None:
        self.catalogue = catalogue
        self._uri = tracking_uri
        self._client: MlflowClient | None = None
        self._lock = threading.Lock()
        self._kept: dict[str, Champion] = {}
        self._asked: dict[str, float] = {}

    def get(self, outcome: str) -> Champion | None:
        """Return the champion of ``outcome``, or None when there is none.

        Raises
        ------
        RegistryError
            When there is one that cannot be loaded and none is kept.
        """
        if time.monotonic() - self._asked.get(outcome, -PATIENCE) >= PATIENCE:
            with self._lock, their_warnings_ignored():
                self._refresh(outcome)
        return self._kept.get(outcome)

    def all(self) -> dict[str, Champion]:
        """Return every outcome that has a champion."""
        found = {outcome: self.get(outcome) for outcome in OUTCOMES}
        return {outcome: champion for outcome, champion in found.items() if champion is not None}

    def _refresh(self, outcome: str) -> None:
        version = self._version(outcome)
        self._asked[outcome] = time.monotonic()
        kept = self._kept.get(outcome)
        if version is None:
            self._kept.pop(outcome, None)
        elif kept is None or kept.version != f"{outcome}/{version.version}":
            try:
                self._kept[outcome] = self._load(outcome, version)
            except RegistryError:
                if kept is None:
                    del self._asked[outcome]
                    raise
                log.exception("keeping %s: its successor cannot be loaded", kept.version)

    def _version(self, outcome: str) -> Any | None:
        if self._uri.startswith("sqlite:///") and not Path(self._uri[10:]).exists():
            return None  # asking would create an empty database
        try:
            if self._client is None:
                _require_answer(self._uri)
                self._client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
            return self._client.get_model_version_by_alias(outcome, ALIAS)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise RegistryError(
                f"the model registry {self._uri} does not answer: {error.message}"
            ) from error

    def _folder(self, outcome: str, version: Any) -> Path:
        """Return a local folder with the files of a version."""
        assert self._client is not None
        uri = self._client.get_model_version_download_uri(outcome, version.version)
        return Path(download_artifacts(artifact_uri=uri, tracking_uri=self._uri))

    def _load(self, outcome: str, version: Any) -> Champion:
        name = f"{outcome}/{version.version}"
        try:
            folder = self._folder(outcome, version)
            manifest = next(iter(sorted(folder.rglob("manifest.json"))), None)
            if manifest is None:
                raise RegistryError(f"model {name} holds no bundle (no manifest.json in {folder})")
            digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
            bundle = load_bundle(manifest.parent, catalogue=self.catalogue)
        except (MlflowException, ScoringError, OSError) as error:
            raise RegistryError(f"model {name} cannot be loaded: {error}") from error
        return Champion(outcome, name, digest, bundle, dict(version.tags))


def _require_answer(uri: str) -> None:
    """Refuse a registry in PostgreSQL that does not answer, or lets nobody in."""
    refused = no_answer(uri)
    if refused is not None:
        raise RegistryError(
            f"the model registry {shown(uri)} does not answer ({first_line(refused)}): start the "
            "database, or change tracking_uri"
        ) from refused
