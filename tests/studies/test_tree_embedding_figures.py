"""The Insiders study's figures, what does not hold in them, and our own groups, from built reports."""

import pandas as pd
import pytest

from helpers.base.paths import DATA, PARAMS
from helpers.study.file import load_study


@pytest.fixture
def findings(built):
    """Return a function that gives what chapter 05 found in a study."""
    return lambda study: built(study)["tree_embedding"]


def test_insiders_has_the_published_silhouette_and_the_four_richest_groups(findings):
    published = findings("insiders")["published"]
    assert published["n_clusters"] == 22
    assert 0.80 <= published["silhouette_embedding"] <= 0.87
    sizes = published["merged_sizes"]
    assert all(abs(size - was) <= 15 for size, was in zip(sizes, [36, 97, 164, 179], strict=False)), sizes
    assert sum(sizes) == 4312
    assert sum(published["sizes"]) == 4312
    assert published["groups"][0]["gross_revenue"] == pytest.approx(66976.1, abs=0.1)
    assert published["groups"][0]["customers"] == 36


def test_insiders_merges_the_others_as_the_study_did(findings):
    published = findings("insiders")["published"]
    groups = published["groups"]
    names = [group["segment"] for group in groups]
    # UMAP's last digits are the machine's, and on some of them two of the quarters are empty
    rest = ["Average customers", "Dormant customers", "Fading customers", "Lost customers"]
    assert names[:4] == ["Elite spenders", "Loyal high spenders", "Engaged shoppers", "Occasional buyers"]
    assert names[4:] == [name for name in rest if name in names]
    assert {"Average customers", "Lost customers"} <= set(names)
    revenue, recency = published["merge_medians"]["gross_revenue"], published["merge_medians"]["recency"]
    assert revenue == pytest.approx(1306.85, rel=0.15)
    assert recency == pytest.approx(66.05, rel=0.15)
    for group in groups[4:]:
        assert (group["gross_revenue"] > revenue) == (group["segment"] in rest[:2])
        assert (group["recency"] < recency) == (group["segment"] in (rest[0], rest[2]))
    elite = groups[0]
    assert elite["recency"] == pytest.approx(10.0, abs=0.05)
    assert elite["purchase_rate"] == pytest.approx(0.1012, abs=0.00005)
    assert elite["return_rate"] == pytest.approx(0.0457, abs=0.00005)
    assert elite["frequency"] == pytest.approx(50.4, abs=0.05)
    assert elite["items"] == pytest.approx(38946.8, abs=0.0501)


def test_insiders_page_shows_what_does_not_hold(findings):
    published = findings("insiders")["published"]
    assert published["silhouette_features"] == pytest.approx(-0.17, abs=0.05)
    assert published["silhouette_all_features"] == pytest.approx(-0.17, abs=0.05)
    assert published["silhouette_log_rfm"] == pytest.approx(-0.11, abs=0.06)
    assert 0.40 <= published["silhouette_null_permuted"] <= 0.56
    # noise in the features, the real revenues as the target
    assert 0.25 <= published["silhouette_null_uniform"] <= published["silhouette_null_permuted"]
    best = published["seeds_best_k"]
    assert len(set(best)) > 1
    assert all(15 <= k <= 24 for k in best)
    assert 0.5 <= published["holdout_ari_seen"] <= 0.85
    assert 0.55 <= published["holdout_silhouette"] <= 0.75
    assert published["r2_in_sample"] > 0.95
    assert 0.45 <= published["r2_holdout"] <= 0.9
    assert published["importance_items"] == pytest.approx(0.867, abs=0.01)
    assert published["rules_accuracy"] >= 0.98
    assert published["rules_accuracy_first"] <= published["rules_accuracy"] - 0.1  # clusters are each machine's
    starts = published["starts"]
    assert max(starts) - min(starts) > 0.02


def test_insiders_tests_the_studys_hypotheses(findings):
    items, returns, revenue = findings("insiders")["published"]["hypotheses"]
    assert items["holds"]
    assert items["measured"] == pytest.approx(38946.8 / 1155.23, abs=0.05)
    assert not returns["holds"]
    assert returns["measured"] == pytest.approx(0.0335, abs=0.0001)
    assert returns["compared_with"] == pytest.approx(0.0208, abs=0.0001)
    assert revenue["measured"] == pytest.approx(0.283, abs=0.0005)


def test_insiders_claims_get_their_verdicts(built):
    built("insiders")
    page = (built.reports / "insiders" / "index.html").read_text(encoding="utf-8")
    for claim in load_study(PARAMS / "insiders.yml").values.claims:
        assert claim.claim in page.replace("&#x27;", "'").replace("&#39;", "'")
    assert "does not hold" in page


@pytest.mark.parametrize(("study", "gaps"), [("insiders", False), ("online_retail", False), ("sample", True)])
def test_our_groups_stand_above_the_null_and_are_groups_only_where_there_is_a_gap(study, gaps, findings):
    found = findings(study)
    assert found["silhouette_embedding"] >= found["silhouette_null"] + 0.10
    assert found["structure"] is gaps
    assert any(row["gap"] for row in found["by_k"]) is gaps
    assert ("groups" in found) is gaps
    stability = {row["k"]: (row["stability"], row["stability_null"]) for row in found["by_k"]}
    assert stability[found["n_clusters"]][0] == found["resample_ari"]
    assert stability[found["n_clusters"]][0] >= stability[found["n_clusters"]][1] + 0.01
    assert found["stability_ari"] >= 0.7
    assert found["holdout_ari"] >= 0.6
    assert found["r2_holdout"] >= 0.85
    assert found["r2_holdout"] <= found["r2_in_sample"]
    if gaps:
        assert len(found["merged_sizes"]) <= 8
        assert sum(found["merged_sizes"]) == sum(found["sizes"])
        richest = [group["gross_revenue"] for group in found["groups"]]
        assert richest == sorted(richest, reverse=True)


def test_the_return_rate_is_that_of_cleaning(findings, built):
    returns = next(one for one in findings("sample")["hypotheses"] if one["measure"] == "return_rate")
    assert returns["compared_with"] == pytest.approx(built("sample")["cleaning"]["return_share"])
    inside = returns["low"] <= returns["compared_with"] <= returns["high"]
    assert (returns["verdict"] == "cannot tell") == inside


def test_the_forest_kinds_are_compared_with_their_own_nulls(findings):
    for study in ("insiders", "sample"):
        forests = {row["forest"]: row for row in findings(study)["forests"]}
        assert set(forests) == {"Random forest", "Extra trees"}
        for row in forests.values():
            assert row["above_null"] == pytest.approx(row["silhouette"] - row["silhouette_null"], abs=1e-6)


def test_the_elimination_tries_every_set_within_its_budget(findings):
    found = findings("insiders")
    cost = found["elimination_cost"]
    assert found["evaluations"] == cost["evaluations"] == 1239
    assert cost["seconds"] / cost["evaluations"] < 1  # of a CPU; the published pipeline takes some twenty
    assert [row["features"] for row in found["elimination_path"]] == list(range(50, 7, -1))
    selected = found["features_selected"]
    assert 8 <= len(selected) < 50
    assert "items" in selected
    assert len(found["published"]["features_selected"]) == 16


def test_the_planted_big_spenders_end_up_together(findings, built):
    findings("sample")
    truth = pd.read_csv(DATA / "sample_truth_customers.csv", dtype=str)
    path = built.reports / "sample" / "downloads" / "05_tree_embedding" / "customers.csv"
    listed = pd.read_csv(path, dtype={"customer_id": str})
    both = listed.merge(truth, on="customer_id")
    champions = both[both["persona"] == "champion"]
    group = champions["forest_group"].mode()[0]
    assert (champions["forest_group"] == group).mean() >= 0.95
    assert (both[both["forest_group"] == group]["persona"] == "champion").mean() >= 0.9
    assert findings("sample")["groups"][0]["segment"].startswith(f"{group}:")


def test_the_exports_have_every_customer_and_every_group(findings, built):
    found = findings("sample")
    downloads = built.reports / "sample" / "downloads" / "05_tree_embedding"
    listed = pd.read_csv(downloads / "customers.csv", dtype={"customer_id": str})
    assert len(listed) == sum(found["sizes"])
    assert listed["cluster"].value_counts().sort_index().tolist() == found["sizes"]
    groups = pd.read_csv(downloads / "clusters.csv")
    assert groups["customers"].tolist() == found["merged_sizes"]
    assert groups["segment"].is_unique
