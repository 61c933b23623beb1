"""A bundle proves its integrity, and gives the same bits however it is asked."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import CATALOGUE, Catalogue
from scoring import BundleError, Calibrator, load_bundle, write_bundle

CALIBRATORS = (
    Calibrator("beta", 0.8, 1.2, -0.1),
    Calibrator("venn_abers", knots=((-1.5, -2.25), (0.1, -0.3), (1 / 3, 0.7))),
)


@pytest.fixture(params=CALIBRATORS, ids=lambda calibrator: calibrator.kind)
def written(request, make, tmp_path: Path):
    bundle, rows, texts = make(7, request.param, 2)
    folder = tmp_path / "a bundle"
    write_bundle(folder, bundle.manifest, texts)
    return folder, bundle, rows, texts


def test_read_back_it_scores_the_same_bits(written) -> None:
    folder, bundle, rows, _ = written
    again = load_bundle(folder)
    assert again.manifest == bundle.manifest
    assert np.array_equal(again.score(rows).probability, bundle.score(rows).probability)


def test_one_row_and_a_batch_give_the_same_bits(written) -> None:
    _, bundle, rows, _ = written
    batch = bundle.explain(rows)
    for row in range(0, rows.num_rows, 17):
        one = bundle.explain(rows.slice(row, 1))
        assert one.probability[0] == batch.probability[row]
        assert np.array_equal(one.pp[0], batch.pp[row])


def test_order_of_columns_and_extras_change_nothing(written) -> None:
    _, bundle, rows, _ = written
    shuffled = rows.select(["is_auto", "seats", "plan", "idle"])
    shuffled = shuffled.append_column("extra", pa.nulls(rows.num_rows))
    assert np.array_equal(bundle.score(shuffled).probability, bundle.score(rows).probability)


def test_same_facts_are_the_same_bytes(written, tmp_path: Path) -> None:
    folder, bundle, _, texts = written
    write_bundle(tmp_path / "twin", bundle.manifest, texts)
    for path in sorted(folder.iterdir()):
        assert path.read_bytes() == (tmp_path / "twin" / path.name).read_bytes()


def test_nothing_is_pickled_and_every_file_is_named(written) -> None:
    folder = written[0]
    named = set(json.loads((folder / "manifest.json").read_text())["files"])
    assert {path.name for path in folder.iterdir()} == named | {"manifest.json"}
    assert {Path(name).suffix for name in named} == {".txt"}


@pytest.mark.parametrize("name", ["manifest.json", "model.txt", "model_1.txt"])
def test_a_missing_file_is_refused_by_name(written, name: str) -> None:
    (written[0] / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_bundle(written[0])


@pytest.mark.parametrize("name", ["model.txt", "model_1.txt"])
def test_one_changed_byte_is_refused(written, name: str) -> None:
    content = bytearray((written[0] / name).read_bytes())
    content[len(content) // 2] ^= 1
    (written[0] / name).write_bytes(bytes(content))
    with pytest.raises(BundleError, match="damaged"):
        load_bundle(written[0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 99}, "format 99"),
        ({"files": {}}, "names no model"),
        ({"files": {"../model.txt": "0"}}, "expected"),
        ({"columns": [{"name": "idle"}]}, "malformed"),
        ({"calibrator": {"kind": "magic", "a": 1, "b": 1, "c": 0}}, "magic"),
    ],
)
def test_a_manifest_that_lies_is_refused(written, change, says: str) -> None:
    path = written[0] / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BundleError, match=says):
        load_bundle(written[0])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_broken_manifest_is_refused(written, content: bytes) -> None:
    (written[0] / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match="manifest"):
        load_bundle(written[0])


def test_another_catalogue_is_refused_in_a_sentence(make, tmp_path: Path) -> None:
    bundle, _, texts = make(7)
    ours = replace(bundle.manifest, catalogue=CATALOGUE.fingerprint)
    write_bundle(tmp_path / "ours", ours, texts)
    assert load_bundle(tmp_path / "ours").catalogue is CATALOGUE
    other = Catalogue(CATALOGUE.features[1:])
    with pytest.raises(BundleError, match="would mean something else"):
        load_bundle(tmp_path / "ours", catalogue=other)
    # Who only scores is not asked what the columns mean, and gets the same bits.
    unchecked = load_bundle(tmp_path / "ours", catalogue=None)
    assert unchecked.catalogue is None
    write_bundle(tmp_path / "foreign", replace(ours, catalogue=None), texts)
    assert load_bundle(tmp_path / "foreign", catalogue=other).catalogue is None


def test_a_bundle_is_never_overwritten_nor_left_half(written, make, tmp_path: Path) -> None:
    folder, bundle, _, texts = written
    with pytest.raises(BundleError, match="exists already"):
        write_bundle(folder, bundle.manifest, texts)
    with pytest.raises(BundleError):
        write_bundle(tmp_path / "half", bundle.manifest, [texts[0], "no model"])
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    shutil.rmtree(folder)
