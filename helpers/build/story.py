"""What a study comes to, in short: the headlines of its chapters, gathered under the questions of a business."""

import html
import re
from typing import Any

from helpers.study.schema import Study
from helpers.study.series import QUESTIONS

CLAIMS_TOLD = 5
"""Claims that do not hold which are told in short; the table of claims has all."""
ON_A_CARD, LETTERS = 3, 160
"""Sentences that the shelf has room for, and how long they may be."""


def in_short(study: Study, state: dict[str, Any], claims: list[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """Return each question with what answers it; questions nobody answers are left out.

    Args:
        study: whose story it is.
        state: what run.json knows; the headlines of its chapters are HTML, values escaped.
        claims: checked, with their verdicts.
    """
    answers = _answers(study, state, claims)
    return [(QUESTIONS[question], texts) for question, texts in answers.items() if texts]


def for_a_card(study: Study, state: dict[str, Any], claims: list[dict[str, str]]) -> list[str]:
    """Return the few short sentences that help most to decide whether a study is worth opening, as HTML.

    Who the customers are, what to do (the later chapters say whom to contact, so the last), and what not to
    believe; then how much they bring, where one of these is missing or long.
    """
    answers = {
        question: [text for text in texts if len(html.unescape(re.sub("<[^>]*>", "", text))) <= LETTERS]
        for question, texts in _answers(study, state, claims).items()
    }
    first = ("who", "do", "doubt", "how much", "how many")
    kept = [question for question in first if answers[question]][:ON_A_CARD]
    return [answers[question][-1 if question == "do" else 0] for question in QUESTIONS if question in kept]


def _answers(study: Study, state: dict[str, Any], claims: list[dict[str, str]]) -> dict[str, list[str]]:
    """Return what answers each of the QUESTIONS, as HTML."""
    answers: dict[str, list[str]] = {question: [] for question in QUESTIONS}
    for chapter in study.chapters:
        known = state.get("chapters", {}).get(chapter.name, {})
        marked = known.get("story") or []
        for question, text in marked:
            answers[question].append(text)
        if not marked and chapter.answers and known.get("headlines"):
            answers[chapter.answers].append(known["headlines"][0])
    answers["doubt"] += _doubts(claims)
    return answers


def _doubts(claims: list[dict[str, str]]) -> list[str]:
    """Return the claims that do not hold, as sentences in HTML."""
    from helpers.build.claims import FAILS  # brings the engine, as the verdicts did
    from helpers.show.display import sentence

    failed = [claim for claim in claims if claim["verdict"] == FAILS]
    told = [
        sentence("“{claim}” does not hold: expected {expected}, found {found}.", **_quoted(claim))
        for claim in failed[:CLAIMS_TOLD]
    ]
    if more := len(failed) - len(told):
        claims_do = "claim does" if more == 1 else "claims do"
        told.append(sentence("{n} more published {do} not hold: see the table of claims.", n=more, do=claims_do))
    return told


def _quoted(claim: dict[str, str]) -> dict[str, str]:
    return {key: claim[key] for key in ("claim", "expected", "found")}
