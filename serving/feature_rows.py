"""Feature rows sent by a caller: checked by name and type, scored by the champions.

One bad row refuses the whole call; every mistake names its row, its field and the nearest name.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from features.catalogue import Catalogue
from scoring.errors import RowError, RowProblem
from scoring.manifest import Column, clocks_of
from serving.answers import Answers, no_champion, wanted_outcomes
from serving.errors import ApiError
from serving.explaining import explained_rows
from serving.registry import OUTCOMES, Champion
from serving.requests import FeaturesRequest, nearest, shown

MAX_DETAILS = 100


def score_features(answers: Answers, asked: FeaturesRequest) -> dict[str, Any]:
    """Answer ``POST /v1/score_features``."""
    loaded: Mapping[str, Champion] = answers.loaded()
    outcomes = wanted_outcomes(asked.outcomes, list(loaded))
    if not outcomes:
        raise no_champion(OUTCOMES)
    champions = {outcome: loaded[outcome] for outcome in outcomes}
    check_rows(asked.rows, champions, answers.catalogue)
    scores: list[dict[str, Any]] = [
        {"account_id": row.get("account_id"), "as_of": row.get("as_of")} for row in asked.rows
    ]
    for outcome, champion in champions.items():
        table = table_of(asked.rows, champion.bundle.manifest.columns)
        try:
            explanation = champion.bundle.explain(table)
        except RowError as error:  # whatever the check above let through is still the caller's
            details = [_problem(each) for each in error.details[:MAX_DETAILS]]
            raise ApiError(400, "invalid_rows", str(error), details) from error
        words = explained_rows(explanation, table, k=asked.reasons, language=asked.language)
        for line, said in zip(scores, words, strict=True):
            line[outcome] = said
    return {"models": {o: c.version for o, c in champions.items()}, "scores": scores}


def check_rows(
    rows: Sequence[Mapping[str, Any]], champions: Mapping[str, Champion], catalogue: Catalogue
) -> None:
    """Raise ApiError 400 naming every missing, unknown or wrongly typed value."""
    columns = {c.name: c for each in champions.values() for c in each.bundle.manifest.columns}
    manifests = [each.bundle.manifest for each in champions.values()]
    also = {"account_id", "as_of", *catalogue.names}
    also |= {name for m in manifests for name in (m.entity, m.time) if name is not None}
    details = [
        {"row": i, **mistake}
        for i, row in enumerate(rows)
        for mistake in _row_mistakes(row, columns, also)
    ]
    if details:
        first = f"row {details[0]['row']}, {details[0]['field']!r}: {details[0]['problem']}"
        more = "" if len(details) == 1 else f" (and {len(details) - 1} more)"
        code = "unknown_feature" if details[0]["problem"].startswith("not a") else "invalid_rows"
        raise ApiError(400, code, first + more, details[:MAX_DETAILS])


def _row_mistakes(
    row: Mapping[str, Any], columns: Mapping[str, Column], also: set[str]
) -> list[dict[str, Any]]:
    unknown = [name for name in row if name not in columns and name not in also]
    missing = [name for name in columns if name not in row]
    found = [
        _mistake(name, "not a column of the model", row[name], near=nearest(name, [*columns]))
        for name in unknown
    ]
    found += [
        _mistake(name, "missing; send null when it is unknown", None, near=nearest(name, unknown))
        for name in missing
    ]
    for name in dict.fromkeys(["account_id", "as_of", *clocks_of([*columns.values()])]):
        if row.get(name) is not None and not _is_text(row[name]) and name not in columns:
            found.append(_mistake(name, "must be text", row[name]))
    for name, column in columns.items():
        if name in row and (problem := _type_problem(row[name], column)) is not None:
            found.append(_mistake(name, problem, row[name]))
    return found


def _type_problem(value: object, column: Column) -> str | None:
    if value is None:
        return None
    if column.dated is not None:
        return None if _is_text(value) else "must be a date such as 2024-01-31, or null"
    if column.kind == "category":
        return None if _is_text(value) else "must be text or null"
    if not isinstance(value, int | float):
        return "must be a number or null"
    try:
        return None if math.isfinite(float(value)) else "must be a finite number"
    except OverflowError:
        return "is beyond the range of a double"


def _is_text(value: object) -> bool:
    """Say whether a value is text that can be written down: half a character cannot."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _problem(problem: RowProblem) -> dict[str, Any]:
    """Return what is wrong with a column as the details of an error say it."""
    found = _mistake(problem.column, problem.problem, None, near=problem.nearest)
    return found if problem.row is None else {"row": problem.row, **found}


def _mistake(field: str, problem: str, received: object, near: str | None = None) -> dict[str, Any]:
    hint = f"; did you mean {near!r}?" if near else ""
    return {
        "field": field[:200],
        "problem": problem + hint,
        "received": None if received is None else shown(received),
        "nearest": near,
    }


def table_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> pa.Table:
    """Return checked rows as a table with the model's columns and types, and its dates' clocks."""
    arrays: dict[str, Any] = {}
    for column in columns:
        values = [row[column.name] for row in rows]
        if column.kind == "category" or column.dated is not None:
            arrays[column.name] = pa.array(values, type=pa.string())
        else:
            numbers = [None if value is None else float(value) for value in values]
            arrays[column.name] = pa.array(numbers, type=pa.float64())
    for name in clocks_of(columns):
        arrays[name] = pa.array([row.get(name) for row in rows], type=pa.string())
    return pa.table(arrays)
