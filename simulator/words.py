"""Names of companies and people, put together from lists of our own; no real company is meant.

A name is a pure function of the draws, so that the same seed names the same company.
"""

import tomllib
from pathlib import Path

import numpy as np

from simulator.arrays import Ints, Words, stream


def _read_words() -> dict[str, Words]:
    path = Path(__file__).parent / "presets" / "words.toml"
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: np.array([w.strip() for w in text.split(",")]) for name, text in lists.items()}


_WORDS = _read_words()
# A prime that shares no factor with the number of pairs: its multiples visit every pair.
_STRIDE = 7919
_FORMS = {
    "US": "Inc.", "GB": "Ltd", "DE": "GmbH", "SG": "Pte. Ltd.", "AU": "Pty Ltd", "FR": "SAS",
}  # fmt: skip


def company_names(first: int, country: Words, *, seed: int) -> Words:
    """Return one company name per account numbered from `first`, Japanese where `country` is JP.

    Numbers walk through all pairs of words in a shuffled order, so that a name does not come
    twice before the pairs are used up; then a place or a second family name is added.
    """
    offset = int(stream(seed, "names").integers(0, 1 << 30))
    number = first + np.arange(len(country))
    pairs = {language: _pairs(language) for language in ("ja", "en")}
    stem, trade = _company(number, offset, "ja")
    japan = np.char.add(stem, trade)
    place = _picked("ja_places", number // pairs["ja"] - 1)
    japan = np.where(number < pairs["ja"], japan, np.char.add(place, japan))
    is_front = (number * _STRIDE + offset) // 7 % 2 == 0
    form = "株式会社"
    japan = np.where(is_front, np.char.add(form, japan), np.char.add(japan, form))
    stem, trade = _company(number, offset, "en")
    family = np.char.add(" & ", _picked("en_family", number // pairs["en"] - 1))
    stem = np.char.add(stem, np.where(number < pairs["en"], "", family))
    abroad = _spaced(stem, trade, np.array([_FORMS.get(c, "Ltd") for c in country.tolist()]))
    names: Words = np.where(country == "JP", japan, abroad)
    return names


def person_names(rng: np.random.Generator, japanese: Ints) -> Words:
    """Return one person's name per entry, Japanese where `japanese` is 1."""
    family, given = rng.integers(0, 1 << 30, size=(2, len(japanese)))
    ja = _spaced(_pick(_WORDS["ja_family"], family), _pick(_WORDS["ja_given"], given))
    en = _spaced(_pick(_WORDS["en_given"], given), _pick(_WORDS["en_family"], family))
    names: Words = np.where(japanese == 1, ja, en)
    return names


def _pairs(language: str) -> int:
    """Return how many pairs of a stem and a trade there are."""
    return len(_WORDS[f"{language}_stems"]) * len(_WORDS[f"{language}_trades"])


def _company(number: Ints, offset: int, language: str) -> tuple[Words, Words]:
    code = (number * _STRIDE + offset) % _pairs(language)
    stems = len(_WORDS[f"{language}_stems"])
    stem = _picked(f"{language}_stems", code % stems)
    return stem, _picked(f"{language}_trades", code // stems)


def _picked(name: str, draw: Ints) -> Words:
    return _pick(_WORDS[name], draw)


def _pick(words: Words, draw: Ints) -> Words:
    return words[draw % len(words)]


def _spaced(*parts: Words) -> Words:
    whole = parts[0]
    for part in parts[1:]:
        whole = np.char.add(np.char.add(whole, " "), part)
    return whole
