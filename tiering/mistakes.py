"""Mistakes in a policy file: one sentence each, with the place, what stood there and a remedy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from tiering.version import Tier, Version


def described(
    error: ValidationError, raw: Mapping[str, Any], keys: Sequence[str]
) -> tuple[str, ...]:
    """Return one sentence per mistake that pydantic found in ``raw``; ``keys`` may be meant."""
    sentences: list[str] = []
    places = [found["loc"] for found in error.errors(include_url=False)]
    for found in error.errors(include_url=False):
        if any(place[: len(found["loc"])] == found["loc"] != place for place in places):
            continue  # only says that something inside is wrong
        message = found["msg"].removeprefix("Value error, ")
        if found["type"] == "value_error":
            sentences += message.split("\n")
            continue
        place = _place(found["loc"], raw)
        if found["type"] == "extra_forbidden":
            sentences.append(f"{place}: unknown key{_near(str(found['loc'][-1]), keys)}")
        elif found["type"] == "missing":
            sentences.append(f"{place}: missing")
        else:
            sentences.append(f"{place}: {message[0].lower()}{message[1:]}; got {found['input']!r}")
    return tuple(dict.fromkeys(sentences))


def _near(key: str, keys: Sequence[str]) -> str:
    match = get_close_matches(key, keys, n=1)
    return f"; did you mean {match[0]!r}?" if match else "; remove it"


def _place(loc: tuple[int | str, ...], raw: Mapping[str, Any]) -> str:
    """Write ``version[2026-10-01].tier[high].title.ja``: names rather than positions."""
    words: list[str] = []
    here: Any = raw
    for step in loc:
        if isinstance(step, int) and words:
            here = here[step] if isinstance(here, list) and step < len(here) else None
            words[-1] += f"[{_label(here, step)}]"
        else:
            here = here.get(step) if isinstance(here, Mapping) else None
            words.append(str(step))
    return ".".join(words) or "the file"


def _label(item: object, position: int) -> object:
    if isinstance(item, Mapping):
        for key in ("from", "name", "code"):
            if key in item:
                return item[key]
    return position


def cross_mistakes(versions: Iterable[Version]) -> list[str]:
    """Return what no single value shows: doubled names, dangling references, no baseline."""
    versions = tuple(versions)
    found = [
        f"version[{day}]: two versions start on this day; keep one"
        for day in _doubled(version.name for version in versions)
    ]
    for version in versions:
        found += [f"version[{version.name}]{mistake}" for mistake in _within(version)]
    return found


def _within(version: Version) -> Iterator[str]:
    tiers = [tier.name for tier in version.tiers]
    signals = [signal.code for signal in version.signals]
    for kind, names in (
        ("tier", tiers),
        ("signal", signals),
        ("play", [p.code for p in version.plays]),
    ):
        yield from (f".{kind}[{name}]: stands twice; names must differ" for name in _doubled(names))
    if not any(_is_baseline(tier) for tier in version.tiers):
        yield ".tier: none is without a `team`; one tier must have room for everyone"
    for play in version.plays:
        if play.signal is not None and play.signal not in signals:
            yield f".play[{play.code}].signal: no signal {play.signal!r}{_of(play.signal, signals)}"
        for name in play.tiers:
            if name not in tiers:
                yield f".play[{play.code}].tiers: no tier {name!r}{_of(name, tiers)}"
    for rule in version.signals:
        for condition in rule.when:
            if isinstance(condition.threshold, str) and condition.operator not in ("==", "!="):
                place = f".signal[{rule.code}].when[{condition.feature}].operator"
                yield f"{place}: a text threshold needs == or !=; got {condition.operator!r}"


def _is_baseline(tier: Tier) -> bool:
    return tier.team is None


def _of(name: str, names: list[str]) -> str:
    match = get_close_matches(name, names, n=1)
    return f"; did you mean {match[0]!r}?" if match else f"; there are: {', '.join(names)}"


def _doubled(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
