"""What a check says of right and wrong answers, whatever is typed."""

import numpy as np
import pandas as pd
import pytest

from helpers.course.exercises import Exercise, judge, seed_of


def asked(right, **more) -> Exercise:
    return Exercise("Think.", lambda names: right, **more)


@pytest.mark.parametrize(
    ("right", "answer"),
    [
        (12, 12),
        (0.4321, 0.43),  # read off rounded
        (0, 0),
        ("holds", " Holds. "),
        (True, np.True_),
        ({1, 2}, ["2", "1"]),
        (pd.Series([1.0, 2.0], ["a", "b"]), pd.Series([2.0, 1.0], ["b", "a"])),
        (np.array([1.0, np.nan]), [1.0, np.nan]),
    ],
)
def test_right_answers_are_right(right, answer):
    assert judge(asked(right), answer, {}) == (True, "Right.")


@pytest.mark.parametrize(
    ("right", "answer", "word"),
    [
        (12, ..., "dots"),
        (12, 13, "Too high"),
        (12, 11, "Too low"),
        (12, -12, "sign"),
        (0.43, 43, "share and not a percentage"),
        (43, 0.43, "percentage and not a share"),
        (0, 1e-3, "Too high"),
        (12, float("nan"), "Too low"),
        (12, None, "A number is asked for, and this is nothing"),
        (12, "12", "A number is asked for"),
        (12, [1, 2], "A number is asked for"),
        (1, True, "A number is asked for"),
        (True, 1, "True or False is asked for"),
        (True, False, "other way round"),
        ("holds", "does not hold", "if the claim were wrong"),
        ("holds", "it holds", "Answer 'holds' or"),
        ("holds", 3, "A word is asked for"),
        ({1, 2}, {1, 3}, "1 of 2 are found; 1 too many"),
        ({1, 2}, "12", "A set is asked for"),
        (np.array([1.0, 2.0]), [1.0], "shape"),
        (np.array([1.0, 2.0]), [1.0, 3.0], "1 of 2 values are off"),
        (np.array([1.0, 2.0]), "ab", "A table of numbers is asked for"),
    ],
)
def test_a_wrong_answer_gets_a_word_that_helps(right, answer, word):
    verdict, said = judge(asked(right), answer, {})
    assert verdict is False
    assert word in said


def test_an_exercise_may_have_words_of_its_own():
    exercise = asked(3, wrong=lambda answer, right: "These are orders." if answer == 30 else None)
    assert judge(exercise, 30, {}) == (False, "These are orders.")
    assert judge(exercise, 31, {}) == (False, "Too high.")


def test_a_thought_is_compared_by_whoever_had_it():
    thought = Exercise("Think.")
    assert judge(thought, "because", {})[0] is False
    assert judge(thought, "because a long cloud that is cut has two ends", {})[0] is None


def test_before_the_cells_above_have_run_a_check_says_so():
    exercise = Exercise("Look.", lambda names: len(names["X"]))
    assert "no 'X' yet" in judge(exercise, 3, {})[1]
    assert judge(exercise, 3, {"X": [1, 2, 3]})[0]


def test_own_figures_are_a_persons_own():
    exercise = Exercise("Draw.", lambda names, seed: seed, own=True, within=0)
    assert judge(exercise, seed_of("Ada Lovelace"), {}, "ada  lovelace")[0]
    assert not judge(exercise, seed_of("Ada Lovelace"), {}, "Grace Hopper")[0]
    assert "who you are" in judge(exercise, 3, {})[1]
