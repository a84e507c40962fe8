"""The merge rule, the groups' names and order, and statements that can fail."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.tree_embedding.groups import (
    as_groups,
    customer_list,
    group_table,
    headings,
    hypotheses,
    merge,
    shared_with,
)

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
    merged, medians = merge(customers, customers["cluster"].to_numpy(), top=1)
    assert medians == {"gross_revenue": 500, "recency": 50}
    assert dict(zip(customers["cluster"], merged, strict=True)) == {
        1: 0,  # the richest
        2: 1,  # more, lately
        3: 1,  # on both medians: not below the one, not above the other
        5: 2,  # more, long ago
        4: 3,  # less, lately
        0: 4,  # less, long ago
        6: 4,
    }
    assert np.bincount(merged).tolist() == [2, 4, 2, 2, 4]


def test_the_number_of_a_cluster_decides_nothing(customers):
    labels = customers["cluster"].to_numpy()
    renumbered = (labels * 3 + 2) % 7
    assert np.array_equal(merge(customers, labels, 2)[0], merge(customers, renumbered, 2)[0])
    one, other = as_groups(customers, labels, most=3), as_groups(customers, renumbered, most=3)
    assert np.array_equal(one.labels, other.labels)
    assert one.names == other.names


def test_a_group_without_clusters_leaves_no_gap(customers):
    few = customers[customers["cluster"].isin([1, 2, 0])].reset_index(drop=True)
    merged, _ = merge(few, few["cluster"].to_numpy(), top=1)
    assert np.bincount(merged).tolist() == [2, 2, 2]


def test_few_clusters_are_groups_in_the_order_of_their_revenue(customers):
    labels = np.searchsorted([0, 1, 2], customers["cluster"].clip(upper=2))
    groups = as_groups(customers, labels)
    assert not groups.medians
    mean = customers["gross_revenue"].groupby(groups.labels).mean()
    assert mean.is_monotonic_decreasing
    assert [name.partition(":")[0] for name in groups.names] == [
        "Forest group 1",
        "Forest group 2",
        "Forest group 3",
    ]
    merged = as_groups(customers, labels, most=2)
    assert merged.medians
    assert customers["gross_revenue"].groupby(merged.labels).mean().is_monotonic_decreasing


def split(customers):
    """Return the richest cluster as one group, all others as the other."""
    return as_groups(customers, (customers["cluster"] != 1).astype(int).to_numpy())


def test_the_table_has_means_and_shares_of_the_revenue_net_of_returns(customers):
    net = customers.assign(returned=np.where(customers["cluster"] == 1, 500, 100))
    net["monetary"] = net["gross_revenue"] - net["returned"]
    groups = split(net)
    table = group_table(net, groups)
    assert table["returned_share"].tolist() == pytest.approx([1000 / 10000, 1200 / 5600])
    assert table["revenue_share"].iloc[0] == pytest.approx(9000 / 13400)
    assert table["customers"].tolist() == groups.sizes
    assert table["gross_revenue"].iloc[0] == 5000
    assert table["revenue_share"].sum() == pytest.approx(1)
    assert table["customer_share"].iloc[0] == pytest.approx(2 / 14)


def test_hypotheses_hold_or_fail_by_the_customers(customers):
    many = pd.concat([customers] * 20, ignore_index=True)
    (items,) = hypotheses(many, split(many), None, seed=1)
    assert items.verdict == "holds"
    assert items.measured == pytest.approx(500 / (780 / 7))
    assert items.low < items.measured < items.high


@pytest.mark.parametrize(
    ("own", "others", "verdict"),
    [([0.01], 0.03, "holds"), ([0.06], 0.03, "does not hold"), ([0.0, 0.08], 0.03, "cannot tell")],
)
def test_a_return_rate_is_the_value_returned_and_judged_by_its_interval(customers, own, others, verdict):
    many = pd.concat([customers] * 20, ignore_index=True)
    rate = np.where(many["cluster"] == 1, np.resize(own, len(many) // 2).repeat(2), others)
    many["returned"] = rate * many["gross_revenue"]
    returns = hypotheses(many, split(many), 0.03, seed=1)[1]
    assert returns.verdict == verdict
    assert (returns.low <= returns.compared_with <= returns.high) == (verdict == "cannot tell")
    assert returns.compared_with == 0.03  # chapter 02's, and no second one


def test_statements_without_their_columns_are_left_out(customers):
    bare = customers.drop(columns=["items", "return_rate"])
    assert hypotheses(bare, split(bare), None, seed=1) == []


def test_what_is_net_and_what_is_gross_is_in_the_headings_and_adds_up(customers):
    net = customers.assign(monetary=customers["gross_revenue"] * 0.9)
    named = headings(net, "GBP")
    assert (named["monetary"], named["gross_revenue"]) == ("Net sales each (£)", "Gross sales each (£)")
    assert named["revenue_share"] == "Share of net sales"
    assert headings(customers, "")["monetary"] == "Sales each"  # nothing was taken off: no net to speak of
    table = group_table(net, split(net))
    shown = table["customers"] * table["monetary"]
    assert (shown / shown.sum()).tolist() == pytest.approx(table["revenue_share"].tolist())


def test_a_group_is_compared_with_the_letters_of_its_customers():
    names, letters = pd.Series(list("111223")), pd.Series(["A", "A", "B", "B", None, "A"])
    # group 3 lies within A, and is a third of it: not the same customers
    assert shared_with(names, letters) == [
        ("1", "A", pytest.approx(2 / 3)),
        ("2", "B", 0.5),
        ("3", "A", pytest.approx(1 / 3)),
    ]


def test_the_exported_list_has_segment_action_and_group(customers):
    full = customers.assign(rfm_segment="Loyal", action="Keep", flag=None)
    listed = customer_list(full, full["cluster"].to_numpy(), split(full))
    assert listed.columns[:5].tolist() == ["customer_id", "cluster", "forest_group", "rfm_segment", "action"]
    assert set(listed["forest_group"]) == {"Forest group 1", "Forest group 2"}
    flagged = customer_list(full.assign(flag="many returns"), full["cluster"].to_numpy(), split(full))
    assert "flag" in flagged
