"""The key figures of an account page: a few features, now, before and at peers."""

from dataclasses import dataclass
from typing import Any

from features.catalogue import Catalogue
from serving.formats import money, percent, plain
from serving.records import Record, Run
from serving.snapshot import peers_of
from serving.words import words_in

SHOWN = (
    "n_active_users_28d",
    "active_days_28d",
    "days_since_last_use",
    "n_modules_used_28d",
    "active_seat_share_28d",
    "n_seats",
    "tenure_days",
    "days_to_renewal",
    "days_to_notice_deadline",
    "n_open_tickets",
    "nps_last",
    "days_since_human_touch",
)


@dataclass(frozen=True)
class Figure:
    """One line: label, value now, 84 days before, and the median of the same use case."""

    label: str
    value: str
    was: str
    peers: str


def key_figures(run: Run, record: Record, catalogue: Catalogue, language: str) -> list[Figure]:
    """Return the figures that are known for this account."""
    words = words_in(language)
    was, peers = record.was or {}, peers_of(run.peers, record.use_case)
    figures = []
    for name in SHOWN:
        if record.features.get(name) is None:
            continue
        feature = catalogue[name]
        values = (record.features[name], was.get(name), peers.get(name))
        now, before, usual = (written(value, feature.kind, words) for value in values)
        label = feature.label("ja" if language == "ja" else "en")
        figures.append(Figure(label, now, before, usual))
    return figures


def written(value: Any, kind: str, words: dict[str, str]) -> str:
    """Write a feature value as its kind asks."""
    if value is None or isinstance(value, str):
        return plain(value)
    if kind == "share":
        return percent(value)
    if kind == "money":
        return money(value)
    if kind == "flag":
        return words["yes"] if value else words["no"]
    return plain(value)
