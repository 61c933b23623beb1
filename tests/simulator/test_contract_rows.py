"""The rows of a company hang together: contracts, people, use, money and touches."""

import pandas as pd
import pytest

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def contracts(tables: Tables) -> pd.DataFrame:
    return tables["contracts"].astype({"account_id": str, "product_id": str, "type": str})


def test_a_contract_begins_with_new_and_only_once(contracts: pd.DataFrame) -> None:
    first = contracts.sort_values(["happened_at", "change_id"]).groupby("account_id").type.first()
    assert (first == "new").all()
    core = contracts[(contracts.type == "new") & (contracts.product_id == "core")]
    assert core.account_id.is_unique


def test_nothing_follows_a_churn_but_a_late_renewal_or_a_return(contracts: pd.DataFrame) -> None:
    rows = contracts.sort_values(["account_id", "product_id", "happened_at", "change_id"])
    following = rows.type.shift(-1).where(
        (rows.account_id == rows.account_id.shift(-1))
        & (rows.product_id == rows.product_id.shift(-1))
    )
    after = following[(rows.type == "churn") & following.notna()]
    assert set(after) <= {"renewal", "reactivation"}
    silent = rows.type.eq("churn") & rows.requested_at.isna() & rows.voluntary.isna()
    assert set(following[silent].dropna()) <= {"renewal"}


def test_leaving_is_asked_for_before_it_happens_and_known_from_then(
    contracts: pd.DataFrame,
) -> None:
    notices = contracts[contracts.type == "notice"]
    asked = contracts[(contracts.type == "churn") & contracts.requested_at.notna()]
    assert len(asked) == len(notices) > 0
    assert (asked.happened_at > asked.requested_at).all()
    assert (asked.known_at == asked.requested_at).all()
    both = asked.merge(notices, on=["account_id", "product_id", "requested_at"])
    assert len(both) == len(asked)


def test_revenue_is_zero_after_churn_alone(contracts: pd.DataFrame) -> None:
    assert ((contracts.arr == 0) == (contracts.type == "churn")).all()
    assert ((contracts.seats == 0) == (contracts.type == "churn")).all()


def test_growth_grows_and_shrinking_shrinks_by_five_percent(contracts: pd.DataFrame) -> None:
    rows = contracts[contracts.type != "notice"].sort_values(["happened_at", "change_id"])
    before = rows.groupby(["account_id", "product_id"]).arr.shift()
    ratio = rows.arr / before
    assert (ratio[(rows.type == "expansion") & before.notna()] > 1.05).all()
    assert (ratio[rows.type == "contraction"] < 0.95).all()
    assert ratio[(rows.type == "renewal") & (before > 0)].between(0.999, 1.041).all()


def test_use_happens_while_the_user_has_a_seat(tables: Tables) -> None:
    usage = tables["usage"].astype({"user_id": str})
    joined = usage.merge(tables["users"], on="user_id", suffixes=("", "_user"))
    assert len(joined) == len(usage)
    day = pd.to_datetime(joined.day)
    assert (joined.account_id.astype(str) == joined.account_id_user.astype(str)).all()
    assert (day >= joined.created_at).all()
    assert not (day >= joined.deactivated_at).any()


def test_nobody_uses_the_product_after_leaving(tables: Tables, contracts: pd.DataFrame) -> None:
    gone = contracts[(contracts.type == "churn") & (contracts.voluntary.notna())]
    back = contracts[contracts.type == "reactivation"]
    left = gone[~gone.account_id.isin(back.account_id)].groupby("account_id").happened_at.max()
    last = tables["usage"].groupby(tables["usage"].account_id.astype(str)).day.max()
    both = pd.concat({"left": left, "last": pd.to_datetime(last)}, axis=1).dropna()
    assert len(both) > 0
    assert (both["last"] < both["left"]).all()


def test_late_rows_come_after_the_fact_and_are_few(tables: Tables) -> None:
    times = {"usage": "day", "tickets": "opened_at", "surveys": "answered_at"}
    for name, time in times.items():
        late = tables[name].known_at.notna()
        assert 0 < late.mean() < 0.06, name
        rows = tables[name][late]
        assert (rows.known_at > pd.to_datetime(rows[time])).all(), name


def test_accounts_differ_only_where_a_correction_says_so(tables: Tables) -> None:
    accounts = tables["accounts"]
    twice = accounts[accounts.account_id.duplicated(keep=False)]
    assert len(twice) > 0
    assert (twice.groupby("account_id").known_at.count() == 1).all()
    assert (twice.groupby("account_id").employees.nunique() == 2).all()


def test_unpaid_invoices_are_those_of_lost_payments_or_still_open(tables: Tables) -> None:
    invoices = tables["invoices"]
    paid = invoices.paid_at.notna()
    assert (invoices.paid_at[paid] >= invoices.issued_at[paid]).all()
    failed = invoices.failed_attempts > 0
    assert set(invoices.failed_attempts) <= {0, 3}
    overdue = ~paid & (invoices.due_at < invoices.issued_at.max() - pd.Timedelta(days=200))
    assert (failed | ~overdue).all()


def test_a_touch_withheld_took_no_time_and_was_drawn_by_the_coin(tables: Tables) -> None:
    touches = tables["touches"]
    held = touches.arm.astype(str) == "hold_out"
    assert held.any()
    assert (touches.minutes[held] == 0).all()
    assert (touches.minutes[~held] > 0).all()
    coin = touches.assignment.astype(str) == "random"
    assert (coin == touches.arm.notna()).all()
    assert (touches.propensity[coin] == 0.5).all()
    assert touches.propensity[touches.inbound].isna().all()
