"""The tracking store: runs, registered models and the alias `champion`; the only door to MLflow.

By default SQLite and plain files under `<home>/mlruns`; one experiment and one registered model per
outcome, both named after it.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Read when MLflow is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns about its own type hints
    import mlflow
    from mlflow.exceptions import MlflowException

    from training.tracking.runs import CHALLENGER, CHAMPION, write_folder, write_run

from training.checks.numbered import Check
from training.errors import PromotionError
from training.tracking.refusals import files_expected, require_answer, require_there
from training.tracking.run import BUNDLE, CHECKS, JUDGED, Entry, Run, Version

# How files that are not there are told of.
GONE = (MlflowException, OSError)
# What MLflow answers when a model or its alias is not there.
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class Tracking:
    """A tracking store, by default the one under `<home>/mlruns`.

    Parameters
    ----------
    home : Path
        Folder that holds what is kept between runs; its path may have spaces.
    uri : str, optional
        Another MLflow tracking URI.
    clock : callable
        Tells the time a run is recorded with.
    """

    def __init__(
        self,
        home: Path | str,
        *,
        uri: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.folder = Path(home).resolve() / "mlruns"
        self.uri = uri or f"sqlite:///{self.folder / 'mlflow.db'}"
        self.clock = clock
        self._file = self.folder / "mlflow.db" if uri is None else None
        self._here = not self.uri.startswith(("http://", "https://"))
        self._client: Any = None

    def create(self) -> None:
        """Make the store when it is not there yet; takes some seconds the first time."""
        with self._connected() as client:
            client.search_experiments(max_results=1)

    def require_ready(self, outcome: str) -> None:
        """Raise StoreError when a run of an outcome could not be recorded; asked before fitting."""
        if self.exists():
            with self._connected() as client:
                require_there(client.get_experiment_by_name(outcome), self.uri)

    def record(self, run: Run) -> Version:
        """Write one run with its model and register it; return the new version."""
        with self._connected() as client:
            experiment = self._experiment(client, run.outcome)
            return write_run(client, experiment, run)

    def record_folder(
        self,
        folder: Path,
        *,
        experiment: str,
        name: str,
        params: Mapping[str, object],
        metrics: Mapping[str, float] | None = None,
        entries: Sequence[Entry] = (),
    ) -> str:
        """Write a run that registers no model: figures, a folder under its own name, entries."""
        with self._connected() as client:
            return write_folder(
                client,
                self._experiment(client, experiment),
                folder,
                name=name,
                params=params,
                metrics=metrics or {},
                entries=entries,
                outcome=experiment,
            )

    def champion(self, outcome: str) -> Version | None:
        """Return the version the alias `champion` points at, or None."""
        return self.alias(outcome, CHAMPION)

    def challenger(self, outcome: str) -> Version | None:
        """Return the newest version that no check holds back, or None; never the champion."""
        return self.alias(outcome, CHALLENGER)

    def alias(self, outcome: str, name: str) -> Version | None:
        """Return the version an alias points at, or None."""
        if not self.exists():
            return None
        with self._connected() as client:
            try:
                found = client.get_model_version_by_alias(outcome, name)
            except MlflowException as error:
                if error.error_code in ABSENT:
                    return None
                raise PromotionError(f"{self.uri} does not answer: {error.message}") from error
        return Version(outcome, str(found.version), str(found.run_id))

    def version_of(self, outcome: str, run_id: str | None = None) -> Version:
        """Return the version a run made; without a run, the newest version of the outcome.

        Raises
        ------
        PromotionError
            When there is none.
        """
        found = self.versions(outcome)
        chosen = [v for v in found if run_id is None or v.run_id == run_id]
        if not chosen:
            asked = "no run" if run_id is None else f"no run '{run_id}'"
            known = ", ".join(v.run_id for v in found[:3]) or "none"
            raise PromotionError(
                f"{asked} has trained '{outcome}' in {self.uri} (newest runs: {known}); "
                f"train one with: tierwise train TABLE --outcome {outcome}"
            )
        return chosen[0]

    def versions(self, outcome: str) -> list[Version]:
        """Return every version of an outcome, newest first."""
        if not self.exists():
            return []
        with self._connected() as client:
            found = client.search_model_versions(f"name = '{outcome}'")
        versions = [Version(outcome, str(v.version), str(v.run_id)) for v in found]
        return sorted(versions, key=lambda version: -int(version.version))

    def version_tags(self, version: Version) -> dict[str, str]:
        """Return what is noted of a version, such as the digest of the rows it learnt from."""
        with self._connected() as client:
            return dict(client.get_model_version(version.outcome, version.version).tags)

    def bundle_folder(self, version: Version) -> Path:
        """Return a local folder with the bundle of a version."""
        name = f"{version.outcome}/{version.version}"
        with self._connected(), files_expected(f"model {name}", self.uri, *GONE):
            return Path(mlflow.artifacts.download_artifacts(f"models:/{name}")) / "data" / BUNDLE

    def judged_folder(self, version: Version) -> Path:
        """Return a local folder with the bundle that gave the metrics of a version.

        In runs recorded before there were two, the one that went out gave them.
        """
        return self.artifact_if_any(version.run_id, JUDGED) or self.bundle_folder(version)

    def artifact(self, run_id: str, path: str) -> Path:
        """Return a local path of an artifact of a run."""
        with self._connected(), files_expected(f"run {run_id}", self.uri, *GONE):
            return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=path))

    def artifact_if_any(self, run_id: str, path: str) -> Path | None:
        """Return a local path of an artifact of a run, or None when the run has none of it."""
        with self._connected() as client:
            folder = path.rpartition("/")[0] or None
            if path not in {found.path for found in client.list_artifacts(run_id, folder)}:
                return None
        return self.artifact(run_id, path)

    def recorded_checks(self, run_id: str) -> list[dict[str, str]]:
        """Return the checks as they were recorded with a run."""
        text = self.artifact(run_id, CHECKS).read_text(encoding="utf-8")
        return [dict(raw) for raw in json.loads(text)]

    def crown(self, version: Version, *, checks: Sequence[Check], why: str | None) -> None:
        """Point the alias `champion` at a version; `why` is the reason of a forced promotion."""
        tags = {
            "promoted_at": self.clock().isoformat(timespec="seconds"),
            "checks": " ".join(f"{check.code}:{check.result}" for check in checks),
        }
        tags |= {"forced": str(why is not None).lower(), "forced_why": why or ""}
        challenges = self.challenger(version.outcome) == version
        with self._connected() as client:
            for name, value in tags.items():
                client.set_model_version_tag(version.outcome, version.version, name, value)
            client.set_registered_model_alias(version.outcome, CHAMPION, version.version)
            if challenges:
                client.delete_registered_model_alias(version.outcome, CHALLENGER)

    def exists(self) -> bool:
        """Say whether the store has been written to; a foreign URI always has."""
        return self._file is None or self._file.exists()

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """Point MLflow here for a while, and keep its notices from the caller."""
        self.folder.mkdir(parents=True, exist_ok=True)
        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        with warnings.catch_warnings(), _quiet():
            # Notices of MLflow and of the libraries it drives; ours stay errors in tests.
            warnings.simplefilter("ignore")
            mlflow.set_tracking_uri(self.uri)
            try:
                if self._client is None:
                    require_answer(self.uri)
                    self._client = mlflow.MlflowClient(self.uri, self.uri)
                yield self._client
            finally:
                mlflow.set_tracking_uri(before)

    def _experiment(self, client: Any, outcome: str) -> str:
        """Return the id of the experiment of an outcome, made when absent."""
        found = client.get_experiment_by_name(outcome)
        require_there(found, self.uri)
        if found is not None:
            return str(found.experiment_id)
        location = (self.folder / "artifacts" / outcome).as_uri() if self._here else None
        return str(client.create_experiment(outcome, artifact_location=location))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow's progress from the terminal; its warnings and errors stay."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
