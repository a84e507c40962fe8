"""The story in short: which headlines answer which question, and the claims that do not hold."""

import pytest

from helpers.build.front import CLAIMS_TOLD, LETTERS, for_a_card, in_short
from helpers.study.series import CHAPTERS, QUESTIONS


def claim(verdict: str, text: str = "All is well") -> dict[str, str]:
    return {"claim": text, "source": "", "expected": "1", "found": "0", "verdict": verdict}


def test_marked_headlines_answer_their_question_in_the_order_of_the_series(study):
    state = {
        "chapters": {
            "clustering": {"headlines": ["c1"], "story": [["doubt", "no groups"], ["who", "two kinds"]]},
            "rfm": {"headlines": ["r1", "r2"], "story": [["who", "the loyal"]]},
        }
    }
    assert in_short(study(), state, []) == [
        ("Who", ["the loyal", "two kinds"]), ("What not to believe", ["no groups"]),
    ]  # fmt: skip


def test_a_chapter_that_marks_none_answers_with_its_first_headline(study):
    state = {"chapters": {"rfm": {"headlines": ["r1", "r2"]}, "eda": {"headlines": ["e1"]}, "anomaly": {}}}
    assert in_short(study(), state, []) == [("How much", ["r1"])]


def test_only_claims_that_do_not_hold_are_told_and_as_text(study):
    claims = [claim("holds"), claim("cannot be tested here"), claim("does not hold", "<b>Half</b> leave")]
    [(question, [text])] = in_short(study(), {}, claims)
    assert question == "What not to believe"
    assert text == "“&lt;b&gt;Half&lt;/b&gt; leave” does not hold: expected 1, found 0."


def test_a_long_list_of_claims_is_cut_and_says_so(study):
    [(_, texts)] = in_short(study(), {}, [claim("does not hold")] * (CLAIMS_TOLD + 3))
    assert len(texts) == CLAIMS_TOLD + 1 and texts[-1].startswith("3 more published claims do not")
    [(_, texts)] = in_short(study(), {}, [claim("does not hold")] * (CLAIMS_TOLD + 1))
    assert texts[-1].startswith("1 more published claim does not")


def test_a_card_has_a_few_short_sentences_in_the_order_of_the_questions(study):
    told = [
        ["how much", "much"],
        ["who", "w" * (LETTERS + 1)],
        ["doubt", "no groups"],
        ["who", "<em>two</em> kinds"],
    ]
    state = {"chapters": {"rfm": {"story": told}, "anomaly": {"story": [["do", "look at lines"]]}}}
    assert for_a_card(study(), state, []) == ["<em>two</em> kinds", "look at lines", "no groups"]
    state["chapters"]["purchase_prediction"] = {"story": [["do", "contact them"]]}
    assert for_a_card(study(), state, [])[1] == "contact them"
    state = {"chapters": {"rfm": {"story": told[:2]}}}
    assert for_a_card(study(), state, []) == ["much"]


def test_a_chapter_left_out_of_the_study_tells_nothing(study):
    state = {"chapters": {"rfm": {"headlines": ["r1"]}}}
    assert in_short(study("chapters: [eda, cleaning]\n"), state, []) == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_chapters_answer_known_questions(chapter):
    assert chapter.answers is None or chapter.answers in QUESTIONS
