"""What the serving tests share: a small company whose night has been run, with real parts only.

The company is simulated, the panel built from it, small LightGBM models fitted and registered in
MLflow, and the nightly run writes the store; once per session.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

from features import CATALOGUE, build_panel, open_source
from scoring.bundle import Bundle, load_bundle, write_bundle
from scoring.calibration import Calibrator
from scoring.encoding import encode
from scoring.manifest import Column, Manifest
from serving.nightly import run
from serving.registry import default_uri
from simulator import simulate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would like another HTTP client
    from starlette.testclient import TestClient

AS_OF = datetime(2026, 6, 1)


@dataclass(frozen=True)
class Home:
    """A home after a nightly run: its source, the panel at as_of, and the bundles in force."""

    folder: Path
    company: Path
    panel: pa.Table
    bundles: dict[str, Bundle]


def columns_of(panel: pa.Table) -> tuple[Column, ...]:
    return tuple(
        Column(f.name, "category", tuple(sorted(set(panel[f.name].drop_null().to_pylist()))))
        if f.kind == "category"
        else Column(f.name, "number")
        for f in CATALOGUE
    )


def make_folder(folder: Path, panel: pa.Table, outcome: str, *, seed: int) -> Path:
    """Fit a small model to a made-up label that depends on use and ARR, and write its bundle."""
    columns = columns_of(panel)
    matrix = encode(panel, columns)
    use = np.nan_to_num(matrix[:, [c.name for c in columns].index("n_events_28d")])
    chance = 1 / (1 + np.exp((use - np.median(use)) / (use.std() + 1)))
    label = np.random.default_rng(seed).random(len(use)) < chance * 0.6
    cats = [i for i, c in enumerate(columns) if c.kind == "category"]
    data = lightgbm.Dataset(matrix, label, categorical_feature=cats)
    parameters = {"objective": "binary", "num_leaves": 5, "min_data_in_leaf": 3, "seed": seed}
    parameters |= {"verbose": -1, "num_threads": 1, "min_data_per_group": 3}
    model = lightgbm.train(parameters, data, num_boost_round=25)
    manifest = Manifest(
        outcome=outcome,
        label={"churn": "churned", "expansion": "expanded"}[outcome],
        entity="account_id",
        time="as_of",
        columns=columns,
        calibrator=Calibrator("beta", 0.9, 1.1, -0.2),
        catalogue=CATALOGUE.fingerprint,
        training={"n": len(use), "events": int(label.sum())},
    )
    write_bundle(folder, manifest, [model.model_to_string()])
    return folder


def register(uri: str, outcome: str, folder: Path) -> str:
    """Register a bundle as a new version and make it the champion."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    try:
        client.get_registered_model(outcome)
    except MlflowException:
        client.create_registered_model(outcome)
    version = str(client.create_model_version(outcome, source=folder.as_uri()).version)
    client.set_registered_model_alias(outcome, "champion", version)
    return version


def run_night(home: Path, company: Path, policy: Path | None = None, store: str = ""):  # type: ignore[no-untyped-def]
    return run(
        str(company), as_of=AS_OF, policy_path=policy, store_url=store, tracking_uri="", home=home
    )


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("serving")
    folder = root / "a home"
    company = root / "company"
    simulate(company, accounts=80, months=18, seed=5)
    (folder / "mlruns").mkdir(parents=True)
    with open_source(company) as source:
        panel = build_panel(source, [AS_OF])
    bundles = {}
    for seed, outcome in enumerate(("churn", "expansion")):
        bundle = make_folder(root / f"{outcome} bundle", panel, outcome, seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow warns about what it uses itself
            register(default_uri(folder), outcome, bundle)
        bundles[outcome] = load_bundle(bundle)
    run_night(folder, company)
    return Home(folder, company, panel, bundles)


@pytest.fixture(scope="session")
def client(home: Home) -> Iterator[TestClient]:
    from serving.service import create_app

    with TestClient(create_app(home.folder), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def eligible(home: Home) -> list[str]:
    mask = pa.compute.and_(home.panel["eligible"], pa.compute.greater(home.panel["arr"], 0))
    return [str(i) for i in home.panel.filter(mask)["account_id"].to_pylist()]
