"""The model card of one training, in English and in Japanese: figures with intervals, no claims.

Everything in it was measured in this run; what was not measured is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from training.checks.numbered import promotable
from training.models.boosted import Part
from training.reports.card_limits import LIMITS, NOT_FOR
from training.reports.card_sections import (
    Card,
    checks_section,
    columns_section,
    figures_section,
    pictures_section,
    say,
    touched_section,
)
from training.reports.card_words import CALIBRATORS, TEXTS, TITLES, Words
from training.reports.document import (
    Block,
    Heading,
    Language,
    Paragraph,
    Points,
    to_html,
    to_markdown,
)
from training.reports.facts import calibrators, window
from training.reports.groups_apart import groups_section

# Who tells the label window of a table with time.
WINDOWS: Words = {
    "table": {
        "en": "The table itself tells this label window",
        "ja": "ラベルの対象期間は、表に記録されたもの",
    },
    "settings": {
        "en": "The table does not tell its label window: {lead_days} and {horizon_days} days "
        "are those of the settings lead_days and horizon_days",
        "ja": "表にラベルの対象期間の記録がないため、設定値（lead_days {lead_days}日、"
        "horizon_days {horizon_days}日）を使用",
    },
}

LANGUAGES: tuple[Language, ...] = ("en", "ja")


def write_card(card: Card, folder: Path) -> None:
    """Write `model_card.<language>.md` and `.html` into a new folder."""
    folder.mkdir(parents=True)
    for language in LANGUAGES:
        blocks = card_blocks(card, language)
        title = say(TITLES, "title", language, outcome=card.learnt.outcome)
        page = to_html(blocks, title=title, language=language)
        for ending, text in (("md", to_markdown(blocks)), ("html", page)):
            (folder / f"model_card.{language}.{ending}").write_text(text, encoding="utf-8")


def card_blocks(card: Card, language: Language) -> list[Block]:
    """Return the card as blocks of a document."""

    def title(key: str) -> Heading:
        return Heading(say(TITLES, key, language))

    verdict = "promotable" if promotable(card.checks) else "not_promotable"
    return [
        Heading(say(TITLES, "title", language, outcome=card.learnt.outcome), level=1),
        Paragraph(say(TEXTS, verdict, language, trained_at=_moment(card.trained_at))),
        *(title("use"), _use(card, language)),
        *(title("data"), _data(card, language)),
        *(title("figures"), *figures_section(card, language), *pictures_section(card)),
        *groups_section(card.groups, card.catalogue, language),
        *touched_section(card, language),
        *(title("columns"), *columns_section(card, language)),
        *(title("checks"), checks_section(card, language)),
        *(title("limits"), Points(LIMITS[language])),
        *(title("not_for"), Points(NOT_FOR[language])),
        *(title("again"), _again(card, language)),
    ]


def _moment(trained_at: str) -> str:
    """Return an ISO time as people read it."""
    moment = datetime.fromisoformat(trained_at).astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _use(card: Card, language: Language) -> Block:
    """Say what is predicted."""
    examples = card.learnt.examples
    key = "says" if examples.time is None else "says_in_time"
    return Paragraph(
        say(
            TEXTS,
            key,
            language,
            entity=examples.entity_name,
            label=examples.label_name,
            lead=examples.lead_days,
            horizon=examples.horizon_days,
        )
    )


def _data(card: Card, language: Language) -> Block:
    """Say what was learnt from and judged on."""
    learnt = card.learnt
    examples, split = learnt.examples, learnt.split
    fit, test = window(learnt, split.fit) or ["", ""], window(learnt, split.test) or ["", ""]
    values = {
        "source": card.source,
        "n": examples.n_known,
        "n_entities": examples.n_entities,
        "entity": examples.entity_name,
        "n_events": examples.n_events,
        "base_rate": examples.n_events / examples.n_known,
        "n_fit": len(split.fit),
        "n_test": len(split.test),
        "fit_from": fit[0],
        "fit_to": fit[1],
        "test_from": test[0],
        "test_to": test[1],
        "embargo": split.embargo_days,
        "n_columns": len(examples.columns),
        "shapes": _shapes(learnt.outgoing.boosted.parts, language),
        "calibrator": _calibrator(card, language),
        "catalogue": (examples.catalogue or "")[:12],
    }
    judged = "judged_in_time" if split.by_time else "judged"
    if (apart := learnt.judged.apart) is not None:
        judged = judged.replace("judged", "judged_apart")
        values |= {"n_fit": apart.n, "n_sampled": len(examples.y)}
        values["fit_from"], values["fit_to"] = apart.days or ("", "")
    columns = "their_columns" if examples.catalogue is None else "our_columns"
    keys = ("source", "rows", judged, "model", columns)
    points = [say(TEXTS, key, language, **values) for key in keys]
    if examples.window is not None:
        points.insert(2, say(WINDOWS, str(examples.window["from"]), language, **examples.window))
    return Points(points)


def _calibrator(card: Card, language: Language) -> str:
    """Say how probabilities are calibrated; both kinds where two models have two."""
    judged, outgoing = (say(CALIBRATORS, each, language) for each in calibrators(card.learnt))
    if judged == outgoing:
        return judged
    return judged + say(CALIBRATORS, "goes_out", language, kind=outgoing)


def _shapes(parts: Sequence[Part], language: Language) -> str:
    """Say what trees a model has; of a blend, also how much each shape counts."""
    words = [
        say(
            TEXTS,
            "shape_from_line" if part.shape.straight else "shape",
            language,
            n_trees=part.n_trees,
            n_leaves=part.shape.n_leaves,
        )
        for part in parts
    ]
    if len(words) == 1:
        return words[0]
    shares = [f"{100 * part.weight:.3g}" for part in parts]
    each = [
        say(TEXTS, "share", language, share=share, of=of)
        for share, of in zip(shares, words, strict=True)
    ]
    return say(TEXTS, "blend", language, shapes=" + ".join(each))


def _again(card: Card, language: Language) -> Block:
    """Say what gives the same model again."""
    apart = card.learnt.judged.apart
    return Paragraph(
        say(
            TEXTS,
            "again" if apart is None or apart.repeatable else "again_nearly",
            language,
            digest=card.learnt.examples.digest[:16],
            seed=card.learnt.seed,
            libraries=", ".join(card.libraries),
        )
    )
