"""Other people's programs ask the model through MLflow: with the frames pandas reads, by HTTP."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest

from training import Roles, Tracking, score_table, train

ROLES = Roles("churn", label="left", entity="customer")
READY_WITHIN_SECONDS = 60


def strangers(n: int = 400, seed: int = 3) -> pa.Table:
    """What people's files hold: whole numbers with blanks, flags, amounts as texts, dates."""
    random = np.random.default_rng(seed)
    tenure = random.integers(0, 72, n)
    total = [" " if months == 0 else f"{29.9 * months:,.2f}" for months in tenure]
    since = np.datetime64("2024-01-01") - random.integers(0, 900, n)
    left = random.random(n) < 1 / (1 + np.exp((tenure - 20) / 12))
    return pa.table(
        {
            "customer": [f"C{row}" for row in range(n)],
            "tenure": tenure,
            "seats": [None if draw < 0.2 else int(50 * draw) for draw in random.random(n)],
            "is_auto": random.random(n) < 0.5,
            "plan": random.choice(["free", "pro", "team"], n).tolist(),
            "total": total,
            "since": [str(day) for day in since],
            "left": left,
        }
    )


@pytest.fixture(scope="module")
def tracking(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    home = tmp_path_factory.mktemp("served") / "my home"
    shutil.copytree(template, home / "mlruns")
    return Tracking(home)


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("csv") / "customers.csv"
    pyarrow.csv.write_csv(strangers(), path)
    return path


@pytest.fixture(scope="module")
def expected(csv: Path, tracking: Tracking) -> list[float]:
    """The command's own answer; makes the model."""
    made = train(csv, ROLES, tracking=tracking)
    scores = score_table(csv, outcome="churn", tracking=tracking, run_id=made.run_id)
    return scores["probability"].to_pylist()


@pytest.fixture(scope="module")
def model(expected: list[float], tracking: Tracking):
    import mlflow

    version = tracking.versions("churn")[0].version
    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    mlflow.set_tracking_uri(tracking.uri)
    try:
        yield mlflow.pyfunc.load_model(f"models:/churn/{version}")
    finally:
        mlflow.set_tracking_uri(before)


CODED = ["plan", "total", "tenure"]
READERS = {
    "as read": lambda frame: frame,
    "nullable": lambda frame: frame.convert_dtypes(),
    "categories": lambda frame: frame.astype(dict.fromkeys(CODED, "category")),
    "dates": lambda frame: frame.assign(since=pd.to_datetime(frame["since"])),
    "objects": lambda frame: frame.astype(object),
    "mixed": lambda frame: frame.assign(
        tenure=[value if row % 2 else str(value) for row, value in enumerate(frame["tenure"])]
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_frame_is_scored_as_its_file_is(reader: str, model, csv: Path, expected) -> None:
    frame = READERS[reader](pd.read_csv(csv))
    assert str(pd.read_csv(csv)["tenure"].dtype) == "int64"
    assert model.predict(frame)["probability"].tolist() == expected
    assert model.predict(frame[::-1].iloc[:7])["probability"].tolist() == expected[::-1][:7]


def test_rows_without_a_column_are_refused_by_its_name(model, csv: Path) -> None:
    with pytest.raises(Exception, match="'tenure' is missing"):
        model.predict(pd.read_csv(csv).drop(columns=["tenure"]))
    with pytest.raises(Exception, match="names of their columns"):
        model.predict(np.ones((2, 6)))


def test_mlflow_shows_what_goes_in_and_out(model) -> None:
    inputs = model.metadata.metadata["inputs"]
    assert inputs["tenure"] == "number"
    assert (inputs["plan"], inputs["since"]) == ("category", "date")
    assert model.metadata.get_output_schema().input_names() == ["probability", "margin"]


@pytest.fixture(scope="module")
def server(expected, tracking: Tracking, tmp_path_factory) -> Iterator[str]:
    """The server that `mlflow models serve` starts, on a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    model = f"models:/churn/{tracking.versions('churn')[0].version}"
    words = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", model]
    words += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    told = tmp_path_factory.mktemp("server") / "told"
    hidden = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with told.open("wb") as log:
        process = subprocess.Popen(
            words, env=hidden | {"MLFLOW_TRACKING_URI": tracking.uri, "PATH": path},
            cwd=told.parent, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/ping", process, told)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)


def wait_for(url: str, process: subprocess.Popen[bytes], told: Path) -> None:
    """Ask until the server answers; fail with what it said when it does not."""
    until = time.monotonic() + READY_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            urlopen(url, timeout=2).close()
            return
        except (URLError, ConnectionError, TimeoutError):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    pytest.fail(told.read_text(encoding="utf-8")[-3000:])


def asked(url: str, body: str, kind: str) -> list[float]:
    request = Request(f"{url}/invocations", body.encode(), {"Content-Type": kind})
    with urlopen(request, timeout=10) as answer:
        return [row["probability"] for row in json.load(answer)["predictions"]]


def test_mlflow_models_serve_answers_json_and_csv(server: str, csv: Path, expected) -> None:
    frame = pd.read_csv(csv)
    few, split = frame.iloc[:9], json.loads(frame.to_json(orient="split"))
    records = json.loads(few.to_json(orient="records"))
    columns = {name: [row[name] for row in records] for name in few.columns}
    one = {name: values[0] for name, values in columns.items()}
    bodies = {
        "dataframe_split": (split, expected),
        "dataframe_records": (records, expected[:9]),
        "instances": (records, expected[:9]),
        "inputs": (columns, expected[:9]),
    }
    for key, (rows, wanted) in bodies.items():
        assert asked(server, json.dumps({key: rows}), "application/json") == wanted, key
    assert asked(server, json.dumps({"inputs": one}), "application/json") == expected[:1]
    assert asked(server, csv.read_text(encoding="utf-8"), "text/csv") == expected
