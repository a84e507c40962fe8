"""What chapter 05 says follows from what was measured; its charts carry it as text, whatever groups are called."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.tree_embedding import charts
from helpers.chapters.tree_embedding import narrative as readings
from helpers.chapters.tree_embedding.elimination import Elimination
from helpers.chapters.tree_embedding.groups import Groups, Hypothesis
from helpers.chapters.tree_embedding.pipeline import Settings, prepare
from helpers.chapters.tree_embedding.published import cost, first_lines, read_cost

HOSTILE = "<b>Elite & co</b>"


@pytest.mark.parametrize(
    ("silhouette", "null", "seeds", "held", "words"),
    [
        (0.5, 0.3, 0.8, 0.7, "There is structure in what drives revenue"),
        (0.5, 0.45, 0.9, 0.9, "There is no structure beyond what the method makes by itself"),
        (0.5, 0.3, 0.8, 0.4, "one cut of many"),
        (0.5, 0.3, 0.3, 0.9, "one cut of many"),
    ],
)
def test_the_verdict_follows_from_null_seeds_and_holdout(silhouette, null, seeds, held, words):
    found = readings.verdict(silhouette, null, seeds, held)
    assert words in found
    assert f"{silhouette:.3f}" in found
    assert f"{held:.2f}" in found


def test_labels_that_score_below_zero_everywhere_are_compact_in_no_other_space():
    nowhere = readings.read_spaces({"features": -0.17, "all_features": -0.16, "log_rfm": -0.11}, 0.85)
    assert "-0.170 in the features the forest learned from, -0.160 in all features" in nowhere
    assert "none of these spaces" in nowhere
    assert "none of these spaces" not in readings.read_spaces({"features": -0.1, "log_rfm": 0.2}, 0.5)
    assert "none of these spaces" not in readings.read_spaces({"features": 0.2}, 0.5)


@pytest.fixture
def explained():
    rng = np.random.default_rng(0)
    items = np.concatenate([rng.uniform(0, 10, 60), rng.uniform(20, 30, 40)])
    customers = pd.DataFrame(
        {
            "customer_id": [str(n) for n in range(100)],
            "items": items,
            "chance": rng.random(100),
            "gross_revenue": items * 3,
        }
    )
    inputs = prepare(customers, Settings(features=("items", "chance")))
    labels = (inputs.original["items"] > 15).to_numpy().astype(int)
    return inputs, labels, Groups(labels, ["Small", "Large"], False, {})


def test_rules_repeat_groups_that_one_feature_decides(explained):
    inputs, labels, groups = explained
    found = readings.rules(inputs, labels, groups, np.array([0.9, 0.1]), seed=1)
    assert found.feature == "items"
    assert found.accuracy == found.alone == found.shallow == 1
    assert found.table["segment"].tolist() == ["Small", "Large"]
    assert found.table["customers"].tolist() == [60, 40]
    said = " ".join(readings.read_rules(found, groups, np.array([0.9, 0.1])))
    assert "on items alone, 100.0 %" in said
    assert "importance is 90.0 %" in said


def test_rules_do_not_repeat_chance(explained):
    inputs, _, _ = explained
    labels = np.random.default_rng(3).integers(0, 2, 100)
    groups = Groups(labels, ["One", "Other"], False, {})
    assert readings.rules(inputs, labels, groups, np.array([0.5, 0.5]), seed=1).accuracy < 0.7


def test_a_cluster_of_one_customer_leaves_accuracies_out(explained):
    inputs, labels, _ = explained
    labels = labels.copy()
    labels[0] = 2
    groups = Groups(labels, ["Small", "Large", "One"], False, {})
    found = readings.rules(inputs, labels, groups, np.array([0.9, 0.1]), seed=1)
    assert np.isnan(found.accuracy)
    assert readings.read_rules(found, groups, np.array([0.9, 0.1])) == []


def test_hypotheses_are_written_in_their_own_units():
    found = readings.read_hypotheses(
        [
            Hypothesis("They buy twice", "items", 33.7, 20.0, 50.0, 2.0, True),
            Hypothesis("They return less", "return_rate", 0.0335, 0.02, 0.05, 0.0208, False),
        ]
    )
    assert found["measured"].tolist() == ["33.7 x", "3.35 %"]
    assert found["compared"].tolist() == ["2.0 x", "2.08 %"]
    assert found["verdict"].tolist() == ["holds", "does not hold"]


def test_what_was_measured_on_its_side_fails_only_for_want_of_certainty():
    found = readings.read_hypotheses(
        [
            Hypothesis("They buy twice", "items", 2.5, 1.5, 4.0, 2.0, False),
            Hypothesis("They buy twice", "items", 1.5, 1.0, 2.5, 2.0, False),
            Hypothesis("They return less", "return_rate", 0.02, 0.01, 0.04, 0.03, False),
        ]
    )
    assert found["verdict"].tolist() == ["not surely", "does not hold", "not surely"]


def test_the_elimination_is_compared_with_the_published_set():
    found = Elimination(pd.DataFrame(), [], ["items", "share_day_05"], 10, 1.0)
    alone, compared = readings.read_elimination(found, ["items", "recency"])
    assert "2 features: Items, Share on day 5" in alone
    assert "The study kept 2; 1 of these are also in our set: Items" in compared
    assert len(readings.read_elimination(found, [])) == 1


def test_the_cost_of_a_search_is_compared_with_the_published_way():
    found = cost(seconds=240.0, evaluations=1239, published=22.0)
    assert found["ratio"] == pytest.approx(1239 * 22 / 240)
    said = read_cost(found)
    assert "1,239 sets of features in 4.0 CPU minutes" in said
    assert "7.6 CPU hours, 114 times as long" in said


def test_customers_stand_in_the_order_of_their_first_line():
    raw = pd.DataFrame({"line": [1, 2, 3, 4], "customer_id": ["b", None, "a", "b"]})
    assert first_lines(raw).to_dict() == {"a": 3, "b": 1}


def test_charts_say_what_they_show_and_draw_names_as_text():
    points = np.random.default_rng(0).random((40, 2))
    labels = np.repeat([0, 1], 20)
    maps = charts.two_maps(points, points, labels, names=["Rest", HOSTILE], titles=["One", "Other"], seed=1)
    assert "&lt;b&gt;" in maps.data[2].name
    assert "Rest around" in maps.layout.meta["alt"]
    table = pd.DataFrame({"segment": ["Rest", HOSTILE], "customer_share": [0.9, 0.1], "revenue_share": [0.4, 0.6]})
    groups = charts.groups_chart(table)
    assert all("<b>" not in name for bar in groups.data for name in bar.y)
    assert "60.0 %" in groups.layout.meta["alt"]
    lines = charts.silhouette_chart({"Customers": {2: 0.4, 3: 0.6}, "Null": {2: 0.3, 3: 0.2}}, 3)
    assert "k 3 0.600" in lines.layout.meta["alt"]
    path = pd.DataFrame(
        {"features": [3, 2], "silhouette": [0.5, 0.4], "silhouette_null": [0.3, 0.1], "score": [0.2, 0.3]}
    )
    assert "3 features score 0.200" in charts.elimination_chart(path, 2, 3).layout.meta["alt"]
    bars = charts.importance_chart(["items", "share_day_05"], np.array([0.3, 0.7]))
    assert "Share on day 5 70.0 %" in bars.layout.meta["alt"]
