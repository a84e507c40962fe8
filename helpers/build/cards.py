"""A kept model's card as a page: what it learned from, how it was measured, and what it is not for."""

from typing import Any

from helpers.base.text import money, number, written
from helpers.build.history import moment
from helpers.build.templating import render
from helpers.study.models import Card, Feature, Measured


def card_page(card: Card, study_title: str, chapter_href: str) -> str:
    """Return a card as HTML, with a link to the chapter that kept the model."""
    return render("card.html.j2", card=card_context(card), study_title=study_title, chapter=chapter_href)


def card_context(card: Card) -> dict[str, Any]:
    """Return what a card says, in words."""
    return {
        "name": card.name,
        "predicts": card.predicts,
        "facts": [
            ("Model", card.model),
            ("Trained", moment(card.trained_at)),
            ("Learned from", card.trained_on),
            ("Measured on", card.measured_on),
            ("SHA-256", f"{card.sha256[:16]}…"),
            ("Kept by", ", ".join(f"{package} {text}" for package, text in card.versions.items())),
        ],
        "measured": [(one.label, _measure(one, card.currency)) for one in card.measured],
        "leaks": card.leaks,
        "not_for": card.not_for,
        "features": [_feature(feature, card.currency) for feature in card.features],
    }


def _measure(one: Measured, currency: str) -> str:
    """Return a measure as people write it, with its interval in brackets."""
    value, low, high = (_one(one.kind, each, currency) for each in (one.value, one.low, one.high))
    return value if one.low is None else f"{value} ({low} to {high})"


def _one(kind: str, value: float | None, currency: str) -> str:
    return money(value, currency) if kind == "money" and value is not None else number(written(value, kind))


def _feature(feature: Feature, currency: str) -> dict[str, Any]:
    texts = ", ".join(feature.levels[:6]) + (", …" if len(feature.levels) > 6 else "")
    unit = {"days": "days", "money": currency, "share": "share of 1"}.get(feature.kind, "number")
    return {
        "label": feature.label,
        "meaning": feature.meaning,
        "unit": unit if feature.is_number else "text",
        "range": f"{number(feature.low)} to {number(feature.high)}" if feature.is_number else texts,
        "usual": number(feature.usual),
    }
