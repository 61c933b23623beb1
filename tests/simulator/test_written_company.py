"""What `simulate` writes: the same bytes for the same seed, whole or not at all."""

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features import check_source
from simulator import OutputError, PresetError, simulate
from simulator import company as company_module
from simulator.tables import SCHEMAS

SIZE = {"accounts": 60, "months": 8}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


def test_same_seed_same_bytes_other_seed_other_company(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        simulate(tmp_path / name, **SIZE, seed=seed)
    one, two, other = (digests(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    shared = {name for name in one if one[name] == other[name]}
    assert shared == {"modules.parquet"}


def test_every_table_of_the_contract_is_there_with_its_columns(company: Path) -> None:
    assert {path.stem for path in company.glob("*.parquet")} == set(SCHEMAS)
    for name, schema in SCHEMAS.items():
        assert pq.read_schema(company / f"{name}.parquet").names == schema.names


def test_the_contract_check_finds_no_fault(company: Path) -> None:
    report = check_source(company)
    assert report.ok, report.problems


def test_nothing_is_there_that_was_not_known_on_the_last_day(
    tables: dict[str, pd.DataFrame],
) -> None:
    end = pd.Timestamp(tables["touches"].happened_at.max()).normalize() + pd.Timedelta(days=1)
    late = {name: frame.known_at for name, frame in tables.items() if "known_at" in frame}
    assert {"accounts", "contracts", "usage", "tickets", "surveys"} <= set(late)
    for name, known in late.items():
        assert known.notna().any(), name
        assert known.max() < end, name


def test_optional_tables_can_be_left_out(tmp_path: Path) -> None:
    simulate(tmp_path / "bare", **SIZE, omit=("tickets", "surveys", "csms"))
    written = {path.stem for path in (tmp_path / "bare").glob("*.parquet")}
    assert written == set(SCHEMAS) - {"tickets", "surveys", "csms"}
    assert check_source(tmp_path / "bare").ok


def test_a_required_table_cannot_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="cannot omit 'usage'"):
        simulate(tmp_path / "out", **SIZE, omit=("usage",))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("size", "words"), [({"accounts": 0}, "accounts"), ({"months": 2}, "months")]
)
def test_impossible_sizes_are_refused_by_name(
    tmp_path: Path, size: dict[str, int], words: str
) -> None:
    with pytest.raises(PresetError, match=f"{words} must be"):
        simulate(tmp_path / "out", **{**SIZE, **size})
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_simulation_is_replaced_whole(tmp_path: Path) -> None:
    simulate(tmp_path / "out", **SIZE, seed=1)
    simulate(tmp_path / "out", **SIZE, seed=2, omit=("tickets",))
    simulate(tmp_path / "fresh", **SIZE, seed=2, omit=("tickets",))
    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(OutputError, match="no simulation wrote"):
        simulate(tmp_path, **SIZE)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_failed_run_leaves_the_old_company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(tmp_path / "out", **SIZE, seed=1)
    before = digests(tmp_path)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(company_module, "truth_tables", broken)
    with pytest.raises(RuntimeError, match="disk on fire"):
        simulate(tmp_path / "out", **SIZE, seed=2)
    assert digests(tmp_path) == before


def test_a_larger_company_begins_with_the_same_chunk_of_accounts(tmp_path: Path) -> None:
    """Chunks have their own draws: what a chunk holds does not depend on those after it."""
    simulate(tmp_path / "one", accounts=500, months=6, seed=1)
    simulate(tmp_path / "two", accounts=520, months=6, seed=1)
    one, two = (pq.read_table(tmp_path / n / "contracts.parquet") for n in ("one", "two"))
    assert two.num_rows > one.num_rows
    assert two.slice(0, one.num_rows).to_pylist() == one.to_pylist()
