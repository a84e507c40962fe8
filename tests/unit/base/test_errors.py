"""Parameters that are checked say which key is wrong, and what it may be."""

import pytest

from helpers.base.errors import StudyError, check_at_least, choose


def test_an_option_stands_for_its_value_and_another_is_refused_with_the_nearest():
    assert choose("clustering.algorithm", "ward", {"kmeans": 1, "ward": 2}) == 2
    with pytest.raises(StudyError, match=r"clustering\.algorithm is 'kmean', .* one of kmeans, ward; did"):
        choose("clustering.algorithm", "kmean", {"kmeans": 1, "ward": 2})


def test_a_number_that_is_too_small_is_refused():
    check_at_least("clustering", 1, n_init=1, bootstraps=20)
    with pytest.raises(StudyError, match=r"clustering\.n_init is 0, but should be at least 1"):
        check_at_least("clustering", 1, bootstraps=20, n_init=0)


def test_text_for_the_terminal_moves_no_cursor_and_keeps_its_letters():
    from helpers.base.errors import printable

    assert printable("Zürich 盒子 é\nx") == "Zürich 盒子 é\nx"
    assert printable("a\x1b[31m\u202e\r") == "a\\x1b[31m\\u202e\\r"
