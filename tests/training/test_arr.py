"""ARR is found under its name in any case and read as amounts, the same way everywhere."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from training import Roles, Tracking, backtest, record_backtest, write_backtest_page
from training.backtests.backtest import Plan
from training.backtests.plots import draw_backtest
from training.checks.capacity_value import held_out_portfolio, value_at_capacity
from training.errors import TableError
from training.models.learning import split_examples
from training.tables.arr import read_arr
from training.tables.table import read_examples

ROLES, PLAN = Roles("churn"), Plan(n_origins=1, capacity=12)
AMOUNTS = [1234.5, 0.0, None, 12.0]
WAYS = {
    "numbers": pa.array(AMOUNTS),
    "decimals": pa.array(
        [None if v is None else Decimal(str(v)) for v in AMOUNTS], pa.decimal128(18, 2)
    ),
    "texts": pa.array(["1,234.50", "0", " ", "12"]),
    "money": pa.array(["$1,234.50", "$0", None, "$ 12"]),
    "codes": pa.array(["1,234.50", "0", "n/a", "12"]).dictionary_encode(),
    "large texts": pa.array(["1.234,50", "0", "", "12,0"], pa.large_string()),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["arr", "ARR", "Arr"])
def test_amounts_are_read_however_they_are_written(way: str, name: str) -> None:
    values = read_arr(pa.table({name: WAYS[way]})).values
    assert np.array_equal(values, [1234.5, 0.0, np.nan, 12.0], equal_nan=True)
    assert read_arr(pa.table({"Fees": WAYS[way]}), "fees").values is not None


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (pa.array(["about 5k", "1,200", "300"]), "'ARR' holds no amounts, .* 'about 5k'"),
        (pa.array(["free", "pro", "pro"]), "'ARR' holds no amounts, .* 'free', 'pro'"),
        (pa.array([True, False, None]), "holds no amounts, but bool"),
        (pa.array([None, None, None], pa.float64()), "blank in every row"),
        (pa.array([7.0, -1200.5, -3.0]), "'ARR' holds 2 amounts below zero, such as -1200.5"),
        (pa.array([1.0, np.inf, 3.0]), "infinite"),
    ],
)
def test_what_is_no_amount_is_refused_in_a_sentence(values: pa.Array, why: str) -> None:
    table = pa.table({"ARR": values})
    assert read_arr(table).values is None
    with pytest.raises(TableError, match=why):
        read_arr(table, "ARR")


def test_two_columns_that_may_be_meant_are_refused_unless_one_is_written_so() -> None:
    both = {"ARR": [1.0], "Arr": [2.0]}
    assert "'ARR', 'Arr' may all be the ARR" in read_arr(pa.table(both)).why_not
    with pytest.raises(TableError, match="may all be the ARR"):
        read_arr(pa.table(both), "aRR")
    assert read_arr(pa.table(both | {"arr": [3.0]})).values.tolist() == [3.0]
    assert read_arr(pa.table(both), "Arr").values.tolist() == [2.0]


@pytest.fixture(scope="module")
def snapshots(make_snapshots: Callable[..., pa.Table]) -> pa.Table:
    return make_snapshots(n=90, dates=10)


def priced(table: pa.Table, name: str, kind: pa.DataType | None = None) -> pa.Table:
    cents = np.random.default_rng(5).integers(10_000, 9_000_000, table.num_rows)
    texts = [f"{cent / 100:,.2f}" for cent in cents.tolist()]
    decimals = [Decimal(text.replace(",", "")) for text in texts]
    return table.append_column(name, pa.array(decimals, kind) if kind else pa.array(texts))


@pytest.fixture(scope="module")
def plain(snapshots: pa.Table):
    return backtest(snapshots, ROLES, plan=PLAN)


def test_the_backtest_counts_money_however_it_is_written(snapshots: pa.Table) -> None:
    as_decimals = backtest(priced(snapshots, "ARR", pa.decimal128(18, 2)), ROLES, plan=PLAN)
    # A dropped column may have the name under which we keep what was read.
    theirs = priced(snapshots, "arr").append_column("@arr", pa.array(["x"] * len(snapshots)))
    as_texts = backtest(theirs, replace(ROLES, drop=("@arr",)), plan=PLAN)
    assert "ARR and net value" not in as_decimals.not_applicable
    for metric in ("arr_captured", "net_value"):
        found = as_decimals.pooled["model"][metric]
        assert np.isfinite(found)
        assert as_texts.pooled["model"][metric] == found


def test_a_backtest_without_money_draws_none_of_it_and_warns_of_nothing(
    plain, tracking: Tracking, tmp_path: Path
) -> None:
    broke = replace(plain.portfolio, arr=np.zeros(len(plain.portfolio.y)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(draw_backtest(replace(plain, portfolio=broke))) == {"over_time", "calibration"}
        write_backtest_page(plain, tmp_path / "page.html", source="a table")
        run_id = record_backtest(plain, tracking, source="a table")
    assert "What the team would have found" not in (tmp_path / "page.html").read_text()
    folder = tracking.artifact(run_id, "backtest")
    assert {path.name for path in folder.glob("*.png")} == {"over_time.png", "calibration.png"}


def test_events_without_arr_make_value_at_capacity_not_applicable(snapshots: pa.Table) -> None:
    arr = np.where(snapshots["churned"].to_numpy() == 1, 0.0, 500.0 + snapshots["noise"].to_numpy())
    examples = read_examples(snapshots.append_column("ARR", pa.array(arr)), ROLES)
    split = split_examples(examples, seed=0)
    assert np.ptp(held_out_portfolio(examples, split).arr) > 0
    p = np.full(len(split.test), 0.5)
    check = value_at_capacity(examples, split, p, {"logistic": p})
    assert (check.code, check.result) == ("TW13", "n/a")
    assert "no held-out event has any ARR" in check.why


def test_value_at_capacity_says_that_a_column_holds_no_amounts(snapshots: pa.Table) -> None:
    texts = ["about 5k" if row % 2 else "small" for row in range(snapshots.num_rows)]
    examples = read_examples(snapshots.append_column("ARR", pa.array(texts)), ROLES)
    split = split_examples(examples, seed=0)
    p = np.full(len(split.test), 0.5)
    check = value_at_capacity(examples, split, p, {"logistic": p})
    assert check.result == "pass"
    assert "% of the events among" in check.why
    assert "counts the same, since the ARR column 'ARR' holds no amounts" in check.why
