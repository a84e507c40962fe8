"""What chapter 05 says follows from what was measured."""

import numpy as np
import pandas as pd

from helpers.chapters.tree_embedding import narrative
from helpers.chapters.tree_embedding.elimination import Elimination
from helpers.chapters.tree_embedding.groups import Groups, Hypothesis


def test_what_was_filled_in_is_said():
    customers = pd.DataFrame({"items": [1.0, np.nan, np.inf, 2.0], "share_monday": [0.1] * 4})
    text = narrative.what_is_learned(customers, customers, "gross_revenue", "log1p")
    assert "gross revenue (its logarithm) from 2 features" in text
    assert "set to the median: items of 2." in text
    assert "median" not in narrative.what_is_learned(customers.dropna(), customers[[]], "gross_revenue", "none")


def test_the_holdout_is_told_beside_what_was_seen():
    text = narrative.holdout(0.95, 0.9, 0.834)
    assert "95\N{NO-BREAK SPACE}% of the variance among customers it has seen" in text
    assert "agree at 0.83" in text


def test_the_merge_names_its_medians():
    merged = Groups(np.zeros(3, int), ["One", "Other"], {"gross_revenue": 1306.854, "recency": 66.0})
    assert "medians of the clusters' means, 1,306.85 GBP and 66.00 days" in str(
        narrative.merging(merged, 22, "GBP")
    ).replace("&#x27;", "'").replace("&#39;", "'")
    assert "22 clusters" in narrative.merging(merged, 22, "GBP")
    assert "few enough" in narrative.merging(merged._replace(medians={}), 5, "GBP")


def test_rules_are_told_with_the_most_important_feature():
    text = narrative.rules(0.93, 0.84, 0.9, pd.Series({"chance": 0.1, "items": 0.9}))
    assert text.startswith("The rules below place 90\N{NO-BREAK SPACE}% of customers")
    assert "it takes, 93\N{NO-BREAK SPACE}%; by items alone, 84\N{NO-BREAK SPACE}%" in text


def test_groups_that_hide_in_the_features_are_not_said_to_show_there():
    assert "some of them meet without a gap" in narrative.groups_seen(5, 0.87, gap=False)
    assert "they lie apart in the features themselves, too" in narrative.groups_seen(5, 0.87, gap=True)


def test_the_same_customers_under_two_names_are_said():
    shared = [("Forest group 1: x", "Group A: y", 0.99), ("Forest group 2: z", "Group B: w", 0.4)]
    text = narrative.same_customers(shared)
    assert text.endswith("customers are Forest group 1 and Group A (99\N{NO-BREAK SPACE}% in common).")
    assert "same customers" not in narrative.same_customers(shared[1:])


def test_hypotheses_are_written_in_their_own_units():
    words = narrative.hypothesis_table(
        [
            Hypothesis("They buy twice", "items", 33.7, 20.0, 50.0, 2.0, "holds"),
            Hypothesis("They return less", "return_rate", 0.0335, 0.02, 0.05, 0.0208, "cannot tell"),
        ]
    )
    assert words["measured"].tolist() == ["33.7 x", "3.4 %"]
    assert words["compared_with"].tolist() == ["2.0 x", "2.1 %"]
    assert words["verdict"].str.partition(":")[0].tolist() == ["holds", "cannot tell"]


def test_what_drives_revenue_is_said_with_what_is_arithmetic_in_it():
    text = narrative.drivers(pd.Series({"recency": 0.1, "items": 0.9}), 0.87, 0.96, "gross_revenue")
    assert text.startswith("One feature predicts gross revenue nearly alone: <em>items</em> explains 87")
    assert "nearly by definition, since revenue is items times price per item, and shows no cause" in text
    other = narrative.drivers(pd.Series({"recency": 0.9, "items": 0.1}), 0.3, 0.4, "gross_revenue")
    assert "predicts gross revenue best, but less than half of it" in other
    assert "definition" not in other


def test_the_search_says_what_it_keeps_and_what_it_cost():
    search = Elimination(pd.DataFrame(), ["items", "share_day_05"], 1239, 240.0)
    text = narrative.kept_features(search)
    assert "2 features: Items and Share on day 5" in text
    assert "1,239 sets in 4.0 CPU minutes" in text
