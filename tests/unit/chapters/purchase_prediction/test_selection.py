"""Which features stay, and that each of them is given a reason."""

import numpy as np
import pandas as pd

from helpers.chapters.purchase_prediction.selection import doubled, fewest_enough, with_reasons


def test_of_two_features_alike_the_more_telling_stays():
    relations = pd.DataFrame(np.array([[1, 0.95, 0.1], [0.95, 1, 0.2], [0.1, 0.2, 1]]), list("abc"), list("abc"))
    assert doubled(relations, pd.Series({"a": 0.1, "b": 0.3, "c": 0.2}), 0.9) == {"a": "b"}


def test_fewer_features_are_enough_where_more_are_not_clearly_better():
    assert fewest_enough(np.array([[0.6, 0.61], [0.70, 0.72], [0.71, 0.71]])) == 2
    assert fewest_enough(np.array([[0.6, 0.61], [0.70, 0.72], [0.75, 0.77]])) == 3


def test_each_feature_gets_a_verdict_and_its_reason():
    views = pd.DataFrame(
        {
            "information": [0.3, 0.28, 0.1, 0.001, 0.05],
            "forest": 0.2,
            "permutation": [0.02, np.nan, 0.004, 0.0, -0.001],
            "error": [0.001, np.nan, 0.001, 0.001, 0.001],
            "elimination": [1, np.nan, 4, 5, 6],
            "nearest": "recency",
            "correlation": 0.5,
        },
        index=["recency", "silence", "frequency", "items", "tenure"],
    )
    found = with_reasons(
        views, {"silence": "recency"}, {"home_country": "is the same for everybody"}, chance=0.01, enough=1
    ).set_index("feature")
    assert found["kept"].to_dict() == {
        "recency": True, "frequency": True, "items": False, "tenure": False, "silence": False,
        "home_country": False,
    }  # fmt: skip
    reasons = found["reason"]
    assert (
        "among the last features of the elimination (1 of 4); permutation importance 0.0200" in reasons["recency"]
    )
    assert "above chance" in reasons["frequency"]
    assert "no more than chance" in reasons["items"]
    assert "the models do as well without it (6 of 4" in reasons["tenure"]
    assert "nearly the same as recency" in reasons["silence"]
    assert reasons["home_country"] == "Dropped: it is the same for everybody."


def test_three_features_stay_in_any_case():
    names = ["recency", "frequency", "monetary", "items"]
    views = pd.DataFrame(
        {"information": 0.0, "permutation": 0.0, "error": 0.1, "elimination": [1, 2, 3, 4]}, names
    )
    assert with_reasons(views, {}, {}, chance=0.1, enough=1)["kept"].tolist() == [True, True, True, False]
