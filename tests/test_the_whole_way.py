"""From raw tables to served scores by the command: every link gives the next the same numbers."""

import json
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from serving.launch import started
from serving.place import Place
from tierwise.__main__ import run

OUTCOMES = ("churn", "expansion")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that does not serve, in a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("the whole") / "my home"
    words = ["demo", "--accounts", "200", "--months", "24", "--no-serve"]
    assert run([*words, "--home", str(folder), "--json", str(folder / "demo.json")]) == 0
    return folder


@pytest.fixture(scope="module")
def newest(home: Path) -> pa.Table:
    """The panel's newest snapshot."""
    panel = pq.read_table(home / "panel.parquet")
    return panel.filter(pc.equal(panel["as_of"], pc.max(panel["as_of"])))


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[httpx.Client]:
    """The service as a process of its own, over a real socket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    patient = httpx.HTTPTransport(retries=8)  # while the server is starting
    with (
        started(Place.of(home), port=port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=patient, timeout=30) as client,
    ):
        yield client


def score(table: pa.Table, outcome: str, home: Path, *flags: str) -> pa.Table:
    pq.write_table(table, home / "rows.parquet")
    out = home / "scores.parquet"
    words = ["score", str(home / "rows.parquet"), "--outcome", outcome, "--out", str(out)]
    assert run([*words, *flags, "--home", str(home)]) == 0
    return pq.read_table(out)


def test_every_step_took_its_time(home: Path) -> None:
    seconds = json.loads((home / "demo.json").read_text())["seconds"]
    assert len(seconds) == 8


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_reasons_add_up(outcome: str, newest: pa.Table, home: Path) -> None:
    scores = score(newest, outcome, home, "--reasons")
    parts = [name for name in scores.column_names if name.startswith("pp:")]
    total = scores["base_probability"].to_numpy().copy()
    for name in parts:
        total += scores[name].to_numpy()
    assert abs(total - scores["probability"].to_numpy()).max() <= 1e-9
    assert {name.removeprefix("pp:") for name in parts} <= set(newest.column_names)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_panel_row_and_served_row_give_the_same_bits(
    outcome: str, newest: pa.Table, home: Path, client: httpx.Client
) -> None:
    eligible = newest.filter(newest["eligible"]).slice(0, 100)
    scores = score(eligible, outcome, home)
    ids, probabilities = (scores[name].to_pylist() for name in ("account_id", "probability"))
    expected = dict(zip(ids, probabilities, strict=True))
    answer = client.post(
        "/v1/score", json={"account_ids": list(expected), "outcomes": [outcome], "reasons": 3}
    ).json()
    served = {each["account_id"]: each[outcome]["probability"] for each in answer["scores"]}
    assert served == expected


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_sent_features_give_the_same_bits(
    outcome: str, newest: pa.Table, home: Path, client: httpx.Client
) -> None:
    row = newest.filter(newest["eligible"]).slice(0, 1)
    expected = score(row, outcome, home)["probability"].to_pylist()
    left_out = {"as_of", "eligible", "churned", "expanded", "contracted"}
    sent = {name: row[name][0].as_py() for name in row.column_names if name not in left_out}
    answer = client.post("/v1/score_features", json={"rows": [sent], "outcomes": [outcome]}).json()
    assert [each[outcome]["probability"] for each in answer["scores"]] == expected


def test_the_night_again_changes_nothing(home: Path, newest: pa.Table) -> None:
    as_of: datetime = newest["as_of"][0].as_py()
    before = home / "first.json"
    words = ["run", str(home / "company"), "--as-of", f"{as_of:%Y-%m-%d}", "--home", str(home)]
    assert run([*words, "--json", str(before)]) == 0
    assert run([*words, "--json", str(home / "second.json")]) == 0
    assert before.read_text() == (home / "second.json").read_text()
