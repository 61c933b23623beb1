"""Names of companies and people, put together from lists of our own; no real company is meant.

A name is a pure function of the draws, so that the same seed names the same company.
"""

import tomllib
from pathlib import Path

import numpy as np

from simulator.arrays import Ints, Words


def _read_words() -> dict[str, Words]:
    path = Path(__file__).parent / "presets" / "words.toml"
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: np.array([w.strip() for w in text.split(",")]) for name, text in lists.items()}


_WORDS = _read_words()


def company_names(rng: np.random.Generator, japanese: Ints) -> Words:
    """Return one company name per account, Japanese where `japanese` is 1."""
    n = len(japanese)
    stem, trade, form = rng.integers(0, 1 << 30, size=(3, n))
    front = np.where(rng.random(n) < 0.5, "株式会社", "")
    back = np.where(front == "", "株式会社", "")
    body = np.char.add(_pick(_WORDS["ja_stems"], stem), _pick(_WORDS["ja_trades"], trade))
    ja = np.char.add(np.char.add(front, body), back)
    en = _spaced(
        _pick(_WORDS["en_stems"], stem),
        _pick(_WORDS["en_trades"], trade),
        _pick(_WORDS["en_forms"], form),
    )
    names: Words = np.where(japanese == 1, ja, en)
    return names


def person_names(rng: np.random.Generator, japanese: Ints) -> Words:
    """Return one person's name per entry, Japanese where `japanese` is 1."""
    family, given = rng.integers(0, 1 << 30, size=(2, len(japanese)))
    ja = _spaced(_pick(_WORDS["ja_family"], family), _pick(_WORDS["ja_given"], given))
    en = _spaced(_pick(_WORDS["en_given"], given), _pick(_WORDS["en_family"], family))
    names: Words = np.where(japanese == 1, ja, en)
    return names


def _pick(words: Words, draw: Ints) -> Words:
    return words[draw % len(words)]


def _spaced(*parts: Words) -> Words:
    whole = parts[0]
    for part in parts[1:]:
        whole = np.char.add(np.char.add(whole, " "), part)
    return whole
