"""What chapter 04 says: copies, the transform, the segments; and its list of customers."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.clustering.narrative import (
    copies,
    customer_list,
    left_out,
    most_revenue,
    sizes,
    transformed,
)


def test_copies_are_said_with_the_rows_that_differ_in_anything():
    original = pd.DataFrame({"a": [1, 2, 3] * 10})
    customers = original.assign(customer_id=[str(n) for n in range(30)], town=["x", "y", "z"] * 5 + ["x"] * 15)
    (said,) = copies(customers, original)
    assert said.startswith("Only 3 of 30 customers differ in what is clustered; 5 of 30 rows are distinct")


def test_a_few_copies_are_only_counted_and_none_not_mentioned():
    original = pd.DataFrame({"a": [1, 2, 3, 3]})
    assert copies(original, original) == ["1 customer equals another one in every feature."]
    assert copies(original, original.head(3)) == []


def test_features_that_were_not_used_are_named():
    used = pd.DataFrame({"a": [1.0, np.nan], "plan: x": [0.0, 1.0]})
    assert left_out(["a", "b", "plan", "monetary"], pd.DataFrame({"a": [1], "b": [1], "plan": ["x"]}), used) == [
        "Not used, because this data cannot give it: monetary.",
        "Not used, because all customers share one value: b.",
        "Missing, and set to the median: a of 1.",
    ]
    assert left_out(["a"], pd.DataFrame({"a": [1]}), used[:1]) == []


@pytest.mark.parametrize(
    ("transform", "before", "said"),
    [
        ("none", 0.4, "holds in both"),
        (
            "log1p",
            0.2,
            "in standard deviations, the same groups have 0.200. Part",
        ),
        ("log1p", 0.5, "have 0.500."),
    ],
)
def test_the_work_of_the_transform_is_said(transform, before, said):
    text = transformed(transform, pd.Series({"silhouette": 0.4, "silhouette_original": before}))
    assert said in text
    assert text.endswith("transform.") == (before < 0.4)


def test_segments_are_listed_with_their_sizes_and_the_richest_is_named():
    profiles = pd.DataFrame(
        {
            "segment": ["Fading", "<b>"],
            "customers": [3000, 10],
            "customer_share": [0.9, 0.1],
            "revenue_total": [10, 90],
            "revenue_share": [0.1, 0.9],
        }
    )
    assert sizes(profiles) == "2 segments are used: Fading (3,000) and &lt;b&gt; (10)."
    assert "; Young, rich (10)." in sizes(profiles.assign(segment=["Fading", "Young, rich"]))
    (said,) = most_revenue(profiles)
    assert "&lt;b&gt;" in said
    assert "account for 90.0" in said
    assert most_revenue(profiles[["segment", "customers"]]) == []


def test_the_list_starts_with_the_largest_revenue():
    customers = pd.DataFrame(
        {"customer_id": ["1", "2", "3"], "monetary": [5.0, 50.0, 20.0], "rfm_segment": list("xyz")}
    )
    listed = customer_list(customers, pd.Series(["a", "b", "a"]), 2)
    assert listed["customer_id"].tolist() == ["2", "3"]
    assert list(listed) == ["customer_id", "segment", "monetary", "rfm"]
    without = customer_list(customers[["customer_id"]], pd.Series(["a", "b", "a"]), 9)
    assert without["segment"].tolist() == ["a", "b", "a"]
