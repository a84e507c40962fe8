"""The merge rule, the groups' names and order, and statements that can fail."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.tree_embedding.groups import as_groups, customer_list, group_table, hypotheses, merge

MEANS = {  # cluster: (revenue, recency); medians 500 and 50
    0: (100, 90),
    1: (5000, 5),
    2: (900, 20),
    3: (500, 50),
    4: (300, 10),
    5: (800, 95),
    6: (200, 80),
}


@pytest.fixture
def customers():
    rows = []
    for cluster, (revenue, recency) in MEANS.items():
        for side in (-1, 1):
            rows.append((cluster, revenue + side, recency + side, 10 * revenue / 100, 0.02, "UK"))
    frame = pd.DataFrame(rows, columns=["cluster", "gross_revenue", "recency", "items", "return_rate", "country"])
    frame["customer_id"] = [str(n) for n in range(len(frame))]
    frame["frequency"] = 2
    frame["monetary"] = frame["gross_revenue"]
    return frame


def test_the_richest_stay_and_the_others_are_split_at_the_medians_of_all_means(customers):
    groups = merge(customers, customers["cluster"].to_numpy(), top=1)
    assert groups.medians == {"gross_revenue": 500, "recency": 50}
    of = dict(zip(customers["cluster"], np.array(groups.names)[groups.labels], strict=True))
    assert of == {
        1: "Elite spenders",
        2: "Average customers",  # more, lately
        3: "Average customers",  # on both medians: not below the one, not above the other
        5: "Dormant customers",  # more, long ago
        4: "Fading customers",  # less, lately
        0: "Lost customers",
        6: "Lost customers",
    }
    assert groups.names == [
        "Elite spenders",
        "Average customers",
        "Dormant customers",
        "Fading customers",
        "Lost customers",
    ]
    assert groups.sizes == [2, 4, 2, 2, 4]


def test_the_number_of_a_cluster_decides_nothing(customers):
    labels = customers["cluster"].to_numpy()
    renumbered = (labels * 3 + 2) % 7
    one, other = merge(customers, labels, 2), merge(customers, renumbered, 2)
    assert np.array_equal(one.labels, other.labels)
    assert one.names == other.names


def test_a_group_without_clusters_leaves_no_gap(customers):
    few = customers[customers["cluster"].isin([1, 2, 0])].reset_index(drop=True)
    groups = merge(few, few["cluster"].to_numpy(), top=1)
    assert groups.sizes == [2, 2, 2]
    assert set(groups.labels) == {0, 1, 2}
    assert len(groups.names) == 3


def test_few_clusters_are_groups_in_the_order_of_their_revenue(customers):
    labels = np.searchsorted([0, 1, 2], customers["cluster"].clip(upper=2))
    groups = as_groups(customers, labels)
    assert not groups.medians
    mean = customers["gross_revenue"].groupby(groups.labels).mean()
    assert mean.is_monotonic_decreasing
    assert len(set(groups.names)) == 3
    assert as_groups(customers, labels, most=2).medians


def test_the_table_has_means_and_shares(customers):
    groups = merge(customers, customers["cluster"].to_numpy(), top=1)
    table = group_table(customers, groups)
    assert table["customers"].tolist() == groups.sizes
    assert table["gross_revenue"].iloc[0] == 5000
    assert table["revenue_share"].sum() == pytest.approx(1)
    assert table["revenue_share"].iloc[0] == pytest.approx(10000 / 15600)
    assert table["customer_share"].iloc[0] == pytest.approx(2 / 14)


def test_hypotheses_hold_or_fail_by_the_customers(customers):
    many = pd.concat([customers] * 20, ignore_index=True)
    groups = merge(many, many["cluster"].to_numpy(), top=1)
    items, returns, revenue = hypotheses(many, groups, seed=1)
    assert items.holds
    assert items.measured == pytest.approx(500 / (780 / 7))
    assert not returns.holds  # the same rate for all: not less
    assert returns.measured == pytest.approx(0.02)
    assert revenue.holds
    assert revenue.measured == pytest.approx(10000 / 15600)
    assert revenue.low < revenue.measured < revenue.high


def test_a_lower_return_rate_is_weighted_with_revenue(customers):
    many = pd.concat([customers] * 20, ignore_index=True)
    many["return_rate"] = np.where(many["cluster"] == 1, 0.01, 0.03)
    returns = hypotheses(many, merge(many, many["cluster"].to_numpy(), top=1), seed=1)[1]
    assert returns.holds
    expected = (0.01 * 5000 + 0.03 * 2800) / 7800
    assert returns.compared_with == pytest.approx(expected)


def test_statements_without_their_columns_are_left_out(customers):
    bare = customers.drop(columns=["items", "return_rate"])
    assert len(hypotheses(bare, merge(bare, bare["cluster"].to_numpy(), 1), seed=1)) == 1


def test_the_exported_list_has_ten_columns_for_a_ledger(customers):
    full = customers.assign(purchase_rate=0.1)
    listed = customer_list(full, full["cluster"].to_numpy(), merge(full, full["cluster"].to_numpy(), 1))
    assert listed.shape == (14, 10)
    assert listed.columns[:3].tolist() == ["customer_id", "cluster", "segment"]
