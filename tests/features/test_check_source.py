"""Every kind of bad input is one clear problem: table, column, number of rows, examples."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import build_panel, check_source, errors, open_source
from features.problem import Problem

Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]
CRM = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "crm"


def with_cells(frame: pd.DataFrame, n: int, **cells: object) -> pd.DataFrame:
    """Overwrite cells of the first ``n`` rows."""
    frame = frame.reset_index(drop=True)
    return frame.assign(
        **{name: pd.Series([value] * n + frame[name].tolist()[n:]) for name, value in cells.items()}
    )


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.head(2)])


BAD = {
    "wrong type": (
        "contracts", "arr", lambda f: f.assign(arr=f.arr.astype(str)), "wrong type VARCHAR"),
    "number for an id": (
        "accounts", "account_id", lambda f: f.assign(account_id=range(len(f))), "wrong type"),
    "missing column": ("usage", "feature", lambda f: f.drop(columns="feature"), "missing"),
    "misspelt column": (
        "contracts", "type", lambda f: f.rename(columns={"type": "types"}), "mean 'types'"),
    "duplicate key": ("contracts", "change_id", twice, "more than once"),
    "duplicate account": (
        "accounts", "account_id", lambda f: twice(f.drop(columns="known_at").drop_duplicates(
            "account_id")), "more than once"),
    "null key": ("tickets", "ticket_id", lambda f: with_cells(f, 3, ticket_id=None), "is null"),
    "orphan": (
        "usage", "account_id", lambda f: with_cells(f, 3, account_id="nobody"), "not in accounts"),
    "negative money": ("contracts", "arr", lambda f: with_cells(f, 3, arr=-1.0), "is negative"),
    "negative count": ("usage", "count", lambda f: with_cells(f, 3, count=-5), "is negative"),
    "infinite money": ("invoices", "amount", lambda f: with_cells(f, 3, amount=np.inf), "finite"),
    "score out of range": (
        "tickets", "csat", lambda f: with_cells(f, 3, csat=9.0), "outside 1 to 5"),
    "NPS out of range": (
        "surveys", "score", lambda f: with_cells(f, 3, question="nps", score=11.0),
        "outside 0 to 10"),
    "unknown word": (
        "contracts", "type", lambda f: with_cells(f, 3, type="expantion"), "mean 'expansion'"),
    "seats in halves": (
        "contracts", "seats",
        lambda f: with_cells(f.assign(seats=f.seats.astype(float)), 3, seats=1.5), "whole number"),
    "no row at all": ("usage", None, lambda f: f.head(0), "no rows"),
    "a time beyond reason": (
        "contracts", "happened_at",
        lambda f: with_cells(f, 3, happened_at=pd.Timestamp("9999-01-01")), "1900 to 2199"),
}  # fmt: skip


def broken(frames: Frames, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Frames:
    return {**frames, table: change(frames[table].reset_index(drop=True))}


def only_problem(problems: tuple[Problem, ...], table: str) -> Problem:
    found = [problem for problem in problems if problem.table == table]
    assert len(found) == 1, problems
    return found[0]


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_named(small_company: Frames, write: Write, tmp_path: Path, kind: str) -> None:
    table, column, change, says = BAD[kind]
    folder = write(broken(small_company, table, change), tmp_path)
    report = check_source(folder)
    assert not report.ok
    problem = only_problem(report.problems, table)
    assert problem.column == column
    assert says in problem.problem
    assert len(problem.examples) <= 5
    assert problem.rows == {"duplicate key": 2, "duplicate account": 2}.get(kind, problem.rows)
    if len(problem.examples) and "type" not in says:
        assert problem.rows in (2, 3)
    with pytest.raises(errors.SourceError, match=table), open_source(folder) as source:
        build_panel(source, [datetime(2024, 6, 1)])


def test_a_sound_source_passes(small_company: Frames, write: Write, tmp_path: Path) -> None:
    report = check_source(write(small_company, tmp_path))
    assert report.ok, report.problems
    shown = json.loads(json.dumps(report.to_json()))
    assert shown["ok"] is True
    assert [outcome["outcome"] for outcome in shown["readiness"]] == ["churn", "expansion"]


def test_json_of_a_problem(small_company: Frames, write: Write, tmp_path: Path) -> None:
    frames = broken(small_company, "invoices", lambda f: with_cells(f, 2, amount=float("nan")))
    frames["invoices"]["amount"] = frames["invoices"]["amount"].where(lambda a: a.notna(), -np.inf)
    report = json.loads(json.dumps(check_source(write(frames, tmp_path)).to_json()))
    (problem,) = report["problems"]
    assert set(problem) == {"table", "column", "problem", "rows", "examples"}
    assert problem["rows"] == 2
    assert problem["examples"][0]["amount"] == "-inf"


def test_csv_values_that_do_not_parse(small_company: Frames, write: Write, tmp_path: Path) -> None:
    contracts = small_company["contracts"].astype({"arr": str, "happened_at": str})
    contracts.loc[:2, "arr"] = "12,5"
    contracts.loc[:1, "happened_at"] = "31-12-2024"
    folder = write({n: f for n, f in small_company.items() if n != "contracts"}, tmp_path)
    contracts.to_csv(folder / "contracts.csv", index=False)
    found = {p.column: p for p in check_source(folder).problems}
    assert set(found) == {"arr", "happened_at"}
    assert found["arr"].rows == 3
    assert found["arr"].examples == ({"arr": "12,5"},)
    assert "ISO 8601" in found["happened_at"].problem


def test_readiness_says_how_many_more(tiny: Frames, write: Write, tmp_path: Path) -> None:
    churn, expansion = check_source(write(tiny, tmp_path)).readiness
    assert (churn.accounts, churn.events, churn.learnable) == (1, 0, False)
    assert "20 more churns needed" in churn.why
    assert "20 more expansions needed" in expansion.why


def test_notes_name_a_column_that_is_empty_throughout(
    tiny: Frames, write: Write, tmp_path: Path
) -> None:
    empty = tiny["usage"].assign(user_id=pd.Series([None] * len(tiny["usage"]), dtype="string"))
    (note,) = (
        n for n in check_source(write({**tiny, "usage": empty}, tmp_path)).notes if "empty" in n
    )
    assert note.startswith("usage.user_id is empty throughout: leave it out")
    assert "n_active_users_28d" in note


@pytest.mark.parametrize("when", ["infinity", "20240-12-31", "0044-03-15 (BC)"])
def test_times_beyond_the_calendar_are_named(
    when: str, tiny: Frames, write: Write, tmp_path: Path
) -> None:
    contracts = tiny["contracts"].assign(term_end=when)
    folder = write({n: f for n, f in tiny.items() if n != "contracts"}, tmp_path)
    contracts.to_csv(folder / "contracts.csv", index=False)
    found = check_source(folder).problems[0]
    assert (found.table, found.column) == ("contracts", "term_end")
    assert "1900" in found.problem
    assert found.examples[0]["term_end"] == "a time before the year 1 or after 9999"


def test_notes_name_what_comes_out_null(tiny: Frames, write: Write, tmp_path: Path) -> None:
    notes = check_source(write(tiny, tmp_path)).notes
    assert any("tickets" in note and "n_open_tickets" in note for note in notes)


@pytest.mark.skipif(not CRM.is_dir(), reason="the shared crm tables are not here")
def test_a_strangers_company_passes() -> None:
    report = check_source(CRM)
    assert report.ok, report.problems
    assert all(outcome.learnable for outcome in report.readiness)
    # The data's own page counts 188 churns, one of which came back after six days.
    assert report.readiness[0].accounts == 865
