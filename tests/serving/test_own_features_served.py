"""A user's own features in the service: their words in reasons, their file in its environment."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from features import CATALOGUE, Catalogue
from features.errors import CatalogueError
from serving.explaining import explained_rows, stored_explanation
from serving.launch import environment, serve
from serving.place import Place
from serving.records import ModelUsed, OutcomeScore

OWN = replace(
    CATALOGUE["n_events_28d"],
    name="n_report_exports_28d",
    group="own",
    label_en="Report exports",
    label_ja="レポート出力回数",
)
SCORE = OutcomeScore(
    probability=0.2,
    base_probability=0.1,
    margin=-1.4,
    base_margin=-2.2,
    pp=(0.1,),
    percentile=90.0,
)


@pytest.mark.parametrize(
    ("ours", "language", "begins"),
    [
        (True, "en", "Report exports 3 times raises"),
        (True, "ja", "レポート出力回数 3回：解約リスクを"),
        (False, "en", "n_report_exports_28d 3 raises"),
    ],
)
def test_stored_scores_are_said_in_the_words_of_the_catalogue_in_force(
    ours: bool, language: str, begins: str
) -> None:
    used = ModelUsed("churn/1", digest="", columns=(OWN.name,), from_catalogue=ours)
    told = stored_explanation("churn", used, [SCORE], Catalogue([*CATALOGUE, OWN]))
    said = explained_rows(told, pa.table({OWN.name: [3.0]}), k=1, language=language)
    assert said[0]["reasons"][0]["text"].startswith(begins)


@pytest.mark.parametrize("own", [None, Path("mine") / "own.py"])
def test_the_service_finds_the_file_by_its_environment(own: Path | None, tmp_path: Path) -> None:
    place = Place.of(tmp_path, features=own)
    again = Place.from_environment(environment(place))
    assert again == place
    assert again.features == (None if own is None else own.resolve())


def test_a_file_that_is_not_there_is_said_before_serving(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"own\.py: the file of own features cannot be read"):
        serve(home=tmp_path, features=tmp_path / "own.py")
