"""A store that does not answer, or has lost what it held, is said in one sentence, and soon."""

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from serving.errors import RegistryError
from serving.errors import StoreError as ServingStoreError
from serving.registry import Champions
from serving.store import open_engine
from tierwise.__main__ import run
from training import Roles, Tracking, score_table, train
from training.errors import StoreError

ROLES = Roles("churn", label="left", entity="customer")


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"postgresql://me:secret@127.0.0.1:{listening.getsockname()[1]}/tierwise"


def test_a_silent_database_is_not_waited_for(
    silent: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("features.answering.TIMEOUT_SECONDS", 2)
    started = time.monotonic()
    with pytest.raises(StoreError, match=r"tracking store postgresql://me:\*\*\*@.*not answer"):
        Tracking(tmp_path, uri=silent).champion("churn")
    with pytest.raises(RegistryError, match="does not answer"):
        Champions(silent).get("churn")
    with pytest.raises(ServingStoreError, match="cannot open the store") as error:
        open_engine(silent)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)
    assert time.monotonic() - started < 15


def test_a_database_that_is_not_there_is_one_line_of_the_command(
    make_customers: Callable[..., pa.Table], tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("TIERWISE_TRACKING_URI", "postgresql://me:secret@127.0.0.1:1/tierwise")
    pq.write_table(make_customers(400), tmp_path / "table.parquet")
    words = ["train", str(tmp_path / "table.parquet"), "--outcome", "churn", "--label", "left"]
    assert run([*words, "--entity", "customer", "--home", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("tierwise: the tracking store postgresql://me:***@127.0.0.1:1/tierwise")
    assert said.count("\n") == 1


def test_a_run_whose_files_are_gone_says_so(
    make_customers: Callable[..., pa.Table], tracking: Tracking
) -> None:
    made = train(make_customers(400), ROLES, tracking=tracking)
    moved = tracking.folder.parent.with_name("moved")
    shutil.move(tracking.folder.parent, moved)
    with pytest.raises(StoreError, match="if the home folder was moved") as error:
        score_table(
            make_customers(5), outcome="churn", tracking=Tracking(moved), run_id=made.run_id
        )
    assert "model churn/1 is noted in sqlite:///" in str(error.value)
    with pytest.raises(StoreError, match=f"run {made.run_id} is noted"):
        Tracking(moved).artifact(made.run_id, "checks.json")


def test_a_deleted_experiment_is_found_before_anything_is_fitted(
    make_customers: Callable[..., pa.Table], tracking: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = MlflowClient(tracking.uri)
    number = client.create_experiment("churn")
    client.delete_experiment(number)
    monkeypatch.setattr("training.lifecycle.opening.learn", lambda *_, **__: pytest.fail("fitted"))
    with pytest.raises(StoreError, match=f"restore --experiment-id {number}"):
        train(make_customers(400), ROLES, tracking=tracking)
