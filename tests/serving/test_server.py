"""The service as a process of its own, over a real socket; and champions that change under it."""

import shutil
import socket
import threading
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving import registry
from serving.errors import RegistryError
from serving.launch import started
from serving.place import Place
from serving.registry import Champions, default_uri


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(http: httpx.Client, server: Any) -> None:
    pause = threading.Event()
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            if http.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pause.wait(0.2)
    pytest.fail("the server was not ready in two minutes")


def test_a_real_server_scores_limits_and_ends(home: Any, client: Any, eligible: list[str]) -> None:
    port, asked = free_port(), {"account_ids": eligible, "language": "ja"}
    with (
        started(Place.of(home.folder), port=port) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http,
    ):
        wait_until_ready(http, server)
        served = http.post("/v1/score", json=asked).json()
        assert served == client.post("/v1/score", json=asked).json()
        large = http.post("/v1/score", content=b"x" * 10_000_000)
        assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
        assert http.get("/v1/score").status_code == 405
        assert "bentoml_service_request_total" in http.get("/metrics").text
        assert http.get("/").status_code == 200
    assert server.poll() is not None


@pytest.fixture
def mine(home: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the registry whose alias is asked every time."""
    monkeypatch.setattr(registry, "PATIENCE", 0.0)
    (tmp_path / "mlruns").mkdir()
    shutil.copy(home.folder / "mlruns" / "mlflow.db", tmp_path / "mlruns" / "mlflow.db")
    return tmp_path


def point_at(uri: str, folder: Path) -> None:
    from mlflow import MlflowClient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        version = client.create_model_version("churn", source=folder.as_uri()).version
        client.set_registered_model_alias("churn", "champion", str(version))


def bundle_of(home: Any) -> Path:
    return Path(home.folder.parent / "churn bundle")


def test_a_new_champion_is_seen_and_a_broken_one_is_not_served(home: Any, mine: Path) -> None:
    uri = default_uri(mine)
    champions = Champions(uri)
    first = champions.get("churn")
    assert first is not None
    assert champions.get("churn") is first
    point_at(uri, Path(shutil.copytree(bundle_of(home), mine / "second")))
    second = champions.get("churn")
    assert second is not None
    assert second.version == "churn/2"
    broken = Path(shutil.copytree(bundle_of(home), mine / "broken"))
    (broken / "model.txt").write_text("tree", encoding="utf-8")
    point_at(uri, broken)
    assert champions.get("churn") is second
    with pytest.raises(RegistryError, match="churn/3 cannot be loaded"):
        Champions(uri).get("churn")


def test_an_outcome_without_a_model_has_no_champion(mine: Path, tmp_path: Path) -> None:
    assert Champions(default_uri(mine)).get("contraction") is None
    assert Champions(default_uri(tmp_path / "nowhere")).all() == {}
    assert not (tmp_path / "nowhere").exists()
