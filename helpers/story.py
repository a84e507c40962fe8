"""What a study comes to, in short: the headlines of its chapters, gathered under the questions of a business."""

from typing import Any

from helpers.series import QUESTIONS
from helpers.study import Study

CLAIMS_TOLD = 5
"""Claims that do not hold which are told in short; the table of claims has all."""


def in_short(study: Study, state: dict[str, Any], claims: list[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """Return each question with what answers it; questions nobody answers are left out.

    Args:
        study: whose story it is.
        state: what run.json knows; the headlines of its chapters are HTML, values escaped.
        claims: checked, with their verdicts.
    """
    answers: dict[str, list[str]] = {question: [] for question in QUESTIONS}
    for chapter in study.chapters:
        known = state.get("chapters", {}).get(chapter.name, {})
        marked = known.get("story") or []
        for question, text in marked:
            answers[question].append(text)
        if not marked and chapter.answers and known.get("headlines"):
            answers[chapter.answers].append(known["headlines"][0])
    answers["doubt"] += _doubts(claims)
    return [(QUESTIONS[question], texts) for question, texts in answers.items() if texts]


def _doubts(claims: list[dict[str, str]]) -> list[str]:
    """Return the claims that do not hold, as sentences in HTML."""
    from helpers.claims import FAILS  # brings the engine, as the verdicts did
    from helpers.display import sentence

    failed = [claim for claim in claims if claim["verdict"] == FAILS]
    told = [
        sentence("“{claim}” does not hold: {found} was found.", claim=claim["claim"], found=claim["found"])
        for claim in failed[:CLAIMS_TOLD]
    ]
    if more := len(failed) - len(told):
        told.append(sentence("{n} more published claims do not hold: see the table of claims.", n=more))
    return told
