"""Random small models with categories and missing values, as bundles."""

from collections.abc import Callable

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

from scoring import Bundle, Calibrator, Column, Manifest, make_bundle

COLUMNS = (
    Column("idle", "number", low=0.0, high=90.0),
    Column("plan", "category", levels=("free", "pro", "team")),
    Column("seats", "number", low=1.0, high=50.0),
    Column("is_auto", "number"),
)


def random_rows(seed: int, n: int = 240) -> pa.Table:
    random = np.random.default_rng(seed)
    idle = np.where(random.random(n) < 0.15, np.nan, random.gamma(2.0, 15.0, n))
    plan = random.choice(["free", "pro", "team", None], n, p=[0.4, 0.3, 0.2, 0.1])
    seats = random.integers(1, 50, n)
    return pa.table(
        {
            "idle": pa.array(idle),
            "plan": pa.array(plan.tolist(), type=pa.string()),
            "seats": pa.array(seats),
            "is_auto": pa.array((random.random(n) < 0.5).tolist()),
        }
    )


def fit_text(matrix: np.ndarray, seed: int, *, leaves: int = 6) -> str:
    random = np.random.default_rng(seed + 1)
    signal = np.nan_to_num(matrix[:, 0], nan=40.0) / 30 - np.nan_to_num(matrix[:, 1], nan=3.0)
    y = (random.random(len(matrix)) < 1 / (1 + np.exp(1 - signal))).astype(float)
    params = {
        "objective": "binary", "num_leaves": leaves, "min_data_in_leaf": 5, "verbosity": -1,
        "num_threads": 1, "seed": seed, "learning_rate": 0.2, "min_data_per_group": 5,
    }  # fmt: skip
    data = lightgbm.Dataset(matrix, y, categorical_feature=[1], free_raw_data=False)
    return lightgbm.train(params, data, num_boost_round=25).model_to_string()


def random_bundle(
    seed: int, calibrator: Calibrator | None = None, n_models: int = 1
) -> tuple[Bundle, pa.Table, list[str]]:
    from scoring.encoding import encode

    rows = random_rows(seed)
    matrix = encode(rows, COLUMNS)
    texts = [fit_text(matrix, seed + 10 * k) for k in range(n_models)]
    manifest = Manifest(
        outcome="churn", label="left", entity="account_id", time=None, columns=COLUMNS,
        calibrator=calibrator or Calibrator(), catalogue=None, training={"seed": seed},
    )  # fmt: skip
    return make_bundle(manifest, texts), rows, texts


@pytest.fixture(scope="session")
def make() -> Callable[..., tuple[Bundle, pa.Table, list[str]]]:
    return random_bundle
