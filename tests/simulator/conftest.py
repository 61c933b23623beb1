"""One small simulated company, read once, and a company of any settings in memory."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from simulator import simulate
from simulator.config import Config
from simulator.population import Population, draw_population
from simulator.preset_files import load_preset
from simulator.timeline import Timeline, timeline

Tables = dict[str, pd.DataFrame]
Draw = Callable[[Config, int], tuple[Population, Timeline]]


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder written by `simulate`."""
    out = tmp_path_factory.mktemp("simulator") / "company"
    simulate(out, accounts=120, months=18, seed=11)
    return out


@pytest.fixture(scope="session")
def tables(company: Path) -> Tables:
    """Every table by name; those of the truth below `truth/`."""
    files = [*company.glob("*.parquet"), *company.glob("truth/*.parquet")]
    return {str(file.relative_to(company).with_suffix("")): pd.read_parquet(file) for file in files}


@pytest.fixture(scope="session")
def steady() -> Config:
    """The default company over a year without the common shock of a quarter."""
    config = load_preset("default")
    outcomes = {
        name: dataclasses.replace(getattr(config.outcomes, name), quarter_shock=0.0)
        for name in ("churn", "expansion", "contraction")
    }
    return dataclasses.replace(
        config,
        company=dataclasses.replace(config.company, months=12),
        outcomes=dataclasses.replace(config.outcomes, **outcomes),
    )


@pytest.fixture(scope="session")
def draw() -> Draw:
    """Draw so many accounts of a company of these settings."""

    def drawn(config: Config, size: int) -> tuple[Population, Timeline]:
        line = timeline(config.company)
        people = draw_population(config, seed=5, chunk=0, first=0, size=size, n_days=line.n_days)
        return people, line

    return drawn
