"""Where the model that goes out has another calibrator than the judged one, both are named."""

from types import SimpleNamespace
from typing import Any

import pytest

from training.reports import facts, model_card


def learnt(judged: str, outgoing: str) -> Any:
    def fitted(kind: str) -> Any:
        manifest = SimpleNamespace(calibrator=SimpleNamespace(kind=kind))
        return SimpleNamespace(bundle=SimpleNamespace(manifest=manifest))

    return SimpleNamespace(judged=fitted(judged), outgoing=fitted(outgoing))


@pytest.mark.parametrize(
    ("language", "same", "both"),
    [
        ("en", "beta", "beta in the judged model; in the model that goes out: none was needed"),
        ("ja", "ベータ", "ベータ（評価したモデル。実際に使うモデルはなし）"),
    ],
)
def test_the_card_names_both(language: Any, same: str, both: str) -> None:
    card: Any = SimpleNamespace(learnt=learnt("beta", "beta"))
    assert model_card._calibrator(card, language) == same
    card = SimpleNamespace(learnt=learnt("beta", "none"))
    assert model_card._calibrator(card, language) == both
    assert facts.calibrators(card.learnt) == ("beta", "none")
