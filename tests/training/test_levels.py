"""Levels of hazards: as many events are expected as came, slopes are found, rows told twice are not
twice as sure."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit

from training.forecasting.levels import USUAL, YEAR, Levels, fit_levels, fit_line, levelled
from training.forecasting.quarters import QUARTERS
from training.horizons.fitting import Fitted, fit_rows
from training.horizons.hazards import out_of_fold
from training.horizons.periods import OUTCOMES
from training.horizons.person_periods import PersonPeriods

N = 20_000


def drawn(slope: float, *, level: float = 0.0, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Return log-odds, outcomes that come by another line, and the line's terms."""
    random = np.random.default_rng(seed)
    size = random.normal(size=N)
    sides = [np.minimum(size, 0), np.maximum(size, 0)]
    terms = np.column_stack([np.ones(N), random.uniform(0, 0.75, N), *sides])
    log_odds = random.normal(-3.0, 0.8, N)
    y = random.random(N) < expit(log_odds + level + slope * terms[:, 3])
    return log_odds, y.astype(float), terms


@pytest.mark.parametrize("slope", [-0.4, 0.0, 0.3])
def test_the_slope_is_found(slope: float) -> None:
    log_odds, y, terms = drawn(slope, level=0.3)
    mean, root = fit_line(log_odds, y, terms, np.arange(N))
    spread = np.sqrt((root @ root.T).diagonal())
    assert np.abs((mean - [0.3, 0.0, 0.0, slope]) / spread).max() < 3.0
    chance = expit(log_odds + terms @ mean)
    rows = (terms * (chance * (1 - chance))[:, np.newaxis]).T @ terms
    told = rows + np.diag(1 / np.square(USUAL))
    np.testing.assert_allclose(spread, np.sqrt(np.linalg.inv(told).diagonal()), rtol=0.1)


def test_rows_that_tell_the_same_count_once() -> None:
    log_odds, y, terms = drawn(0.3)
    account = np.arange(N)
    once = fit_line(log_odds, y, terms, account)
    told = (np.repeat(part, 5, axis=0) for part in (log_odds, y, terms, account))
    for alone, five in zip(once, fit_line(*told), strict=True):
        np.testing.assert_allclose(five, alone, atol=0.01)


def test_who_is_seen_from_every_quarter_tells_of_the_level_once_and_of_time_fully() -> None:
    """Every event, or none, is told by four rows, each from another quarter ahead."""
    log_odds, y, terms = (np.repeat(part, 4, axis=0) for part in drawn(0.0))
    terms[:, 1] = np.tile(QUARTERS.starts / YEAR, N)
    alone = fit_line(log_odds, y, terms, np.arange(4 * N))[1]
    told = fit_line(log_odds, y, terms, np.repeat(np.arange(N), 4))[1]
    level, time = np.array([1.0, terms[:, 1].mean(), 0.0, 0.0]), np.array([0.0, 1.0, 0.0, 0.0])
    assert np.linalg.norm(level @ told) == pytest.approx(2 * np.linalg.norm(level @ alone), rel=0.1)
    assert np.linalg.norm(time @ told) == pytest.approx(np.linalg.norm(time @ alone), rel=0.1)


def test_nothing_happened_and_equal_accounts_are_no_trouble() -> None:
    terms = np.column_stack([np.ones(50), np.zeros((50, 3))])
    mean, root = fit_line(np.full(50, -3.0), np.zeros(50), terms, np.arange(50))
    assert mean[0] < 0
    assert mean[1:].tolist() == [0.0, 0.0, 0.0]
    assert np.sqrt((root @ root.T).diagonal())[1:] == pytest.approx(USUAL[1:])


def test_hazards_keep_their_mean_whatever_is_drawn() -> None:
    root = np.array([[[0.3, 0, 0, 0], [0.1, 0.2, 0, 0], [-0.1, 0, 0.2, 0], [0.1, 0, 0.1, 0.1]]])
    levels = Levels(np.array([[0.1, -0.2, 0.3, -0.1]]), root, 2.0)
    arr, starts = np.exp([1.0, 2.0, 4.0]), QUARTERS.starts
    lines = levels.drawn(400_000, np.random.default_rng(0))
    for quarter, start in enumerate(starts):
        terms = levels.terms(arr, start)
        log_hazard = levels.added(arr, starts)[:, 0, quarter] + lines[:, 0] @ terms.T
        wanted = np.exp(terms @ levels.mean[0])
        np.testing.assert_allclose(np.exp(log_hazard).mean(axis=0), wanted, rtol=5e-3)
    assert (levels.exactly().drawn(10, np.random.default_rng(0)) == 0).all()


@pytest.fixture(scope="module")
def lived() -> tuple[Fitted, np.ndarray, np.ndarray]:
    """Every date anew: small accounts leave more often, which no feature tells."""
    random = np.random.default_rng(1)
    n, dates = 300, 14
    arr = np.tile(random.lognormal(8.0, 1.0, n), dates)
    weak = np.tile(random.normal(size=n), dates)
    as_of = np.repeat(
        np.datetime64("2020-01-01", "us") + np.arange(dates) * np.timedelta64(56, "D"), n
    )
    chance = expit(-3.0 + 0.8 * weak - 0.5 * (np.log(arr) - 8.0))
    leaves = random.random((n * dates, 4)) < chance[:, np.newaxis]
    began = np.cumsum(leaves, axis=1) - leaves == 0
    snapshot, period = np.nonzero(began)
    rows = PersonPeriods(snapshot, period, np.where(leaves[snapshot, period], 1, -1))
    account = np.tile(np.arange(n), dates)
    panel = pa.table({"account_id": [f"A{a:03d}" for a in account], "as_of": as_of, "weak": weak})
    fitted = fit_rows(panel, rows, periods=QUARTERS, outcomes=OUTCOMES, until=None, seed=0)
    return fitted, account, arr


def test_trees_that_go_out_expect_as_many_events_as_came(
    lived: tuple[Fitted, np.ndarray, np.ndarray],
) -> None:
    fitted, account, arr = lived
    levels = fit_levels(fitted, account, arr)
    table, rows = fitted.table, fitted.rows
    told = fitted.model.hazards[1].log_odds(table.snapshots)[rows.snapshot, rows.period]
    assert expit(told).sum() == pytest.approx((rows.outcome == 1).sum())
    starts = QUARTERS.starts[rows.period]
    chance = expit(told + levels.terms(arr[rows.snapshot], starts) @ levels.mean[1])
    assert chance.sum() == pytest.approx((rows.outcome == 1).sum())
    assert levels.mean[1, 2:] == pytest.approx([-0.5, -0.5], abs=0.2)
    walked = levelled(fitted.walked(), levels, arr, QUARTERS.starts)
    came = (rows.outcome[walked.checked[1]] == 1).sum()
    assert expit(walked.log_odds[1]).sum() == pytest.approx(came)


def test_without_trees_all_rows_learnt_from_are_out_of_fold(
    lived: tuple[Fitted, np.ndarray, np.ndarray],
) -> None:
    fitted = lived[0]
    rows, log_odds = out_of_fold(fitted.table, 0, fitted.model.hazards[0], None, seed=0)
    assert len(rows) == (fitted.rows.outcome < 0).sum()
    assert len(np.unique(log_odds)) == 1
