"""A horizon model on a drawn company: order and the future change nothing, files give it back."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from training.errors import HorizonError, NotEnoughError
from training.horizons.files import load_horizons, write_horizons
from training.horizons.fitting import train_horizons
from training.horizons.model import HorizonModel
from training.horizons.periods import OUTCOMES
from training.horizons.recording import record_horizons, recorded_horizons
from training.tracking.store import Tracking

sys.path.append(str(Path(__file__).parent))  # modules beside the tests

from drawn_horizons import N_ACCOUNTS, N_DATES, PERIODS, START, UNTIL, drawn


@pytest.fixture(scope="module")
def company() -> tuple[pa.Table, pa.Table]:
    return drawn()


@pytest.fixture(scope="module")
def model(company: tuple[pa.Table, pa.Table]) -> HorizonModel:
    return train_horizons(*company, periods=PERIODS, until=UNTIL)


def test_horizons_never_contradict_each_other(model: HorizonModel, company) -> None:
    found = model.incidence(company[0])
    assert found.cumulative.shape == (N_ACCOUNTS * N_DATES, 4, 3)
    assert (np.diff(found.cumulative, axis=2) >= 0).all()
    assert (found.cumulative.sum(axis=1) <= 1 + 1e-12).all()
    table = model.predict(company[0])
    assert table.column_names[:5] == [
        "account_id", "as_of", "churn_30d", "involuntary_churn_30d", "voluntary_churn_30d",
    ]  # fmt: skip
    both = sum(table[f"{name}_90d"].to_numpy() for name in OUTCOMES[:2])
    np.testing.assert_allclose(table["churn_90d"].to_numpy(), both, atol=1e-15)


def test_it_learns_who_leaves_and_who_grows(model: HorizonModel, company) -> None:
    panel = company[0]
    table = model.predict(panel)
    for feature, outcome in (("idle", "voluntary_churn"), ("keen", "expansion")):
        high = panel[feature].to_numpy() > 0.8
        probability = table[f"{outcome}_90d"].to_numpy()
        assert probability[high].mean() > 1.5 * probability[~high].mean()


def test_outcomes_that_never_came_have_a_constant_small_rate(model: HorizonModel) -> None:
    assert [hazard.trees is None for hazard in model.hazards] == [True, False, True, False]
    assert 0 < model.hazards[0].rate < 1e-5


def test_the_order_of_rows_changes_nothing(model: HorizonModel, company) -> None:
    turned = np.random.default_rng(1).permutation(N_ACCOUNTS * N_DATES)
    again = train_horizons(*(t.take(turned) for t in company), periods=PERIODS, until=UNTIL)
    assert again == model


def test_what_is_not_certain_yet_changes_nothing(model: HorizonModel, company) -> None:
    panel, times = company
    as_of = panel["as_of"].to_numpy()
    last_taught = UNTIL - np.timedelta64(14 + 30 + 30, "D")
    idle = np.where(as_of > last_taught, 99.0, panel["idle"].to_numpy())
    panel = panel.set_column(panel.column_names.index("idle"), "idle", pa.array(idle))
    name = "days_to_voluntary_churn"
    days = times[name].to_numpy()
    ahead = as_of + np.nan_to_num(days).astype("timedelta64[D]") > UNTIL
    later = pa.array(np.where(ahead, days + 5, days), from_pandas=True).cast(pa.int32())
    assert later.to_pylist() != times[name].to_pylist()
    poisoned = times.set_column(times.column_names.index(name), name, later)
    assert train_horizons(panel, poisoned, periods=PERIODS, until=UNTIL) == model


def test_files_give_the_model_back(model: HorizonModel, company, tmp_path: Path) -> None:
    folder = tmp_path / "my horizons"
    write_horizons(folder, model)
    again = load_horizons(folder)
    assert again == model
    assert again.predict(company[0]).equals(model.predict(company[0]))
    assert sorted(p.name for p in folder.iterdir()) == [
        "expansion.known.txt", "expansion.seen.txt", "horizons.json",
        "voluntary_churn.known.txt", "voluntary_churn.seen.txt",
    ]  # fmt: skip
    with pytest.raises(HorizonError, match="never changed"):
        write_horizons(folder, model)


def test_a_recorded_run_gives_the_model_back(model: HorizonModel, tracking: Tracking) -> None:
    assert recorded_horizons(record_horizons(model, tracking), tracking) == model
    assert tracking.versions("horizons") == []  # nothing that could be promoted


def test_damaged_files_are_refused(model: HorizonModel, tmp_path: Path) -> None:
    write_horizons(tmp_path / "h", model)
    text = tmp_path / "h" / "expansion.seen.txt"
    text.write_text(text.read_text() + " ")
    with pytest.raises(HorizonError, match="damaged"):
        load_horizons(tmp_path / "h")
    (tmp_path / "h" / "horizons.json").write_text("[]")
    with pytest.raises(HorizonError, match="format"):
        load_horizons(tmp_path / "h")
    with pytest.raises(HorizonError, match="cannot be read"):
        load_horizons(tmp_path / "nowhere")


def test_too_few_outcomes_are_not_learnt_from(company) -> None:
    early = START + np.timedelta64(70, "D")
    with pytest.raises(NotEnoughError, match="more needed"):
        train_horizons(*company, periods=PERIODS, until=early)
