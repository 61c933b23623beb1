"""A column that went blank in the export does not make the comparison with the champion vanish."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from training import Roles, Tracking, promote, train

ROLES = Roles("churn", label="left", entity="customer")


def test_a_column_gone_blank_fails_until_it_is_dropped_on_purpose(
    template: Path, tmp_path: Path, make_customers: Callable[[int], pa.Table]
) -> None:
    shutil.copytree(template, tmp_path / "mlruns")
    tracking, table = Tracking(tmp_path), make_customers(400)
    first = train(table, ROLES, tracking=tracking)
    promote(outcome="churn", tracking=tracking, force=True, why="the first")
    assert {c.code: c.result for c in first.checks}["TW07"] == "n/a"
    name = next(n for n in table.column_names if pa.types.is_floating(table[n].type))
    place = table.column_names.index(name)
    blank = table.set_column(place, name, pa.nulls(len(table), table[name].type))
    second = train(blank, ROLES, tracking=tracking)
    found = {check.code: check for check in second.checks}
    assert found["TW07"].result == "fail"
    assert f"the champion reads '{name}', which never changes" in found["TW07"].why
    again = promote(outcome="churn", tracking=tracking, run_id=second.run_id)
    assert not again.promoted
    assert {c.code: c.result for c in again.checks}["TW07"] == "fail"
    dropped = train(blank, replace(ROLES, drop=(name,)), tracking=tracking)
    assert {c.code: c.result for c in dropped.checks}["TW07"] == "n/a"
