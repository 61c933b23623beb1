"""Who may import whom, and through which door each outside library comes in."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "features": set(),
    "tiering": set(),
    "simulator": set(),
    "scoring": {"features"},
    "training": {"features", "scoring", "tiering"},
    "serving": {"features", "scoring", "tiering"},
    "tierwise": {"features", "scoring", "serving", "simulator", "tiering", "training"},
}

DOORS = {
    "mlflow": {"training/tracking/store.py", "training/tracking/runs.py", "serving/registry.py"},
    "bentoml": {"serving/"},
    "ibis": {"features/"},
    "duckdb": {"features/"},
    "shap": {"training/reports/plots.py"},
    "sqlalchemy": {"serving/"},
    "lightgbm": {
        "training/models/trees.py",
        "training/models/binned.py",
        "training/models/cluster.py",
        "scoring/booster.py",
    },
    "dask": {"training/models/cluster.py"},
    "distributed": {"training/models/cluster.py"},
}

# Within `training`: each layer may import those before it.
TRAINING = (
    {"errors", "tables", "measures"},
    {"checks"},
    {"models"},
    {"tracking"},
    {"reports"},
    {"lifecycle", "horizons"},
    {"forecasting", "backtests"},
)

LONGEST_FILE = 250
LONGEST_BODY = 50
MOST_ARGUMENTS = 8
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "misc", "common_utils"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
        elif isinstance(node, ast.ImportFrom) and node.level > 0:
            pytest.fail(f"{path}: relative import; write the package's name")


def violations(package: str) -> list[str]:
    allowed = MAY_IMPORT[package] | {package}
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imported(path)
        if (top := name.split(".")[0]) in MAY_IMPORT and top not in allowed
    ]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_one_way(package: str) -> None:
    assert violations(package) == []


@pytest.mark.parametrize("depth", range(len(TRAINING)), ids=lambda d: "+".join(sorted(TRAINING[d])))
def test_layers_of_training_import_one_way(depth: int) -> None:
    below = set().union(*TRAINING[:depth])
    strangers = [
        f"{path.relative_to(ROOT)} imports {name}"
        for layer in TRAINING[depth] - {"errors"}
        for path in modules(f"training/{layer}")
        for name in imported(path)
        if name.startswith("training.") and name.split(".")[1] not in below | {layer, "errors"}
    ]
    assert strangers == []


def test_training_has_no_layer_but_these() -> None:
    found = {path.parent.name for path in modules("training")} - {"training"}
    assert found == set().union(*TRAINING) - {"errors"}


def test_the_walk_sees_every_package() -> None:
    assert all(modules(package) for package in MAY_IMPORT)


@pytest.mark.parametrize(("library", "doors"), DOORS.items())
def test_outside_libraries_come_in_by_one_door(library: str, doors: set[str]) -> None:
    strangers = [
        str(path.relative_to(ROOT))
        for package in MAY_IMPORT
        for path in modules(package)
        if library in {name.split(".")[0] for name in imported(path)}
        and not str(path.relative_to(ROOT)).startswith(tuple(doors))
    ]
    assert strangers == []


def test_scoring_knows_only_the_catalogue_of_features() -> None:
    names = {name for path in modules("scoring") for name in imported(path)}
    assert {n for n in names if n.split(".")[0] == "features"} <= {"features.catalogue"}


@pytest.mark.parametrize("path", [p for each in MAY_IMPORT for p in modules(each)], ids=str)
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.stem not in FORBIDDEN_NAMES
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            assert (node.end_lineno or 0) - first.lineno + 1 <= LONGEST_BODY, node.name
