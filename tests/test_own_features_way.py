"""A user's own features by the command, from the page that explains them to a served score."""

import json
import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features import CATALOGUE
from features.own import load_catalogue
from scoring.python_function import _load_pyfunc
from serving.service import create_app
from tierwise.__main__ import run
from training import Tracking

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would like another HTTP client
    from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "own-features.md").read_text(encoding="utf-8")
OWN = ("n_report_exports_28d", "report_export_share_28d")
LAST = "2026-04-13"
# Goes around the view: it reads every contract change there ever will be.
LEAKY = """
from features import Feature
from features.engine import declared_tables
from features.expressions import KEYS

FEATURES = (
    Feature(name="arr_ever", group="own", kind="money", unit="money", low=0, null_means="none",
            label_en="ARR", label_ja="年間契約額"),
)


def measure(view):
    most = declared_tables()["contracts"].group_by("account_id").agg(arr_ever=lambda t: t.arr.max())
    return view.accounts.select(*KEYS).inner_join(most, "account_id")
"""


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project as the page makes it, trained, promoted, and with a night in its store."""
    folder = tmp_path_factory.mktemp("own") / "my project"
    folder.mkdir()
    (folder / "my_features.py").write_text(block("python"), encoding="utf-8")
    (folder / "tierwise.toml").write_text(block("toml"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("TIERWISE_FEATURES", raising=False)
        span = ["--from", "2025-03-17", "--to", LAST, "--step", "56d"]
        for line in (
            ["simulate", "company", "--accounts", "120", "--months", "20", "--seed", "3"],
            ["features", "company", *span, "--out", "panel.parquet"],
            ["train", "panel.parquet", "--outcome", "expansion", "--json", "train.json"],
            ["promote", "--outcome", "expansion", "--force", "--why", "a test of the way"],
            ["run", "company", "--as-of", LAST],
        ):
            assert run(line) == 0, line
        yield folder


@pytest.fixture(scope="module")
def client(project: Path) -> Iterator[TestClient]:
    with TestClient(create_app(project, features=project / "my_features.py")) as client:
        yield client


@pytest.fixture(scope="module")
def scores(project: Path) -> pa.Table:
    """The newest rows of the panel with what the command `score` says of them."""
    panel = pq.read_table("panel.parquet")
    newest = pc.equal(panel["as_of"], pc.max(panel["as_of"]))
    rows = panel.filter(pc.and_(newest, panel["eligible"]))
    assert pc.sum(rows[OWN[0]]).as_py() > 0
    pq.write_table(rows, "rows.parquet")
    words = [
        "score",
        "rows.parquet",
        "--outcome",
        "expansion",
        "--out",
        "scores.parquet",
        "--reasons",
    ]
    assert run(words) == 0
    return pq.read_table("scores.parquet")


def test_own_columns_are_served_with_the_bits_of_the_command(
    project: Path, scores: pa.Table, client: TestClient
) -> None:
    model = client.get("/v1/models").json()["models"]["expansion"]
    assert tuple(model["columns"]) == (*CATALOGUE.names, *OWN)
    assert model["catalogue"] == load_catalogue(project / "my_features.py").fingerprint
    assert {f"pp:{name}" for name in OWN} <= set(scores.column_names)
    rows = scores.slice(0, 50)
    ids = rows["account_id"].to_pylist()
    answer = client.post("/v1/score", json={"account_ids": ids, "outcomes": ["expansion"]}).json()
    served = {each["account_id"]: each["expansion"]["probability"] for each in answer["scores"]}
    assert served == dict(zip(ids, rows["probability"].to_pylist(), strict=True))


def test_what_was_served_keeps_own_values(scores: pa.Table, client: TestClient) -> None:
    row = pq.read_table("rows.parquet").slice(0, 1).to_pylist()[0]
    features = client.get(f"/v1/accounts/{row['account_id']}").json()["features"]
    assert {name: features[name] for name in OWN} == {name: row[name] for name in OWN}


def test_mlflow_scores_where_the_file_is_not(
    project: Path, scores: pa.Table, tmp_path: Path
) -> None:
    tracking = Tracking(project)
    folder = tracking.bundle_folder(tracking.version_of("expansion", None))
    shutil.copytree(folder, tmp_path / "elsewhere")
    frame = pq.read_table("rows.parquet").to_pandas()
    found = _load_pyfunc(str(tmp_path / "elsewhere")).predict(frame)
    assert found["probability"].tolist() == scores["probability"].to_pylist()


@pytest.mark.parametrize(
    "line",
    [
        ["train", "panel.parquet", "--outcome", "expansion"],
        ["score", "panel.parquet", "--outcome", "expansion", "--out", "refused.parquet"],
        ["run", "company", "--as-of", LAST],
    ],
    ids=lambda line: line[0],
)
def test_another_catalogue_is_refused_in_a_sentence(
    line: list[str],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TIERWISE_FEATURES", "")
    assert run(line) == 1
    said = capsys.readouterr().err
    assert f"{CATALOGUE.fingerprint[:12]} is in force" in said
    assert "make the panel again" in said
    assert not (project / "refused.parquet").exists()


def test_the_leak_check_tells_honest_from_leaky(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["features", "company", "--as-of", "2025-06-02", "--check-leaks", "--json", "leaks.json"]
    assert run(line) == 0
    honest = json.loads((project / "leaks.json").read_text(encoding="utf-8"))
    assert (honest["ok"], honest["leaks"]) == (True, [])
    assert honest["features"] == len(CATALOGUE) + len(OWN)

    (project / "leaky.py").write_text(LEAKY, encoding="utf-8")
    monkeypatch.setenv("TIERWISE_FEATURES", "leaky.py")
    assert run([*line, "--out", "leaky.parquet"]) == 1
    assert "arr_ever changed in" in capsys.readouterr().out
    leaky = json.loads((project / "leaks.json").read_text(encoding="utf-8"))
    assert [leak["feature"] for leak in leaky["leaks"]] == ["arr_ever"]
    assert not (project / "leaky.parquet").exists()
