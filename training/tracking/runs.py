"""Writes one run into MLflow: figures, data sets, artifacts, the menu's entries, the model.

The run of a training or of a backtest is the parent; every entry of the menu, or every origin, is
a nested run. Called with MLflow
pointed at the store, see `training.tracking.store`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import mlflow
import mlflow.pyfunc
from mlflow.data.dataset_source_registry import resolve_dataset_source
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import ColSpec, Schema
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from scoring.manifest import Column, clocks_of
from training.tracking.model_code import LOADER, copy_code
from training.tracking.run import MODEL, Entry, Run, Version

CHAMPION, CHALLENGER = "champion", "challenger"


def write_run(client: Any, experiment: str, run: Run) -> Version:
    """Write one run with its model and register it; return the new version."""
    with mlflow.start_run(experiment_id=experiment, run_name=run.name) as active:
        mlflow.log_params(dict(run.params))
        mlflow.log_metrics(_finite(run.metrics))
        mlflow.set_tags({**run.tags, "mlflow.note.content": run.summary})
        for context, dataset in run.datasets.items():
            mlflow.log_input(_dataset(dataset), context=context)
        mlflow.log_artifacts(str(run.folder))
        info = _log_model(run)
        run_id = str(active.info.run_id)
        _write_entries(client, experiment, run.entries, parent=run_id, outcome=run.outcome)
    made = _register(client, run, info, run_id)
    return Version(run.outcome, str(made.version), run_id)


class _Told(MetaDataset):  # type: ignore[misc]  # MLflow's class has no types
    """A data set that is told in figures."""

    def __init__(self, source: str, *, name: str, digest: str, profile: Mapping[str, int]) -> None:
        self._profile = dict(profile)
        super().__init__(resolve_dataset_source(source), name=name, digest=digest)

    @property
    def profile(self) -> dict[str, int]:
        """Return the figures."""
        return self._profile

    def to_dict(self) -> dict[str, str]:
        """Return what MLflow keeps, the figures as JSON."""
        return {**super().to_dict(), "profile": json.dumps(self._profile)}


def _dataset(given: Mapping[str, Any]) -> Any:
    """Return one of MLflow's data sets: of rows, or of figures alone."""
    return _Told(**given) if "profile" in given else mlflow.data.from_numpy(**given)


def write_folder(
    client: Any,
    experiment: str,
    folder: Path,
    *,
    name: str,
    params: Mapping[str, object],
    metrics: Mapping[str, float],
    entries: Sequence[Entry],
    outcome: str,
) -> str:
    """Write a run without a model: its figures, a folder under its own name, nested entries."""
    with mlflow.start_run(experiment_id=experiment, run_name=name) as active:
        mlflow.log_params(dict(params))
        mlflow.log_metrics(_finite(metrics))
        mlflow.log_artifacts(str(folder), artifact_path=folder.name)
        run_id = str(active.info.run_id)
        _write_entries(client, experiment, entries, parent=run_id, outcome=outcome)
    return run_id


def _write_entries(
    client: Any, experiment: str, entries: Sequence[Entry], *, parent: str, outcome: str
) -> None:
    """Write entries as nested runs: two calls each."""
    for entry in entries:
        tags = {MLFLOW_PARENT_RUN_ID: parent}
        if entry.chosen is not None:
            tags["chosen"] = str(entry.chosen).lower()
        made = client.create_run(experiment, run_name=entry.name, tags=tags)
        moment = made.info.start_time if entry.at is None else int(entry.at.timestamp() * 1000)
        figures = _finite(dict(entry.metrics))
        client.log_batch(
            made.info.run_id,
            metrics=[Metric(name, value, moment, 0) for name, value in figures.items()],
            params=[Param(name, str(value)) for name, value in entry.params],
            tags=[RunTag("outcome", outcome)],
        )
        client.set_terminated(made.info.run_id)


def _log_model(run: Run) -> Any:
    """Log the bundle as a python_function model that is loaded by our own code, not a pickle.

    The code goes with it: it loads where this project is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="tierwise-code-") as scratch, _import_path_kept():
        return mlflow.pyfunc.log_model(
            name=MODEL,
            loader_module=LOADER,
            data_path=str(run.bundle),
            code_paths=copy_code(Path(scratch) / "code"),
            signature=_signature(),
            metadata={"inputs": _inputs(run.columns)},
            input_example=run.example,
            pip_requirements=list(run.requirements),
        )


@contextmanager
def _import_path_kept() -> Iterator[None]:
    """Undo what MLflow does to `sys.path` when it tries the model it has logged."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before


def _register(client: Any, run: Run, info: Any, run_id: str) -> Any:
    """Register a logged model as the next version of the model of its outcome.

    The newest version that no check holds back is the challenger.
    """
    with suppress(MlflowException):  # it exists already from the second run on
        client.create_registered_model(run.outcome)
    made = client.create_model_version(
        run.outcome,
        info.artifact_path,
        run_id=run_id,
        tags=dict(run.version_tags),
        description=run.summary,
        model_id=info.model_id,
    )
    if run.promotable:
        client.set_registered_model_alias(run.outcome, CHALLENGER, made.version)
    return made


def _signature() -> ModelSignature:
    """Return the signature: probability and margin out; of the inputs, nothing is enforced.

    MLflow would refuse whole numbers, flags and blanks that came of the very table the model was
    trained on: what a column may hold depends on its values, not on the type a reader made of them.
    The bundle reads them as training did, and says what it cannot read.
    """
    outputs = [ColSpec("double", "probability"), ColSpec("double", "margin")]
    return ModelSignature(outputs=Schema(outputs))


def _inputs(columns: Sequence[Column]) -> dict[str, str]:
    """Return what each column is read as, for whoever looks at the model in MLflow."""
    kinds = {column.name: "date" if column.dated else column.kind for column in columns}
    return kinds | dict.fromkeys(clocks_of(columns), "time of the row")


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that are numbers."""
    return {name: value for name, value in metrics.items() if value == value}
