"""A labelled table with known structure, and one MLflow database made once for all tests."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from training import Tracking

WHEN = datetime(2024, 1, 15, 6, 0, tzinfo=UTC)


def customers(n: int = 900, seed: int = 0, *, signal: float = 1.0) -> pa.Table:
    """One row per customer; idle days and plan move the label, shade does not."""
    random = np.random.default_rng(seed)
    idle = random.gamma(2.0, 12.0, n)
    plan = random.choice(["free", "pro", "team"], n, p=[0.5, 0.3, 0.2])
    logit = -1.2 + signal * ((idle - 24) / 14 + 1.2 * (plan == "free") - 0.6)
    churned = random.random(n) < 1 / (1 + np.exp(-logit))
    shown = np.where(random.random(n) < 0.1, None, idle.round(2))
    return pa.table(
        {
            "customer": [f"C{number:05d}" for number in range(n)],
            "idle": pa.array(shown.tolist(), type=pa.float64()),
            "plan": plan.tolist(),
            "shade": random.choice(["red", "blue"], n).tolist(),
            "left": churned.tolist(),
        }
    )


def snapshots(n: int = 120, dates: int = 16, seed: int = 0) -> pa.Table:
    """One row per account and as_of, 28 days apart."""
    random = np.random.default_rng(seed)
    start = np.datetime64("2022-01-03", "us")
    as_of = np.repeat(start + np.arange(dates) * np.timedelta64(28, "D"), n)
    idle = random.gamma(2.0, 12.0, n * dates)
    churned = random.random(n * dates) < 1 / (1 + np.exp(2.2 - idle / 20))
    return pa.table(
        {
            "account_id": np.tile([f"A{number:03d}" for number in range(n)], dates).tolist(),
            "as_of": as_of,
            "idle": idle,
            "noise": random.normal(size=n * dates),
            "churned": churned.astype("int8"),
        }
    )


@pytest.fixture(scope="session")
def make_customers() -> Callable[..., pa.Table]:
    return customers


@pytest.fixture(scope="session")
def make_snapshots() -> Callable[..., pa.Table]:
    return snapshots


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow database: making one costs seconds, copying one does not."""
    home = tmp_path_factory.mktemp("template")
    Tracking(home).create()
    return home / "mlruns"


@pytest.fixture
def tracking(template: Path, tmp_path: Path) -> Tracking:
    home = tmp_path / "my home"
    shutil.copytree(template, home / "mlruns")
    return Tracking(home, clock=lambda: WHEN)
