"""Clusters in rules: the leaves of a tree as sentences that hold everybody."""

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from helpers.grouping.surrogate import rules_of, strata


def test_the_rules_name_the_feature_that_made_the_labels():
    rng = np.random.default_rng(5)
    original = pd.DataFrame({"a": rng.uniform(0, 8, 120), "noise": rng.normal(size=120)})
    labels = (original["a"] > 4).astype(int).to_numpy()
    tree = DecisionTreeClassifier(max_depth=2, random_state=1).fit(original, labels)
    rules = rules_of(tree, original, labels, ["left", "right"])
    assert rules["customers"].sum() == len(original)
    assert set(rules["group"]) == {"left", "right"}
    assert rules["share"].tolist() == [1, 1]
    assert rules.set_index("group").loc["right", "rule"].startswith("A above")


def test_a_split_is_stratified_where_each_cluster_can_be_in_both_parts():
    assert strata(np.repeat([0, 1], 10), 0.2) is not None
    assert strata(np.array([0] * 19 + [1]), 0.2) is None  # a cluster of one customer
    assert strata(np.repeat([0, 1, 2], 2), 0.2) is None  # three clusters, and one row to test on
