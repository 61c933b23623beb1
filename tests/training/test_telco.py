"""Strangers' data by the two words a newcomer would type: blanks in numbers, Yes/No labels."""

from pathlib import Path

import pytest

from training.models.learning import learn
from training.tables.roles import Roles
from training.tables.table import read_examples

TELCO = (
    Path(__file__).resolve().parents[2].parent
    / "shared" / "data" / "telco" / "Telco-Customer-Churn.csv"
)  # fmt: skip


@pytest.mark.skipif(not TELCO.exists(), reason="the telco sample is not beside the project")
def test_telco_is_learnt_as_well_as_the_best() -> None:
    examples = read_examples(TELCO, Roles("churn", label="Churn", entity="customerID"))
    assert any("TotalCharges: text read as numbers, 11 blank" in note for note in examples.notes)
    learnt = learn(examples, outcome="churn", seed=0)
    assert learnt.metrics["log_loss"] <= 0.42
    assert learnt.metrics["roc_auc"] >= 0.83
    assert {check.result for check in learnt.checks()} <= {"pass", "n/a"}
