"""What chapter 10 says where nothing changed, and where nobody knows what was paid."""

import pandas as pd
import pytest

from helpers.chapters.what_changed.narrative import moved, relative


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (21, 21, "the same as"),
        (0, 0, "the same as"),
        (10_001, 10_000, "the same as"),
        (5, 0, "more than"),
        (-5, 0, "less than"),
        (68, 100, "32 % less than"),
        (103.3, 100, "3.3 % more than"),
    ],
)
def test_a_comparison_says_how_much_less_or_more_and_the_same_where_it_is(now, before, said):
    assert relative(now, before) == said


@pytest.mark.parametrize(("worth", "said"), [("orders", "had placed 67 orders in"), ("net", "had spent £67 in")])
def test_orders_are_placed_and_money_is_spent(worth, said):
    sums = pd.DataFrame({"customers": [17], "by_chance": [19.0], "at_stake": [67.0]}, index=["down"])
    assert said in moved(sums, 90, worth, "GBP")
