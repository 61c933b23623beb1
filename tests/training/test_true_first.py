"""Labels from a company's truth: races solved and told again, quarters added up while waiting."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.true_first import first_chances, soft_labels
from training.horizons.person_periods import Followed


def told(churn: np.ndarray, shrinks: np.ndarray, grows: np.ndarray) -> np.ndarray:
    """Return the truth's columns of chances apart, as the simulator writes them."""
    stays = 1 - churn
    return np.column_stack([churn, shrinks * stays * (1 - grows), grows * stays * (1 - shrinks)])


def test_whoever_races_alone_comes_first() -> None:
    for place in range(3):
        alone = np.zeros((1, 3))
        alone[0, place] = 0.3
        assert first_chances(told(*alone.T))[0] == pytest.approx(alone[0])


def test_the_chances_of_a_race_are_those_of_something_happening() -> None:
    chances = np.random.default_rng(0).uniform(0, 0.4, size=(3, 500))
    found = first_chances(told(*chances))
    assert found.sum(axis=1) == pytest.approx(1 - (1 - chances).prod(axis=0))
    assert (found <= chances.T + 1e-12).all()  # a rival only takes away
    rates = -np.log1p(-chances.T)
    assert found / found.sum(axis=1, keepdims=True) == pytest.approx(
        rates / rates.sum(axis=1, keepdims=True)
    )


def test_quarters_count_while_nothing_has_happened(tmp_path: Path) -> None:
    days = [date(2025, 1, 1), date(2025, 4, 1), date(2025, 6, 30), date(2025, 9, 28)]
    truth = {
        "account_id": pa.array(["A"] * 4 + ["B"] * 2).dictionary_encode(),
        "day": days + days[:2],
        "churn": [0.1, 0.2, 0.3, 0.4, 0.1, 0.2],
        "expansion": [0.0] * 6,
        "contraction": [0.0] * 6,
    }
    pq.write_table(pa.table(truth), tmp_path / "hazards.parquet")
    as_of = pa.array(["2025-01-01"] * 2).cast(pa.timestamp("us"))
    panel = pa.table({"account_id": ["B", "A"], "as_of": as_of})
    followed = Followed(
        day=np.array([120.0, np.inf]),  # B leaves in the second quarter
        outcome=np.array([0, -1]),
        until=np.full(2, 500.0),
        at_risk=np.full(2, True),
    )
    found = soft_labels(tmp_path, panel, followed)
    assert found[0, :, 0] == pytest.approx([0.1, 0.3, 0.3, 0.3])
    assert found[1, :, 0] == pytest.approx([0.1, 0.3, 0.6, 1.0])
    assert (found[:, :, 1:] == 0).all()
