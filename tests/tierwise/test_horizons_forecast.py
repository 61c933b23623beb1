"""`tierwise horizons` and `tierwise forecast` on a small company, from tables to figures."""

import json
import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features import open_source
from features.errors import PanelError
from simulator import simulate
from tierwise.__main__ import run
from tierwise.sources import dates_back


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one") / "company"
    simulate(folder, accounts=90, months=30, seed=3, omit=("surveys", "touches", "tickets"))
    return folder


def asked(name: str, company: Path, folder: Path, as_of: str = "2026-06-01") -> list[str]:
    words = [name, str(company), "--as-of", as_of, "--from", "2025-01-15"]
    return [*words, "--step", "84d", "--home", str(folder), "--json", str(folder / "found.json")]


def test_horizons_are_written_and_never_contradict_each_other(
    company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, model = tmp_path / "scores.parquet", tmp_path / "model"
    words = ["--days", "30,90,1825", "--out", str(out), "--model", str(model)]
    assert run([*asked("horizons", company, tmp_path), *words]) == 0
    table = pq.read_table(out)
    found = json.loads((tmp_path / "found.json").read_text())
    assert table.num_rows == found["accounts"] > 30
    assert (table["churn_30d"].to_numpy() <= table["churn_90d"].to_numpy()).all()
    total = sum(table[f"{name}_90d"].to_numpy() for name in ("churn", "expansion", "contraction"))
    assert ((total > 0) & (total <= 1)).all()
    assert (model / "horizons.json").is_file()
    assert found["judged"]["made_on"] == "2025-12-15"
    assert bool(found["judged"]["grades"]) == (found["judged"]["why_not"] is None)
    said = capsys.readouterr().out
    assert "2025-12-15" in said
    assert said.count("extrapolated: no outcome that late is known yet") == 1
    assert [one["extrapolated"] for one in found["certain"]] == [False, False, True]
    assert found["certain"][0]["rows"] > found["certain"][0]["events"] > 0


DRAWS = ["--draws", "40"]


@pytest.fixture(scope="module")
def usual(company: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A forecast under the settings as they are, of a day with a zone."""
    folder = tmp_path_factory.mktemp("usual")
    assert run([*asked("forecast", company, folder, "2026-06-01T00:00:00Z"), *DRAWS]) == 0
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


def test_a_forecast_has_an_interval_for_each_quarter(usual: dict[str, Any]) -> None:
    assert usual["as_of"] == "2026-06-01"
    assert usual["days"] == [91, 182, 273, 364]
    for measure in ("nrr", "grr", "logo"):
        low, median, high = (np.array(usual[measure][n]) for n in ("low", "median", "high"))
        assert ((low <= median) & (median <= high)).all()
    assert max(usual["grr"]["high"]) <= 1


@pytest.mark.parametrize(("least", "grace"), [("0.25", "30"), ("0.05", "120")])
def test_a_forecast_is_made_under_the_settings_and_says_which(
    least: str,
    grace: str,
    company: Path,
    usual: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (usual["grace_days"], usual["expansion_min"]) == (30, 0.05)
    monkeypatch.setenv("TIERWISE_EXPANSION_MIN", least)
    monkeypatch.setenv("TIERWISE_GRACE_DAYS", grace)
    assert run([*asked("forecast", company, tmp_path), *DRAWS]) == 0
    assert f"from {float(least):.1%} on" in capsys.readouterr().out
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["grace_days"], found["expansion_min"]) == (int(grace), float(least))
    assert set(found["not_applicable"]) == {"lead_days", "horizon_days"}
    assert found["nrr"] != usual["nrr"]


@pytest.mark.parametrize("name", ["horizons", "forecast"])
def test_changes_known_later_than_the_day_change_nothing(
    name: str, company: Path, tmp_path: Path
) -> None:
    """A third of the changes is entered 60 days late; the same without those not known then."""
    shutil.copytree(company, tmp_path / "late")
    file = tmp_path / "late" / "contracts.parquet"
    rows = pq.read_table(file).to_pandas()
    late = rows.happened_at + pd.Timedelta(days=60)
    rows["known_at"] = late.where(rows.index % 3 == 0, rows.known_at)
    known = rows.known_at.fillna(rows.requested_at).fillna(rows.happened_at) < "2026-06-01"
    own = ["--out", str(tmp_path / "scores.parquet")] if name == "horizons" else ["--draws", "20"]
    found = []
    for kept in (rows, rows[known]):
        kept.to_parquet(file, coerce_timestamps="us")
        assert run([*asked(name, tmp_path / "late", tmp_path), *own]) == 0
        found.append((tmp_path / "found.json").read_bytes())
    assert 50 < known.sum() < len(known)
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["horizons", "forecast"])
def test_a_day_before_the_first_account_is_refused(
    name: str, company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = asked(name, company, tmp_path, "2020-06-01")
    words[words.index("--from") + 1] = "2020-01-15"
    out = ["--out", str(tmp_path / "x.parquet")] if name == "horizons" else []
    assert run([*words, *out]) == 1
    assert "not enough outcomes yet" in capsys.readouterr().err


def test_days_with_a_zone_are_midnight_utc_or_refused() -> None:
    zoned = datetime(2026, 6, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    days = [datetime(2026, 5, 4), datetime(2026, 6, 1)]
    assert dates_back(zoned, datetime(2026, 5, 4, tzinfo=UTC), 28) == days
    with pytest.raises(PanelError, match="not at 00:00 UTC"):
        dates_back(zoned + timedelta(hours=1), days[0], 28)


def test_a_model_folder_that_is_there_is_refused_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, nowhere = tmp_path / "scores.parquet", tmp_path / "nowhere"
    words = ["--out", str(out), "--model", str(tmp_path)]
    assert run([*asked("horizons", nowhere, tmp_path), *words]) == 1
    assert f"{tmp_path} exists already" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("name", ["horizons", "forecast"])
def test_a_day_that_the_source_does_not_reach_is_refused(
    name: str, company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_source(company) as source:
        newest = source.newest
    assert newest is not None
    day = datetime(newest.year, newest.month, newest.day)
    out = ["--out", str(tmp_path / "x.parquet")] if name == "horizons" else []
    late = f"{day + timedelta(days=9):%Y-%m-%d}"
    assert run([*asked(name, company, tmp_path, late), *out]) == 1
    said = capsys.readouterr().err
    assert f"9 days after the newest row of {company}" in said
    assert f"{day + timedelta(days=8):%Y-%m-%d}" in said
    assert not list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--days", "30,soon", "--out", "x.parquet"], 2, "soon"),
        (["--days", "90,30", "--out", "x.parquet"], 1, "rising"),
        (["--from", "2026-07-01", "--out", "x.parquet"], 1, "--from"),
    ],
)
def test_wrong_horizons_write_nothing(
    words: list[str],
    code: int,
    said: str,
    company: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    start = ["horizons", str(company), "--as-of", "2026-06-01"]
    since = [] if "--from" in words else ["--from", "2024-10-01"]
    assert run([*start, *since, *words]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x.parquet").exists()


def test_an_impossible_share_is_refused(company: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--as-of", "2026-06-01", "--from", "2025-01-01", "--share", "1.2"]
    assert run(["forecast", str(company), *words]) == 1
    assert "--share" in capsys.readouterr().err
