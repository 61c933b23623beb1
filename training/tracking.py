"""The tracking store: runs, registered models and the alias `champion`; the only door to MLflow.

By default SQLite and plain files under `<home>/mlruns`; one experiment and one registered model per
outcome, both named after it.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read when MLflow is imported

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns about its own type hints
    import mlflow
    import mlflow.pyfunc
    from mlflow.exceptions import MlflowException
    from mlflow.models.signature import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

from scoring.manifest import Column
from training.checks import Check
from training.errors import PromotionError

CHAMPION = "champion"
MODEL = "model"
BUNDLE = "bundle"
CHECKS = "checks.json"
HELD_OUT = "held_out/held_out.parquet"


@dataclass(frozen=True)
class Version:
    """One version of the registered model of an outcome, and the run that made it."""

    outcome: str
    version: str
    run_id: str


@dataclass(frozen=True)
class Record:
    """What is recorded of one run.

    Attributes
    ----------
    outcome, name : str
    params : mapping
    metrics : mapping
    tags : mapping
    folder : Path
        Plots, checks, held-out rows: everything in it becomes an artifact under the same name.
    bundle : Path
        Folder named `bundle`.
    columns : tuple of Column
    example : data frame
        A few rows as the model receives them.
    dataset : mapping
        Arguments of `mlflow.data.from_numpy`.
    requirements : tuple of str
    """

    outcome: str
    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    folder: Path
    bundle: Path
    columns: tuple[Column, ...]
    example: Any
    dataset: Mapping[str, Any]
    requirements: tuple[str, ...]


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
        self._own = uri is None
        self._client: Any = None

    def record(self, record: Record) -> Version:
        """Write one run with its model and register it; return the new version."""
        with self._connected() as client:
            experiment = self._experiment(client, record.outcome)
            with mlflow.start_run(experiment_id=experiment, run_name=record.name) as run:
                mlflow.log_params(dict(record.params))
                mlflow.log_metrics(_finite(record.metrics))
                mlflow.set_tags(dict(record.tags))
                mlflow.log_input(mlflow.data.from_numpy(**record.dataset), context="training")
                mlflow.log_artifacts(str(record.folder))
                info = _log_model(record)
                made = mlflow.register_model(info.model_uri, record.outcome)
            return Version(record.outcome, str(made.version), str(run.info.run_id))

    def champion(self, outcome: str) -> Version | None:
        """Return the version the alias `champion` points at, or None."""
        if not self.exists():
            return None
        with self._connected() as client:
            try:
                found = client.get_model_version_by_alias(outcome, CHAMPION)
            except MlflowException:
                return None
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

    def bundle_folder(self, version: Version) -> Path:
        """Return a local folder with the bundle of a version."""
        with self._connected():
            uri = f"models:/{version.outcome}/{version.version}"
            return Path(mlflow.artifacts.download_artifacts(uri)) / "data" / BUNDLE

    def artifact(self, run_id: str, path: str) -> Path:
        """Return a local path of an artifact of a run."""
        with self._connected():
            return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=path))

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
        if why is not None:
            tags |= {"forced": "true", "forced_why": why}
        with self._connected() as client:
            for name, value in tags.items():
                client.set_model_version_tag(version.outcome, version.version, name, value)
            client.set_registered_model_alias(version.outcome, CHAMPION, version.version)

    def exists(self) -> bool:
        """Say whether the store has been written to; a foreign URI always has."""
        return not self._own or (self.folder / "mlflow.db").exists()

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """Point MLflow here for a while, and keep its notices from the caller."""
        self.folder.mkdir(parents=True, exist_ok=True)
        before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
        with warnings.catch_warnings():
            # Notices of MLflow and of the libraries it drives; ours stay errors in tests.
            warnings.simplefilter("ignore")
            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
            try:
                self._client = self._client or mlflow.MlflowClient(self.uri, self.uri)
                yield self._client
            finally:
                mlflow.set_tracking_uri(before[0])
                mlflow.set_registry_uri(before[1])

    def _experiment(self, client: Any, outcome: str) -> str:
        """Return the id of the experiment of an outcome, made when absent."""
        found = client.get_experiment_by_name(outcome)
        if found is not None:
            return str(found.experiment_id)
        location = (self.folder / "artifacts" / outcome).as_uri() if self._own else None
        return str(client.create_experiment(outcome, artifact_location=location))


def _log_model(record: Record) -> Any:
    """Log the bundle as a python_function model that is loaded by our own code, not a pickle."""
    return mlflow.pyfunc.log_model(
        name=MODEL,
        loader_module="scoring.python_function",
        data_path=str(record.bundle),
        signature=_signature(record.columns),
        input_example=record.example,
        pip_requirements=list(record.requirements),
    )


def _signature(columns: Sequence[Column]) -> ModelSignature:
    """Return the signature: nullable numbers and texts in, probability and margin out."""
    kinds = {"number": "double", "category": "string"}
    inputs = [ColSpec(kinds[column.kind], column.name, required=False) for column in columns]
    outputs = [ColSpec("double", "probability"), ColSpec("double", "margin")]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that are numbers."""
    return {name: value for name, value in metrics.items() if value == value}
