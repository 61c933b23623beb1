"""Reasons for people: the strongest attributions of a row in words, the rest as one number.

`base_probability + sum of pp + other_pp` is the probability within 1e-9 on every row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

import numpy as np
import pyarrow as pa

from scoring.bundle import Explanation
from scoring.errors import ScoringError
from scoring.wording import (
    LANGUAGES,
    Feature,
    Language,
    Value,
    compared_text,
    effect_text,
    value_text,
)

FOREIGN_GROUP = "other"


@dataclass(frozen=True)
class Reason:
    """One reason of one row.

    Attributes
    ----------
    code : str
        Stable id: the name of the column.
    group : str
        Business group of the catalogue; "other" for a foreign column.
    direction : {"raises", "lowers"}
    pp : float
        Probability points: 0.071 is 7.1 percentage points.
    value : str
        The row's value with its unit.
    was, peers : str or None
        Its own past value and that of its peers; None when not given.
    text : str
        The whole reason in one sentence.
    """

    code: str
    group: str
    direction: Literal["raises", "lowers"]
    pp: float
    value: str
    was: str | None
    peers: str | None
    text: str


def reasons(
    explanation: Explanation,
    table: pa.Table,
    *,
    k: int | None = 5,
    language: str = "en",
    was: pa.Table | None = None,
    peers: pa.Table | None = None,
) -> list[tuple[list[Reason], float]]:
    """Put the strongest attributions of every row into words.

    Parameters
    ----------
    explanation : Explanation
        Of n rows.
    table : pyarrow.Table
        The n rows that were explained.
    k : int, optional
        At most so many reasons per row; None for all. A column without effect is no reason.
    language : {"en", "ja"}
    was, peers : pyarrow.Table, optional
        n rows with the same columns: the row's own past and its peers' typical value; null or an
        absent column means that nothing is said.

    Returns
    -------
    list of (reasons, other_pp)
        One entry per row, strongest reason first; `other_pp` is what the other columns add.

    Raises
    ------
    ScoringError
        For another language, or a table with another number of rows.
    """
    chosen = _language(language)
    for given in (table, was, peers):
        if given is not None and given.num_rows != len(explanation.pp):
            raise ScoringError(
                f"{len(explanation.pp)} rows were explained, {given.num_rows} rows were given"
            )
    said = []
    for row, pp in enumerate(explanation.pp):
        strongest = _strongest(pp, k)
        kept = [
            _reason(explanation, position, row, (table, was, peers), chosen)
            for position in strongest
        ]
        others = np.delete(pp, strongest)
        said.append((kept, math.fsum(others.tolist())))
    return said


def _language(asked: str) -> Language:
    """Return a language we write, or raise ScoringError."""
    for language in LANGUAGES:
        if asked == language:
            return language
    raise ScoringError(f"no language '{asked}'; reasons are written in {', '.join(LANGUAGES)}")


def _strongest(pp: np.ndarray, k: int | None) -> list[int]:
    """Return the positions of the largest effects; ties keep the columns' order."""
    order = np.argsort(-np.abs(pp), kind="stable")
    moving = [int(position) for position in order if pp[position] != 0.0]
    return moving if k is None else moving[:k]


def _reason(
    explanation: Explanation,
    position: int,
    row: int,
    tables: Sequence[pa.Table | None],
    language: Language,
) -> Reason:
    """Put one attribution into words."""
    name = explanation.columns[position]
    catalogue = explanation.catalogue
    feature = catalogue[name] if catalogue is not None and name in catalogue else None
    value, was, peers = (_cell(table, name, row) for table in tables)
    pp = float(explanation.pp[row, position])
    return Reason(
        code=name,
        group=feature.group if feature else FOREIGN_GROUP,
        direction="raises" if pp > 0 else "lowers",
        pp=pp,
        value=value_text(value, feature, language),
        was=None if was is None else value_text(was, feature, language),
        peers=None if peers is None else value_text(peers, feature, language),
        text=_sentence(name, feature, (value, was, peers), language)
        + effect_text(pp, explanation.outcome, language),
    )


def _sentence(
    name: str, feature: Feature | None, values: tuple[Value, Value, Value], language: Language
) -> str:
    """Return label, value and what it is compared with, up to the effect."""
    value, was, peers = values
    label = feature.label(language) if feature else name
    words = ("以前 ", "同種 ") if language == "ja" else ("was ", "peers ")
    compared = [
        word + compared_text(other, feature, language)
        for word, other in zip(words, (was, peers), strict=True)
        if other is not None
    ]
    shown = value_text(value, feature, language)
    if language == "ja":
        inside = f"（{'、'.join(compared)}）" if compared else ""
        return f"{label} {shown}{inside}："
    inside = f" ({'; '.join(compared)})" if compared else ""
    return f"{label} {shown}{inside} "


def _cell(table: pa.Table | None, name: str, row: int) -> Value:
    """Return one value as a float, text, bool or None; an absent column has none."""
    if table is None or name not in table.column_names:
        return None
    value = table.column(name)[row].as_py()
    if value is None or value != value or value == "":
        return None
    if isinstance(value, date):
        return _date_text(value)
    return value if isinstance(value, str | bool) else float(value)


def _date_text(value: date) -> str:
    """Write a date; its time of day only where it has one."""
    if isinstance(value, datetime) and value.time() != time():
        return value.isoformat(" ", "minutes")
    return value.strftime("%Y-%m-%d")
