"""Labels as a table of cases around the worked example: as_of 1 June, lead 14, horizon 90.

The window is [15 June, 13 September); grace is 30 days; the data reach to 31 December.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pytest

from features import LabelWindow
from features.errors import PanelError

AS_OF = datetime(2024, 6, 1)
Frames = dict[str, pd.DataFrame]


class Change(NamedTuple):
    """One change after the contract of 1,000 that began on 1 January."""

    type: str
    on: str
    arr: float
    asked: str | None = None
    product: str = "core"
    known: str | None = None


YES, NO, NULL = 1, 0, None
CASES = {
    "nothing happens": ([], "2024-12-31", (NO, NO, NO)),
    "churn on the first day of the window": (
        [Change("churn", "2024-06-15", 0)], "2024-12-31", (YES, NO, NO)),
    "churn a day before the window: too late": (
        [Change("churn", "2024-06-14", 0)], "2024-12-31", (NULL, NULL, NULL)),
    "churn on the last day of the window": (
        [Change("churn", "2024-09-12", 0)], "2024-12-31", (YES, NO, NO)),
    "churn on the day after the window": (
        [Change("churn", "2024-09-13", 0)], "2024-12-31", (NO, NO, NO)),
    "decided in the window, in effect after it": (
        [Change("churn", "2024-09-30", 0, asked="2024-06-20")], "2024-12-31", (YES, NO, NO)),
    "decided in the lead, in effect in the window": (
        [Change("churn", "2024-07-30", 0, asked="2024-06-10")], "2024-12-31", (NULL, NULL, NULL)),
    "decided before as_of, in effect in the window": (
        [Change("churn", "2024-07-30", 0, asked="2024-05-10")], "2024-12-31", (NULL, NULL, NULL)),
    "back within the grace": (
        [Change("churn", "2024-07-01", 0), Change("reactivation", "2024-07-20", 1000)],
        "2024-12-31", (NO, NO, NO)),
    "back on the day the grace ends": (
        [Change("churn", "2024-07-01", 0), Change("reactivation", "2024-07-31", 1000)],
        "2024-12-31", (YES, NO, NO)),
    "window not over": ([], "2024-09-12", (NULL, NULL, NULL)),
    "window just over": ([], "2024-09-13", (NO, NO, NO)),
    "grace not over": (
        [Change("churn", "2024-09-10", 0)], "2024-09-20", (NULL, NULL, NULL)),
    "grace just over": (
        [Change("churn", "2024-09-10", 0)], "2024-10-10", (YES, NO, NO)),
    "decided in the window, in effect after the data end": (
        [Change("churn", "2025-01-01", 0, asked="2024-06-20")], "2024-12-31", (YES, NO, NO)),
    "the same, but taken back": (
        [Change("churn", "2025-01-01", 0, asked="2024-06-20"),
         Change("reactivation", "2025-01-10", 1000)], "2024-12-31", (NO, NO, NO)),
    "expansion of five percent": (
        [Change("expansion", "2024-07-01", 1050)], "2024-12-31", (NO, YES, NO)),
    "expansion below five percent": (
        [Change("expansion", "2024-07-01", 1049)], "2024-12-31", (NO, NO, NO)),
    "expansion taken back before the window ends": (
        [Change("expansion", "2024-07-01", 1500), Change("contraction", "2024-08-01", 1000)],
        "2024-12-31", (NO, NO, NO)),
    "expansion decided in the lead": (
        [Change("expansion", "2024-06-10", 1500)], "2024-12-31", (NO, NULL, NO)),
    "contraction of five percent": (
        [Change("contraction", "2024-07-01", 950)], "2024-12-31", (NO, NO, YES)),
    "contraction decided in the lead": (
        [Change("contraction", "2024-06-10", 500)], "2024-12-31", (NO, NO, NULL)),
    "expanded, then churned": (
        [Change("expansion", "2024-07-01", 1500), Change("churn", "2024-08-01", 0)],
        "2024-12-31", (YES, NO, NO)),
    "one of two products lost is a contraction": (
        [Change("new", "2024-02-01", 500, product="extra"),
         Change("churn", "2024-07-01", 0, product="extra")],
        "2024-12-31", (NO, NO, YES)),
    "both products lost": (
        [Change("new", "2024-02-01", 500, product="extra"),
         Change("churn", "2024-07-01", 0, product="extra"), Change("churn", "2024-08-01", 0)],
        "2024-12-31", (YES, NO, NO)),
    "of two changes on a day, the one known later stands": (
        [Change("renewal", "2024-07-01", 1000, known="2024-06-20"),
         Change("churn", "2024-07-01", 0, known="2024-06-10")], "2024-12-31", (NO, NO, NO)),
    "a planned churn taken back by a renewal of that day": (
        [Change("churn", "2024-07-01", 0, known="2024-05-10"),
         Change("renewal", "2024-07-01", 1000, known="2024-05-20")], "2024-12-31", (NO, NO, NO)),
    "a second product bought": (
        [Change("new", "2024-07-01", 500, product="extra")], "2024-12-31", (NO, YES, NO)),
}  # fmt: skip


def of_cases(tiny: Frames, cases: dict[str, list[Change]], newest: str) -> Frames:
    """Return a company in which every case is one account, with data up to ``newest``."""
    rows = [
        (case, f"{case} {number}", *change)
        for case, changes in cases.items()
        for number, change in enumerate([Change("new", "2024-01-01", 1000), *changes])
    ]
    names = ["account_id", "change_id", "type", "happened_at", "arr", "requested_at", "product_id"]
    contracts = pd.DataFrame(rows, columns=[*names, "known_at"]).astype({"arr": float})
    for name in ("happened_at", "requested_at", "known_at"):
        contracts[name] = pd.to_datetime(contracts[name])
    born = pd.Timestamp("2024-01-01")
    accounts = pd.DataFrame({"account_id": sorted(cases), "created_at": born})
    usage = tiny["usage"].assign(account_id=accounts.account_id[0], day=pd.Timestamp(newest))
    return {"accounts": accounts, "contracts": contracts, "usage": usage}


@pytest.mark.parametrize("newest", sorted({newest for _, newest, _ in CASES.values()}))
def test_labels(tiny: Frames, panel_of: Callable[..., pa.Table], newest: str) -> None:
    cases = {name: case for name, case in CASES.items() if case[1] == newest}
    frames = of_cases(tiny, {name: list(case[0]) for name, case in cases.items()}, newest)
    found = {
        row["account_id"]: (row["churned"], row["expanded"], row["contracted"])
        for row in panel_of(frames, [AS_OF], LabelWindow()).to_pylist()
        if row["eligible"]
    }
    assert found == {name: case[2] for name, case in cases.items()}


ELIGIBLE = {
    "paying": ([], True),
    "gone": ([Change("churn", "2024-05-31", 0)], False),
    "gone at as_of itself is not yet known": ([Change("churn", "2024-06-01", 0)], True),
    "gone and back": (
        [Change("churn", "2024-03-01", 0), Change("reactivation", "2024-04-01", 900)], True),
    "notice given": ([Change("notice", "2024-05-20", 1000)], False),
    "notice taken back by a renewal": (
        [Change("notice", "2024-04-20", 1000), Change("renewal", "2024-05-20", 1000)], True),
    "notice in effect later, known now": (
        [Change("notice", "2024-07-20", 1000, known="2024-05-20")], False),
    "churn in effect later, known now": (
        [Change("churn", "2024-07-20", 0, known="2024-05-20")], False),
    "churn in effect later, not known yet": (
        [Change("churn", "2024-07-20", 0, asked="2024-05-20")], True),
    "one of two products gone": (
        [Change("new", "2024-02-01", 500, product="extra"),
         Change("churn", "2024-04-01", 0, product="extra")], True),
    "taken back by a renewal that takes effect earlier": (
        [Change("notice", "2024-07-20", 1000, known="2024-05-20"),
         Change("renewal", "2024-05-25", 1000)], True),
    "taken back by a renewal that takes effect on the same day": (
        [Change("renewal", "2024-07-20", 1000, known="2024-05-25"),
         Change("notice", "2024-07-20", 1000, known="2024-05-20")], True),
    "taken back by a renewal that takes effect after as_of": (
        [Change("notice", "2024-05-20", 1000),
         Change("renewal", "2024-06-20", 1000, known="2024-05-25")], True),
    "planned churn taken back": (
        [Change("churn", "2024-07-20", 0, known="2024-05-10"),
         Change("reactivation", "2024-07-25", 1000, known="2024-05-25")], True),
    "taken back by what is not known yet": (
        [Change("notice", "2024-05-20", 1000),
         Change("renewal", "2024-05-25", 1000, known="2024-06-03")], False),
    "notice after a renewal signed ahead": (
        [Change("renewal", "2024-07-01", 1000, known="2024-05-01"),
         Change("notice", "2024-05-20", 1000)], False),
    "a renewal asked for before the notice takes nothing back": (
        [Change("notice", "2024-05-10", 1000),
         Change("renewal", "2024-05-25", 1000, asked="2024-05-01")], False),
    "a renewal of another product takes nothing back": (
        [Change("new", "2024-02-01", 500, product="extra"),
         Change("notice", "2024-05-10", 500, product="extra"),
         Change("renewal", "2024-05-25", 1000)], False),
    "decided on one day: what was known later decides": (
        [Change("renewal", "2024-05-20", 1000, known="2024-05-22"),
         Change("notice", "2024-05-20", 1000)], True),
    "who has gone is not leaving, whatever was said before": (
        [Change("new", "2024-02-01", 500, product="extra"),
         Change("churn", "2024-05-10", 0, asked="2024-04-01", product="extra"),
         Change("notice", "2024-04-20", 500, product="extra")], True),
    "churn that arrived late": ([Change("churn", "2024-05-20", 0, known="2024-06-03")], True),
}  # fmt: skip


def test_eligible(tiny: Frames, panel_of: Callable[..., pa.Table]) -> None:
    cases = {name: list(changes) for name, (changes, _) in ELIGIBLE.items()}
    panel = panel_of(of_cases(tiny, cases, "2024-12-31"), [AS_OF], LabelWindow()).to_pylist()
    found = {row["account_id"]: row["eligible"] for row in panel}
    assert found == {name: expected for name, (_, expected) in ELIGIBLE.items()}
    for row in panel:
        if not row["eligible"]:
            assert (row["churned"], row["expanded"], row["contracted"]) == (None, None, None)


@pytest.mark.parametrize(
    "wrong", [{"lead_days": -1}, {"horizon_days": 0}, {"grace_days": -1}, {"expansion_min": 0.0}]
)
def test_a_window_without_meaning_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PanelError):
        LabelWindow(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("least", [0.05, 0.07, 0.1, 0.3])
def test_who_changes_by_exactly_the_least_has_changed(
    least: float, tiny: Frames, panel_of: Callable[..., pa.Table]
) -> None:
    """In binary 160 x 1.1 lies above 176, and 220 x 0.93 below 204.6."""
    before = [100.0, 140.0, 160.0, 220.0, 1023.0, 48_000.0]
    cases = {
        f"{sign}{arr}": [
            Change("contraction", "2024-02-01", arr),
            Change("expansion", "2024-08-01", round(arr * (1 + sign * least), 4)),
        ]
        for arr in before
        for sign in (1, -1)
    }
    panel = panel_of(
        of_cases(tiny, cases, "2024-12-31"), [AS_OF], labels=LabelWindow(expansion_min=least)
    )
    for row in panel.to_pylist():
        if row["account_id"] in cases:
            rose = not row["account_id"].startswith("-")
            assert (row["expanded"], row["contracted"]) == (int(rose), int(not rose))
